// The list of bubbles: keeps them in order, joins albums and runs of one sender, and holds the place one reads at.

import { Bubble } from "./bubble.js";
import { el, icon } from "./dom.js";
import { dayOf, t } from "./texts.js";

const NEAR_PX = 60;
const RUN_S = 600;

const keyOf = (message) => (message.media_group_id ? `album ${message.media_group_id}` : `message ${message.message_id}`);

export class History {
  /** `chat` as for `Bubble`. `onRead(messageId)` hears how far one has read. */
  constructor(chat, { onRead, empty }) {
    this.chat = chat;
    this.onRead = onRead;
    this.messages = new Map();
    this.bubbles = new Map();
    this.missed = 0;
    this.atBottom = true;
    this.list = el("div", { class: "list", role: "log", "aria-live": "polite", "aria-relevant": "additions" });
    this.scroller = el("div", { class: "scroller", tabindex: "0", "data-testid": "chat", "aria-label": t("message") }, empty, this.list);
    this.number = el("span", { class: "badge" });
    this.down = el("button", { type: "button", class: "to-bottom", hidden: true, "data-testid": "to-bottom", "aria-label": t("toBottom"), onclick: () => this.toBottom(true) }, icon("down"), this.number);
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.watcher = new ResizeObserver(() => this.atBottom && this.toBottom());
    this.watcher.observe(this.scroller);
    this.watcher.observe(this.list);
  }

  close() {
    this.watcher.disconnect();
  }

  find(id) {
    return this.messages.get(id);
  }

  ordered() {
    return [...this.messages.values()].sort((one, other) => one.message_id - other.message_id);
  }

  /** Puts a whole history in the place of what is there. */
  fill(messages) {
    const kept = new Set(messages.map((message) => message.message_id));
    const newest = Math.max(0, ...kept);
    for (const id of [...this.messages.keys()]) if (id <= newest && !kept.has(id)) this.remove(id);
    for (const message of messages) this.put(message);
    this.arrange();
    if (this.atBottom) this.toBottom();
  }

  /** A new or changed message. */
  upsert(message) {
    const fresh = !this.messages.has(message.message_id);
    const own = message.from?.id === this.chat.user.id;
    this.put(message, { fresh });
    if (fresh) this.arrange();
    if (fresh && own) this.atBottom = true;
    if (this.atBottom) this.toBottom();
    else if (fresh) this.missed += 1;
    this.tellMissed();
  }

  remove(id) {
    const message = this.messages.get(id);
    if (!message) return;
    this.messages.delete(id);
    const key = keyOf(message);
    const rest = this.ordered().filter((other) => keyOf(other) === key);
    const bubble = this.bubbles.get(key);
    if (rest.length) return bubble.show(rest);
    bubble.element.remove();
    this.bubbles.delete(key);
    this.arrange();
  }

  put(message, { fresh = false } = {}) {
    const before = this.messages.get(message.message_id);
    if (before && keyOf(before) !== keyOf(message)) this.remove(message.message_id);
    this.messages.set(message.message_id, message);
    const key = keyOf(message);
    const bubble = this.bubbles.get(key) ?? new Bubble(this.chat);
    bubble.show(message.media_group_id ? this.ordered().filter((other) => keyOf(other) === key) : [message]);
    if (this.bubbles.has(key)) return;
    this.bubbles.set(key, bubble);
    if (fresh) bubble.element.classList.add("arriving");
    bubble.element.addEventListener("animationend", () => bubble.element.classList.remove("arriving"), { once: true });
    bubble.element.dataset.first = String(message.message_id);
    let later = null;
    for (let row = this.list.lastElementChild; row && Number(row.dataset.first) > message.message_id; row = row.previousElementSibling) later = row;
    this.list.insertBefore(bubble.element, later);
  }

  sorted() {
    return [...this.bubbles.values()].sort((one, other) => one.messages[0].message_id - other.messages[0].message_id);
  }

  /** Days, runs of one sender, and how far the bot has read. */
  arrange() {
    const rows = this.sorted();
    const answered = Math.max(0, ...this.ordered().filter((message) => message.from?.is_bot).map((message) => message.message_id));
    const runs = (one, other) => one && other && one.messages[0].from?.id === other.messages[0].from?.id
      && Math.abs(other.messages[0].date - one.messages[0].date) < RUN_S && dayOf(one.messages[0].date) === dayOf(other.messages[0].date)
      && !one.element.classList.contains("service") && !other.element.classList.contains("service");
    rows.forEach((bubble, index) => {
      const day = dayOf(bubble.messages[0].date);
      const before = rows[index - 1];
      bubble.day.textContent = before && dayOf(before.messages[0].date) === day ? "" : day;
      bubble.element.classList.toggle("run-on", Boolean(runs(before, bubble)));
      bubble.element.classList.toggle("run-end", !runs(bubble, rows[index + 1]));
      bubble.element.classList.toggle("read", bubble.messages[0].message_id < answered);
    });
  }

  /** The bot has taken whatever was sent so far. */
  markRead() {
    for (const bubble of this.bubbles.values()) bubble.element.classList.add("read");
  }

  /** Ends the waiting look of every button. */
  settle() {
    for (const bubble of this.bubbles.values()) bubble.settle();
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const moved = this.height !== scrollHeight || this.room !== clientHeight;
    Object.assign(this, { height: scrollHeight, room: clientHeight });
    if (this.atBottom && moved) {
      this.toBottom(); // the page moved, not the reader
      return;
    }
    this.atBottom = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.atBottom) this.missed = 0;
    this.tellMissed();
  }

  toBottom(smooth = false) {
    Object.assign(this, { height: this.scroller.scrollHeight, room: this.scroller.clientHeight });
    this.scroller.scrollTo({ top: this.height, behavior: smooth ? "smooth" : "instant" });
    this.atBottom = true;
    this.missed = 0;
    this.tellMissed();
  }

  jump(id) {
    const message = this.messages.get(id);
    const row = message && this.bubbles.get(keyOf(message))?.element;
    if (!row) return;
    row.scrollIntoView({ block: "center", behavior: "smooth" });
    row.classList.add("pointed-at");
    setTimeout(() => row.classList.remove("pointed-at"), 1500);
  }

  tellMissed() {
    this.down.hidden = this.atBottom;
    this.number.textContent = this.missed ? String(this.missed) : "";
    if (this.atBottom && !document.hidden) this.onRead(Math.max(0, ...this.messages.keys()));
  }
}
