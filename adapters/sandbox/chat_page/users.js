// The left column: who there is, what they have, and whose chat has something new. Chats that are not open are asked
// about every few seconds rather than listened to: a browser opens at most six connections to one server.

import { getMessages, getUsers } from "./api.js";
import { summaryOf } from "./bubble.js";
import { avatar, el, icon, iconButton, memory } from "./dom.js";
import { count, t, timeOf } from "./texts.js";

const EVERY_MS = 4000;
const WATCHED_MAX = 40;

export class People {
  /** `act` is {open(id), add(), changed()}; `isOpen(id)` says whose chat tells its news by itself. */
  constructor({ act, isOpen }) {
    this.act = act;
    this.isOpen = isOpen;
    this.users = [];
    this.news = new Map();
    this.list = el("nav", { class: "people-list", "aria-label": t("people"), "data-testid": "users" });
    this.element = [
      el("header", { class: "head" }, el("h1", {}, t("people")), iconButton("plus", t("newUser"), () => act.add(), { "data-testid": "new-user" })),
      this.list,
      el("footer", { class: "people-foot" }, icon("star"), t("playground")),
    ];
  }

  find(id) {
    return this.users.find((user) => user.id === id);
  }

  /** Takes over what the sandbox says, keeping the objects that open chats hold. */
  take(users) {
    this.users = users.map((user) => Object.assign(this.find(user.id) ?? {}, user));
    this.draw();
  }

  entry(id) {
    if (!this.news.has(id)) this.news.set(id, { last: null, unread: 0, seen: Number(memory.get(`seen.${id}`) ?? 0) });
    return this.news.get(id);
  }

  seen(id, messageId) {
    const entry = this.entry(id);
    if (entry.seen === messageId && !entry.unread) return;
    entry.seen = messageId;
    entry.unread = 0;
    memory.set(`seen.${id}`, messageId);
    this.draw();
  }

  told(id, message) {
    const entry = this.entry(id);
    if (message && message.message_id > entry.seen && message.from?.id !== id && message.message_id > (entry.last?.message_id ?? 0)) entry.unread += 1;
    entry.last = message;
    this.draw();
  }

  /** Asks for users and news until the page is left. */
  async watch() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      try {
        await this.look();
      } catch { /* the open chat says that there is no connection */ }
    }
  }

  async look() {
    const users = await getUsers();
    if (users.length !== this.users.length || users.some((user) => !this.find(user.id))) this.act.changed(users);
    this.take(users);
    for (const user of this.users.slice(0, WATCHED_MAX)) if (document.hidden || !this.isOpen(user.id)) await this.ask(user.id);
    this.draw();
  }

  async ask(id) {
    const entry = this.entry(id);
    let { messages } = await getMessages(id, Math.max(0, entry.seen - 1));
    if (!messages.length && entry.seen) {
      entry.seen = 0;
      ({ messages } = await getMessages(id));
    }
    entry.last = messages.at(-1) ?? null;
    entry.unread = messages.filter((message) => message.from?.id !== id && message.message_id > entry.seen).length;
  }

  draw() {
    const drawn = JSON.stringify(this.users.map((user) => [user, this.news.get(user.id), this.isOpen(user.id)]));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const held = document.activeElement?.dataset?.userId;
    this.list.replaceChildren(...this.users.map((user) => this.line(user)));
    if (held) this.list.querySelector(`[data-user-id="${held}"]`)?.focus({ preventScroll: true });
    const unread = this.users.reduce((sum, user) => sum + this.entry(user.id).unread, 0);
    document.title = unread ? `(${unread}) Neurocards` : "Neurocards";
  }

  line(user) {
    const { last, unread } = this.entry(user.id);
    const words = last ? summaryOf(last) : t("noMessages");
    const who = last && last.from?.id === user.id && !last.successful_payment && !last.refunded_payment ? `${t("you")}: ` : "";
    return el("button", {
      type: "button", class: `person${this.isOpen(user.id) ? " open" : ""}`, "data-testid": "user", "data-user-id": user.id,
      "aria-current": this.isOpen(user.id) ? "true" : null, onclick: () => this.act.open(user.id),
    },
    avatar(user.id, user.first_name),
    el("span", { class: "person-words" },
      el("span", { class: "person-line" }, el("b", {}, user.first_name), el("time", {}, last ? timeOf(last.date) : "")),
      el("span", { class: "person-line" }, el("span", { class: "person-last" }, who, words), unread ? el("span", { class: "badge", "data-testid": "unread" }, String(unread)) : null),
      el("span", { class: "person-line" }, el("span", { class: "person-stars", "data-testid": "stars" }, icon("star"), count(user.stars)), user.blocked ? el("span", { class: "person-blocked" }, icon("block")) : null)));
  }
}
