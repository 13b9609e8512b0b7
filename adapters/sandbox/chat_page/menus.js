// What can be done with a chat or a message, beyond reading and answering it.

import * as api from "./api.js";
import { summaryOf } from "./bubble.js";
import { copyText } from "./dom.js";
import { downloadOf } from "./media.js";
import { confirmSheet, openMenu, pickSheet } from "./sheets.js";
import { count, dayOf, t, timeOf } from "./texts.js";

const starsOf = (amount) => `${count(amount)} ⭐`;

export function messageMenu(chat, message, anchor) {
  const words = message.text ?? message.caption;
  const file = downloadOf(message);
  const paid = message.successful_payment;
  openMenu(anchor, [
    { icon: "reply", words: t("reply"), act: () => chat.composer.answer(message, summaryOf(message)), testid: "reply" },
    words && { icon: "copy", words: t("copy"), act: () => copyText(words).then(() => chat.note(t("copied"))), testid: "copy" },
    file && { icon: "download", words: t("download"), href: file.url, download: file.name, testid: "download" },
    !paid && { icon: "forward", words: t("forward"), act: () => forward(chat, message), testid: "forward" },
    paid && { icon: "refund", words: t("refund"), act: () => refund(chat, paid), danger: true, testid: "refund" },
  ]);
}

export function chatMenu(chat, anchor) {
  openMenu(anchor, [
    { icon: "refund", words: t("payments"), act: () => pickPayment(chat), testid: "refund-menu" },
    { icon: "user", words: t("newUser"), act: () => chat.desk.add(), testid: "menu-new-user" },
    { icon: "block", words: t(chat.blocked ? "unblock" : "block"), act: () => chat.block(!chat.blocked), danger: !chat.blocked, testid: "block" },
  ]);
}

async function forward(chat, message) {
  const others = chat.desk.users().filter((user) => user.id !== chat.user.id);
  const choices = others.map((user) => ({ id: user.id, name: user.first_name, note: starsOf(user.stars) }));
  const extra = { id: "new", name: t("newUser"), icon: "plus" };
  const chosen = await pickSheet({ title: t("forwardTo"), testid: "forward-sheet", choices: [...choices, extra] });
  const user = chosen?.id === "new" ? await chat.desk.add({ stay: true }) : chosen;
  if (!user) return;
  try {
    await api.forward(chat.user.id, message.message_id, user.id);
    chat.note(t("forwardedTo", { name: user.first_name ?? user.name }));
  } catch (error) {
    chat.complain(error);
  }
}

async function pickPayment(chat) {
  const messages = chat.history.ordered();
  const returned = new Set(messages.map((message) => message.refunded_payment?.telegram_payment_charge_id));
  const payments = messages.filter(({ successful_payment: paid }) => paid && !returned.has(paid.telegram_payment_charge_id));
  const choices = payments.reverse().map(({ successful_payment: paid, date }) => ({
    id: paid.telegram_payment_charge_id, name: starsOf(paid.total_amount).replace(" ⭐", " Stars"), note: `${dayOf(date)}, ${timeOf(date)}`, icon: "star", paid,
  }));
  const chosen = await pickSheet({ title: t("whichPayment"), testid: "refund-sheet", choices, none: t("noPayments") });
  if (chosen) await refund(chat, chosen.paid);
}

/** What a paid invoice's button opens. */
export function showReceipt(chat, message, charge) {
  const paid = { telegram_payment_charge_id: charge, total_amount: message.invoice.total_amount };
  return refund(chat, paid, { title: t("receiptTitle"), text: t("receiptAsk", { stars: starsOf(paid.total_amount) }) });
}

async function refund(chat, paid, words) {
  const text = t("refundAsk", { stars: starsOf(paid.total_amount) });
  if (!(await confirmSheet({ title: t("refund"), text, action: t("refundDo"), ...words }))) return;
  try {
    await api.refund(chat.user.id, paid.telegram_payment_charge_id);
  } catch (error) {
    chat.complain(error);
  }
}

/** The start parameter of a link to this bot, as t.me/bot?start=x or wrapped in t.me/share/url; null for any other link. */
export function startOf(address, username) {
  let url;
  try { url = new URL(address); } catch { return null; }
  if (url.protocol === "tg:" && url.hostname === "resolve") return url.searchParams.get("domain") === username ? url.searchParams.get("start") : null;
  if (!["t.me", "telegram.me"].includes(url.hostname)) return null;
  if (url.pathname === "/share/url") return startOf(url.searchParams.get("url") ?? "", username);
  return url.pathname.toLowerCase() === `/${username?.toLowerCase()}` ? url.searchParams.get("start") : null;
}

/** A link to the bot itself starts it as whom one likes, which is how a referral link is tried; others just open. */
export async function openBotLink(chat, address, event) {
  const start = startOf(address, chat.bot.username);
  if (start === null) {
    if (!event) window.open(address, "_blank", "noopener");
    return;
  }
  event?.preventDefault();
  const users = chat.desk.users().map((user) => ({ id: user.id, name: user.first_name, note: user.id === chat.user.id ? t("you") : starsOf(user.stars) }));
  const choices = [{ id: "new", name: t("newUser"), icon: "plus" }, ...users];
  const chosen = await pickSheet({ title: t("openAs"), text: address, testid: "open-as-sheet", choices });
  const user = chosen?.id === "new" ? await chat.desk.add() : chosen;
  if (!user) return;
  try {
    await api.sendText(user.id, start ? `/start ${start}` : "/start");
    chat.desk.open(user.id);
  } catch (error) {
    chat.complain(error);
  }
}
