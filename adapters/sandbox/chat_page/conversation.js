// One user's chat with the bot: head, history, composer, and the events that keep it as it is at the sandbox.

import * as api from "./api.js";
import { summaryOf } from "./bubble.js";
import { Composer } from "./composer.js";
import { avatar, el, icon, iconButton, memory, starred } from "./dom.js";
import { acceptDrops, filesSheet } from "./files.js";
import { Guide } from "./guide.js";
import { History } from "./history.js";
import { chatMenu, messageMenu, openBotLink, showReceipt } from "./menus.js";
import { alertSheet, note, paySheet } from "./sheets.js";
import { count, has, t } from "./texts.js";

const TRIES = 5;

export class Conversation {
  /** `desk` is {users(), seen(user, messageId), told(user, message), stars(user, stars), open(id), back(), split(pane), close(pane), add()}. */
  constructor({ bot, user, desk }) {
    this.bot = bot;
    this.user = user;
    this.desk = desk;
    this.stream = null;
    this.blocked = user.blocked;
    this.closed = false;
    this.receipts = {};
    this.guide = new Guide();
    this.empty = el("div", { class: "empty" });
    const act = {
      command: (text) => this.say(text), copied: () => this.note(t("copied")), jump: (id) => this.history.jump(id),
      link: (url, event) => openBotLink(this, url, event), tap: (message, data) => this.tap(message, data),
      pay: (message) => this.pay(message), receipt: (message, charge) => showReceipt(this, message, charge), menu: (message, anchor) => messageMenu(this, message, anchor),
    };
    this.history = new History({ user, act, find: (id) => this.history.find(id), receipt: (id) => this.receipts[id] }, { onRead: (id) => desk.seen(user, id), empty: this.empty });
    this.composer = new Composer({
      text: (text, replyTo) => this.say(text, replyTo), files: (files, how) => this.offer(files, how), unblock: () => this.block(false),
    });
    this.notes = el("div", { class: "notes", role: "status", "aria-live": "polite" });
    this.offline = el("p", { class: "offline", role: "status", hidden: true, "data-testid": "offline" }, t("offline"));
    const body = el("div", { class: "body" }, this.history.scroller, this.history.down, this.notes);
    this.element = el("section", { class: "conversation", "data-testid": "conversation", "data-user-id": user.id }, this.head(), this.offline, this.guide.element, body, this.composer.element);
    this.know(bot);
    acceptDrops(this.element, (files, how) => this.offer(files, how));
    this.visibility = () => (document.hidden ? this.rest() : this.refresh());
    document.addEventListener("visibilitychange", this.visibility);
  }

  head() {
    this.name = el("b");
    this.status = el("small", { class: "status", "data-testid": "status" });
    const menu = iconButton("more", t("menu"), () => chatMenu(this, menu), { "data-testid": "chat-menu", "aria-haspopup": "menu" });
    return el("header", { class: "head" },
      iconButton("back", t("back"), () => this.desk.back(), { class: "icon-button only-narrow", "data-testid": "back" }),
      avatar(this.bot.id, this.bot.first_name, "bot-avatar"),
      el("div", { class: "head-words" }, this.name, this.status),
      el("span", { class: "as-whom" }, avatar(this.user.id, this.user.first_name, "small"), el("b", {}, this.user.first_name)),
      iconButton("split", t("split"), () => this.desk.split(this), { class: "icon-button only-wide split-button", "data-testid": "split" }),
      iconButton("close", t("closePane"), () => this.desk.close(this), { class: "icon-button only-wide close-button", "data-testid": "close-pane" }),
      menu);
  }

  /** Shows what the bot says of itself, which may be later than the page was opened. */
  know(bot) {
    this.bot = bot;
    this.name.textContent = bot.first_name;
    this.composer.offer(bot.commands ?? []);
    const start = el("button", { type: "button", class: "button primary start", "data-testid": "start", onclick: () => this.say("/start") }, t("start"));
    this.empty.replaceChildren(el("div", { class: "empty-card" },
      avatar(bot.id, bot.first_name, "bot-avatar large"), el("h2", {}, bot.description ? t("whatCanItDo") : bot.first_name),
      el("p", {}, bot.description || t("noDescription")), start));
  }

  /** Loads the chat and begins to listen. Raises ApiError. */
  async open() {
    this.action(null);
    await this.refresh();
  }

  close() {
    this.closed = true;
    this.rest();
    this.history.close();
    document.removeEventListener("visibilitychange", this.visibility);
  }

  rest() {
    this.stream?.stop();
    this.stream = null;
  }

  /** Brings the list to what the sandbox holds. An answer older than what was heard meanwhile is asked for again. */
  async refresh() {
    const older = (answer) => this.stream && answer.cursor < this.stream.cursor();
    let answer = await api.getMessages(this.user.id);
    for (let tries = 0; older(answer) && tries < TRIES; tries += 1) answer = await api.getMessages(this.user.id);
    if (this.closed) return;
    if (older(answer)) this.rest(); // the sandbox began to count anew
    this.receipts = answer.receipts ?? {};
    this.history.fill(answer.messages);
    this.showStars(answer.stars);
    this.showBlocked(answer.blocked);
    this.action(answer.action);
    this.changed(answer.messages.at(-1));
    if (this.stream || document.hidden) return;
    this.stream = api.listen(this.user.id, answer.cursor, {
      heard: (kind, data) => this.heard(kind, data), connected: (is) => this.connected(is),
    });
  }

  connected(is) {
    const again = is && !this.offline.hidden;
    this.offline.hidden = is;
    if (again) this.refresh().catch(() => this.connected(false));
  }

  heard(kind, data) {
    if (kind === "message" || kind === "edit") {
      this.history.upsert(data);
      if (data.from?.is_bot && kind === "message") {
        this.history.markRead();
        this.action(null);
      }
      if (kind === "message" && data.from?.is_bot) this.history.settle();
      if (kind === "message" && data.successful_payment) this.refresh().catch(() => {}); // for the receipt
      this.changed(data);
    } else if (kind === "delete") {
      this.history.remove(data.message_id);
      this.changed();
    } else if (kind === "action") {
      this.history.markRead();
      this.action(data.action);
    } else if (kind === "toast") this.toast(data);
    else if (kind === "stars") this.showStars(data.stars);
    else if (kind === "blocked") this.showBlocked(data.blocked);
  }

  changed(message) {
    const messages = this.history.ordered();
    this.element.classList.toggle("is-empty", messages.length === 0);
    this.guide.show({ messages, user: this.user, tapped: memory.get(`tapped.${this.user.id}`) === "yes" });
    if (message) this.desk.told(this.user, messages.at(-1));
  }

  action(action) {
    this.status.classList.toggle("acting", Boolean(action));
    if (action) {
      const words = has(action) ? t(action) : t("typing");
      this.status.replaceChildren(words, el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")));
    } else this.status.replaceChildren(t("bot"));
  }

  toast({ text, alert, url }) {
    this.history.settle();
    if (url) openBotLink(this, url);
    if (!text) return;
    if (alert) alertSheet(this.bot.first_name, text);
    else this.note(text);
  }

  note(text) {
    note(this.notes, text);
  }

  complain(error, key = "failed") {
    this.note(t(key, { why: error.message || t("noAnswer") }));
  }

  showStars(stars) {
    this.user.stars = stars;
    this.desk.stars(this.user, stars);
  }

  showBlocked(blocked) {
    this.user.blocked = this.blocked = blocked;
    this.composer.block(blocked);
  }

  /** Returns whether it was sent. */
  async say(text, replyTo) {
    try {
      const message = await api.sendText(this.user.id, text, replyTo);
      if (!this.history.find(message.message_id)) this.heard("message", message);
      return true;
    } catch (error) {
      this.complain(error, "notSent");
      return false;
    }
  }

  async offer(files, how) {
    const chosen = await filesSheet(files, how);
    if (!chosen) return;
    const pending = el("div", { class: "pending", role: "status" }, el("span", { class: "spinner" }), t("sending"));
    this.notes.replaceChildren(pending);
    try {
      for (const message of await api.sendFiles(this.user.id, chosen.files, chosen)) {
        if (!this.history.find(message.message_id)) this.heard("message", message);
      }
    } catch (error) {
      this.complain(error, "notSent");
    } finally {
      pending.remove();
    }
  }

  async tap(message, data) {
    memory.set(`tapped.${this.user.id}`, "yes");
    this.changed();
    try {
      await api.tap(this.user.id, message.message_id, data);
    } catch (error) {
      this.history.settle();
      if (error.status === 400) this.note(t("staleButton"));
      else this.complain(error);
    }
  }

  async pay(message) {
    const pay = () => api.pay(this.user.id, message.message_id).catch((error) => ({ status: "failed", error_message: t("failed", { why: error.message || t("noAnswer") }) }));
    if (await paySheet({ message, user: this.user, pay })) this.note(t("paid"));
  }

  async block(blocked) {
    try {
      await api.block(this.user.id, blocked);
      this.showBlocked(blocked);
    } catch (error) {
      this.complain(error);
    }
  }

  summary(message) {
    return summaryOf(message);
  }
}
