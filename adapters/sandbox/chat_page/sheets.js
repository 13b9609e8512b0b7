// What lies over the chat for a moment: dialogs, menus, and the short notes at the bottom.

import { avatar, el, icon, iconButton, starred } from "./dom.js";
import { count, freshName, lang, t } from "./texts.js";

const NOTE_MS = 3500;

/** A dialog with a title. `fill(close)` gives its content. Resolves with what `close` was given, or null when left. */
export function sheet({ title, testid, role = "dialog", wide = false }, fill) {
  return new Promise((resolve) => {
    let result = null;
    const dialog = el("dialog", { class: `sheet${wide ? " wide" : ""}`, role, "aria-label": title, "data-testid": testid });
    const close = (value = null) => {
      result = value;
      dialog.close();
    };
    dialog.append(el("header", {}, el("h2", {}, title), iconButton("close", t("close"), () => close())), ...[fill(close)].flat().filter(Boolean));
    dialog.addEventListener("pointerdown", (event) => event.target === dialog && outside(dialog, event) && close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

const button = (words, onclick, more = {}) => el("button", { type: "button", class: "button", onclick, ...more }, words);

/** What answerCallbackQuery shows with show_alert. */
export function alertSheet(title, text) {
  return sheet({ title, testid: "alert", role: "alertdialog" }, (close) => [
    el("p", { class: "sheet-text" }, text),
    el("footer", {}, button(t("ok"), () => close(true), { class: "button primary", autofocus: true })),
  ]);
}

/** Asks before something is done. */
export function confirmSheet({ title, text, action }) {
  return sheet({ title, testid: "confirm" }, (close) => [
    el("p", { class: "sheet-text" }, starred(text)),
    el("footer", {}, button(t("cancel"), () => close()), button(action, () => close(true), { class: "button danger", autofocus: true, "data-testid": "confirm-ok" })),
  ]);
}

/** Has one picked of [{id, name, note}]; resolves with it. */
export function pickSheet({ title, text, testid, choices, none }) {
  return sheet({ title, testid }, (close) => [
    text ? el("p", { class: "sheet-text small" }, text) : null,
    el("div", { class: "choices" }, ...choices.map((choice) => el("button", { type: "button", class: "choice", "data-choice": choice.id, onclick: () => close(choice) },
      choice.icon ? el("span", { class: "avatar plain" }, icon(choice.icon)) : avatar(choice.id, choice.name),
      el("span", {}, el("b", {}, choice.name), choice.note ? el("small", {}, starred(choice.note)) : null)))),
    choices.length ? null : el("p", { class: "sheet-text small" }, none),
  ]);
}

/** Asks for a new user; resolves with {first_name, language_code, stars}. */
export function newUserSheet(taken) {
  return sheet({ title: t("newUser"), testid: "new-user-sheet" }, (close) => {
    const name = el("input", { name: "first_name", value: freshName(taken), required: true, maxlength: "64", autocomplete: "off", autofocus: true, onfocus: ({ target }) => target.select() });
    const language = el("select", { name: "language_code" }, ...[["ru", "Русский"], ["en", "English"]].map(([code, words]) => el("option", { value: code, selected: code === lang }, words)));
    const stars = el("input", { name: "stars", type: "number", value: "1000", min: "0", max: "1000000", required: true });
    const submit = (event) => {
      event.preventDefault();
      close({ first_name: name.value.trim() || freshName(taken), language_code: language.value, stars: Number(stars.value) });
    };
    return el("form", { class: "form", onsubmit: submit },
      el("p", { class: "sheet-text small" }, t("newUserHint")),
      el("label", {}, el("span", {}, t("name")), name),
      el("div", { class: "form-row" }, el("label", {}, el("span", {}, t("language")), language), el("label", {}, el("span", {}, t("stars")), stars)),
      el("footer", {}, button(t("cancel"), () => close()), el("button", { class: "button primary", "data-testid": "new-user-create" }, t("create"))));
  });
}

/** The confirmation of a payment. `pay()` answers {status, error_message}; resolves with true once it is paid. */
export function paySheet({ message, user, pay }) {
  const { title, description, total_amount: amount } = message.invoice;
  return sheet({ title: t("invoice"), testid: "pay-sheet" }, (close) => {
    const said = el("p", { class: "pay-said", role: "status", "data-testid": "pay-status" });
    const confirm = el("button", { type: "button", class: "button primary broad", autofocus: true, "data-testid": "pay-confirm", onclick: go }, ...starred(t("pay", { stars: `${count(amount)} ⭐` })));
    async function go() {
      confirm.disabled = true;
      confirm.classList.add("busy");
      said.className = "pay-said";
      said.textContent = t("paying");
      const { status, error_message: why } = await pay();
      confirm.classList.remove("busy");
      if (status === "paid") return close(true);
      confirm.disabled = false;
      said.classList.add("bad");
      said.textContent = why || t({ refused: "refused", timeout: "payTimeout", no_stars: "noStars" }[status] ?? "refused");
    }
    return [
      el("div", { class: "pay-star" }, icon("star")),
      el("h3", {}, title), el("p", { class: "sheet-text" }, description),
      el("p", { class: "pay-balance" }, `${t("balance")}: `, icon("star"), el("b", {}, count(user.stars))),
      said, confirm, el("p", { class: "sheet-text small" }, t("playMoney")),
    ];
  });
}

/** A menu at its button: [{icon, words, act, danger, testid}]. */
export function openMenu(anchor, items) {
  const menu = el("div", { class: "menu", popover: "auto", role: "menu" });
  const close = () => menu.hidePopover();
  for (const item of items.filter(Boolean)) {
    const onclick = () => {
      close();
      item.act();
    };
    const tag = item.href ? "a" : "button";
    const link = item.href ? { href: item.href, download: item.download } : { type: "button" };
    menu.append(el(tag, { ...link, role: "menuitem", class: item.danger ? "danger" : "", "data-testid": item.testid, onclick: item.href ? close : onclick }, icon(item.icon), el("span", {}, item.words)));
  }
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const entries = [...menu.children];
    entries.at((entries.indexOf(document.activeElement) + step) % entries.length).focus();
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "open") return;
    const held = document.activeElement === document.body || menu.contains(document.activeElement);
    menu.remove();
    if (held) anchor.focus({ preventScroll: true });
  });
  document.body.append(menu);
  menu.showPopover();
  place(menu, anchor.getBoundingClientRect());
  menu.firstElementChild?.focus({ preventScroll: true });
}

function place(menu, box) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = box.bottom + height + 8 < innerHeight;
  menu.style.top = `${Math.max(8, below ? box.bottom + 4 : box.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(box.right - width, innerWidth - width - 8))}px`;
}

/** Shows a short note at the foot of a chat. */
export function note(holder, text) {
  const pill = el("div", { class: "toast", "data-testid": "toast" }, ...starred(text));
  holder.replaceChildren(pill);
  setTimeout(() => pill.classList.add("leaving"), NOTE_MS);
  setTimeout(() => pill.remove(), NOTE_MS + 300);
}
