// One bubble in the list: a message, or the messages of one album. Shown again after an edit it changes only the parts
// that differ, so that a video goes on playing while its caption or buttons change.

import { el, icon, iconButton, starred } from "./dom.js";
import { richText } from "./entities.js";
import { keyboardElement } from "./keyboard.js";
import { albumWidth, mediaElement, mediaOf, widthOf } from "./media.js";
import { count, t, timeOf } from "./texts.js";

const PARTS = ["forwarded", "reply", "media", "invoice", "words", "meta"];
const MEDIA = ["photo", "video", "animation", "document", "has_media_spoiler"];

/** The line about a message in a list or a quotation. */
export function summaryOf(message) {
  const words = message.text ?? message.caption;
  const media = mediaOf(message);
  const what = media && (media.kind === "document" ? media.file.file_name ?? t("file") : t(media.kind === "photo" ? "photo" : "video"));
  if (media) return words ? `${what}, ${words}` : what;
  if (message.invoice) return `${t("invoice")}: ${message.invoice.title}`;
  if (message.successful_payment) return t("paidService", { stars: `${message.successful_payment.total_amount} ⭐` });
  if (message.refunded_payment) return t("refundedService", { stars: `${message.refunded_payment.total_amount} ⭐` });
  return words ?? t("unsupported");
}

function originName(origin) {
  return origin.sender_user?.first_name ?? origin.sender_user_name ?? origin.chat?.title ?? origin.sender_chat?.title ?? "";
}

export class Bubble {
  /** `chat` is {user, find(id), receipt(id), act: {command, link, tap, pay, receipt, copied, menu, jump}}. */
  constructor(chat) {
    this.chat = chat;
    this.day = el("div", { class: "day" });
    this.bubble = el("div", { class: "bubble" });
    this.keyboard = el("div", { class: "keyboard" });
    this.more = iconButton("more", t("messageMenu"), () => chat.act.menu(this.messages.at(-1), this.more), { "data-testid": "message-menu" });
    this.stack = el("div", { class: "stack" }, el("div", { class: "frame" }, this.bubble, this.more), this.keyboard);
    this.line = el("div", { class: "line" }, this.stack);
    this.element = el("article", { class: "row" }, this.day, this.line);
    this.parts = new Map();
    for (const name of PARTS) {
      const element = el("div", { class: `part ${name}` });
      this.parts.set(name, { element, shown: "" });
      this.bubble.append(element);
    }
    this.shownKeyboard = "";
  }

  /** Shows these messages, in order; more than one are an album. */
  show(messages) {
    this.messages = messages;
    const first = messages[0];
    const last = messages.at(-1);
    const spoken = messages.find((message) => message.caption) ?? last;
    const service = Boolean(first.successful_payment || first.refunded_payment);
    const own = first.from?.id === this.chat.user.id;
    const media = messages.map(mediaOf).filter(Boolean);
    const seen = media.length > 0 && media[0].kind !== "document";
    const words = spoken.text ?? spoken.caption ?? "";
    const bare = seen && !words && !service;
    this.element.className = `row ${service ? "service" : own ? "own" : "theirs"}`;
    this.bubble.className = `bubble${seen ? " with-media" : ""}${bare ? " bare" : ""}${messages.length > 1 ? " album" : ""}`;
    this.stack.style.setProperty("--width", seen ? `${messages.length > 1 ? albumWidth : widthOf(media[0])}px` : "");
    this.describe(messages.length > 1 ? null : first, own);
    if (service) return this.showService(first);
    const sender = own || !first.from || first.from.is_bot ? "" : first.from.first_name;
    this.part("forwarded", (first.forward_origin || sender) && [first.forward_origin, sender], () => this.forwarded(first.forward_origin, sender));
    this.part("reply", first.reply_to_message?.message_id, () => this.quoted(first.reply_to_message));
    const carried = messages.map((message) => [message.message_id, ...MEDIA.map((name) => message[name])]);
    this.part("media", media.length > 0 && carried, () => this.pictures(messages));
    this.part("invoice", first.invoice, () => invoiceCard(first.invoice));
    const meta = () => this.meta(last);
    const told = [last.date, last.edit_date, own];
    this.part("words", words && [words, spoken.entities, spoken.caption_entities, told], () => this.text(spoken, meta()));
    this.part("meta", !words && [told, bare], () => (media.length || first.invoice ? meta() : [el("em", {}, t("unsupported")), meta()]));
    this.showKeyboard(messages.length === 1 ? first : null);
  }

  /** Test ids: of the row, or in an album of each picture. */
  describe(message, own) {
    const line = this.line.dataset;
    line.testid = message ? "message" : "album";
    line.own = String(own);
    if (message) line.messageId = String(message.message_id);
    else delete line.messageId;
  }

  part(name, content, build) {
    const part = this.parts.get(name);
    const key = content ? JSON.stringify(content) : "";
    if (part.shown === key) return;
    part.shown = key;
    part.element.replaceChildren(...(key ? [build()].flat() : []));
  }

  showService(message) {
    const paid = message.successful_payment;
    const amount = (paid ?? message.refunded_payment).total_amount;
    const words = starred(t(paid ? "paidService" : "refundedService", { stars: `${count(amount)} ⭐` }));
    this.part("words", [amount, message.date], () => [...words, el("span", { class: "meta" }, timeOf(message.date))]);
  }

  forwarded(origin, sender) {
    const from = origin && el("small", {}, icon("forward"), t("forwardedFrom", { name: originName(origin) }));
    return [sender && el("b", {}, sender), from].filter(Boolean);
  }

  quoted(replied) {
    const message = this.chat.find(replied.message_id) ?? replied;
    const author = message.from?.id === this.chat.user.id ? t("you") : message.from?.first_name ?? "";
    const go = () => this.chat.act.jump(message.message_id);
    return el("button", { type: "button", class: "quotation", onclick: go }, el("b", {}, author), el("span", {}, summaryOf(message)));
  }

  pictures(messages) {
    if (messages.length === 1) return mediaElement(messages[0], mediaOf(messages[0]), { tile: false });
    const tiles = messages.map((message) => {
      const media = mediaOf(message);
      return media && el("div", { class: "tile", "data-testid": "message", "data-message-id": message.message_id }, mediaElement(message, media, { tile: true }));
    });
    const papers = messages.every((message) => message.document);
    return el("div", { class: papers ? "papers" : `tiles tiles-${messages.length % 2 ? "odd" : "even"}` }, ...tiles.filter(Boolean));
  }

  text(message, meta) {
    const { command, link, copied } = this.chat.act;
    const entities = message.text === undefined ? message.caption_entities : message.entities;
    const nodes = richText(message.text ?? message.caption, entities, { onCommand: command, onLink: link, onCopied: copied });
    return [...nodes, meta];
  }

  meta(message) {
    const date = new Date(message.date * 1000);
    const title = message.edit_date ? `${t("edited")} ${timeOf(message.edit_date)}` : null;
    const time = el("time", { datetime: date.toISOString(), title }, timeOf(message.date));
    const ticks = el("span", { class: "ticks", "aria-hidden": "true" }, icon("check"), icon("check"));
    return el("span", { class: "meta" }, time, ticks);
  }

  showKeyboard(message) {
    const charge = message && this.chat.receipt(message.message_id);
    const key = JSON.stringify([message?.reply_markup?.inline_keyboard, message?.invoice?.total_amount, charge]);
    if (key === this.shownKeyboard) return this.settle();
    this.shownKeyboard = key;
    const held = [...this.keyboard.querySelectorAll("button, a")].indexOf(document.activeElement);
    this.keyboard.replaceChildren(...(message ? keyboardElement(message, this.chat.act, charge) : []));
    if (held >= 0) this.keyboard.querySelectorAll("button, a")[held]?.focus({ preventScroll: true });
  }

  /** Ends the waiting look of the buttons. */
  settle() {
    for (const busy of this.keyboard.querySelectorAll(".busy")) busy.classList.remove("busy");
  }
}

function invoiceCard(invoice) {
  return el("div", { class: "invoice-card", "data-testid": "invoice" },
    el("div", { class: "invoice-price" }, icon("star"), el("b", {}, count(invoice.total_amount))),
    el("div", {}, el("b", {}, invoice.title), el("p", {}, invoice.description)));
}
