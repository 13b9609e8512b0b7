// The page: people on the left, one or two of their chats on the right. `#1000001` or `#1000001+1000002` in the address
// says whose, `#users` shows the list on a phone; `?lang=en` makes the page speak English.
//
// For end-to-end tests, `data-testid` is:
//   users, user (data-user-id), stars, unread, new-user, new-user-sheet, new-user-create
//   conversation (data-user-id), chat (what scrolls), status (typing...), start, guide, guide-close, offline, to-bottom, back
//   message (data-message-id, data-own), album, keyboard-button (data-callback), invoice, message-menu
//   composer, send, attach, attach-input (photos), attach-file-input (files), commands
//   files-sheet, caption, compress, files-send, drop-photo, drop-file
//   toast, alert, pay-sheet, pay-confirm, pay-status, confirm, confirm-ok
//   chat-menu, block, unblock, refund-menu, refund-sheet, refund, reply, copy, download, forward, forward-sheet
//   split, close-pane, split-sheet, open-as-sheet

import { createUser, getBot, getUsers } from "./api.js";
import { Conversation } from "./conversation.js";
import { el, memory } from "./dom.js";
import { newUserSheet, pickSheet } from "./sheets.js";
import { freshName, lang, t } from "./texts.js";
import { People } from "./users.js";

const AGAIN_MS = 1000;
const COMMANDS_MS = 3000;
const LIST = "users";

const app = document.getElementById("app");
const panes = document.getElementById("panes");
const narrow = matchMedia("(max-width: 760px)");
const open = [];
let bot = null;
let active = 0;

const people = new People({ act: { open: show, add, changed: lost }, isOpen: (id) => open.some((chat) => chat.user.id === id) });

const desk = {
  users: () => people.users,
  seen: (user, id) => people.seen(user.id, id),
  told: (user, message) => people.told(user.id, message),
  stars: () => people.draw(),
  open: show,
  back: () => { location.hash = LIST; },
  add,
  split,
  close: (chat) => go(open.filter((other) => other !== chat).map((other) => other.user.id)),
};

const named = () => location.hash.slice(1).split("+").map(Number).filter(Boolean).slice(0, 2);

function go(ids) {
  location.hash = ids.join("+");
}

/** Shows a user's chat in the pane that was used last. */
function show(id) {
  if (narrow.matches) {
    go([id]);
    return;
  }
  const ids = open.map((chat) => chat.user.id);
  if (location.hash === `#${LIST}` || !ids.includes(id)) {
    if (!ids.includes(id)) ids[Math.min(active, Math.max(0, ids.length - 1))] = id;
    go(ids);
  }
}

async function split() {
  const others = people.users.filter((user) => user.id !== open[0].user.id);
  const choices = [...others.map((user) => ({ id: user.id, name: user.first_name })), { id: "new", name: t("newUser"), icon: "plus" }];
  const chosen = await pickSheet({ title: t("splitWho"), testid: "split-sheet", choices });
  const user = chosen?.id === "new" ? await add({ stay: true }) : chosen;
  if (user) go([open[0].user.id, user.id]);
}

/** Asks for a new user and makes it; `stay` leaves the chat where it is. Returns the user or null. */
async function add({ stay = false } = {}) {
  const wish = await newUserSheet(people.users.map((user) => user.first_name));
  if (!wish) return null;
  const user = await createUser(wish).catch(() => null);
  people.take(await getUsers().catch(() => people.users));
  if (user && !stay) show(user.id);
  return user;
}

/** Users came or went at the sandbox. Chats of those who went are closed. */
function lost(users) {
  const gone = open.filter((chat) => !users.some((user) => user.id === chat.user.id));
  people.take(users);
  if (gone.length) route();
}

/** Makes the panes what the address says. */
function route() {
  const list = location.hash === `#${LIST}`;
  app.classList.toggle("listing", list);
  if (list) return;
  const ids = [...new Set(named())].filter((id) => people.find(id));
  if (!ids.length && people.users.length) {
    const last = people.find(Number(memory.get("last"))) ?? people.users[0];
    history.replaceState(null, "", `#${last.id}`);
    ids.push(last.id);
  }
  for (const chat of open.filter((other) => !ids.includes(other.user.id))) {
    chat.close();
    chat.element.remove();
  }
  const kept = new Map(open.map((chat) => [chat.user.id, chat]));
  open.splice(0, open.length, ...ids.map((id) => kept.get(id) ?? opened(people.find(id))));
  open.forEach((chat, index) => panes.children[index] !== chat.element && panes.insertBefore(chat.element, panes.children[index] ?? null));
  active = Math.min(active, open.length - 1);
  app.classList.toggle("split", open.length > 1);
  if (ids.length) memory.set("last", ids[0]);
  people.draw();
}

/** The address has changed, maybe to somebody who came since the list was last asked for. */
async function follow() {
  if (!named().every((id) => people.find(id))) people.take(await getUsers().catch(() => people.users));
  route();
}

function opened(user) {
  const chat = new Conversation({ bot, user, desk });
  const used = () => { active = Math.max(0, open.indexOf(chat)); };
  chat.element.addEventListener("pointerdown", used);
  chat.element.addEventListener("focusin", used);
  const load = () => chat.open().catch(() => {
    chat.connected(false);
    if (!chat.closed) setTimeout(load, AGAIN_MS);
  });
  load();
  return chat;
}

/** Asks again until the bot has named its commands: the page may be opened before the bot has come up. */
async function acquaint() {
  while (!bot.commands?.length) {
    await new Promise((resolve) => setTimeout(resolve, COMMANDS_MS));
    bot = await getBot(lang).catch(() => bot);
  }
  for (const chat of open) chat.know(bot);
}

/** Bot and users, asked for until the sandbox is there; the first visitor is given a user. */
async function begin() {
  for (;;) {
    try {
      bot = await getBot(lang);
      const users = await getUsers();
      if (!users.length) users.push(await createUser({ first_name: freshName([]), language_code: lang, stars: 1000 }));
      return people.take(users);
    } catch {
      panes.replaceChildren(el("p", { class: "offline", role: "status", "data-testid": "offline" }, t("offline")));
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

document.documentElement.lang = lang;
document.getElementById("people").append(...people.element);
await begin();
panes.replaceChildren();
window.addEventListener("hashchange", follow);
window.addEventListener("dragover", (event) => event.preventDefault());
window.addEventListener("drop", (event) => event.preventDefault());
route();
people.look().catch(() => {});
people.watch();
acquaint();
