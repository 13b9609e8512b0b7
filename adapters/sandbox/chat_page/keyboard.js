// The rows of buttons below a bubble.

import { copyText, el, icon, starred } from "./dom.js";
import { safeUrl } from "./entities.js";
import { count, t } from "./texts.js";

const BUSY_MS = 3000;

function rowsOf(message, charge) {
  const rows = message.reply_markup?.inline_keyboard ?? [];
  if (charge) return rows.map((row) => row.map((button) => (button.pay ? { text: t("receipt"), receipt: charge } : button)));
  const payable = message.invoice && !rows.flat().some((button) => button.pay);
  return payable ? [[{ text: t("pay", { stars: `${count(message.invoice.total_amount)} ⭐` }), pay: true }], ...rows] : rows;
}

/** Returns one element a row. `act` has tap, pay, receipt, link and copied; `charge` is there when it was paid. */
export function keyboardElement(message, act, charge) {
  return rowsOf(message, charge).map((row) => el("div", { class: "keys" }, ...row.map((button) => key(button, message, act))));
}

function key(button, message, act) {
  const words = el("span", {}, ...(button.pay ? starred(button.text) : [button.text]));
  const look = { class: `key ${button.style ? `key-${button.style}` : ""}`, "data-testid": "keyboard-button", disabled: button.disabled };
  const url = button.url && safeUrl(button.url);
  if (url) {
    const more = { href: url, target: "_blank", rel: "noopener noreferrer", onclick: (event) => act.link(url, event) };
    return el("a", { ...look, ...more }, words, icon("link"));
  }
  const pressed = onPress(button, message, act);
  if (!pressed) return el("button", { ...look, type: "button", disabled: true, title: t("notHere") }, words);
  const data = button.callback_data === undefined ? {} : { "data-callback": button.callback_data };
  return el("button", { ...look, ...data, type: "button", onclick: pressed }, words, button.copy_text ? icon("copy") : null);
}

function onPress(button, message, act) {
  if (button.receipt) return () => act.receipt(message, button.receipt);
  if (button.pay) return () => act.pay(message);
  if (button.copy_text) return () => copyText(button.copy_text.text).then(act.copied);
  if (button.callback_data === undefined) return null;
  return ({ currentTarget }) => {
    currentTarget.classList.add("busy");
    setTimeout(() => currentTarget.classList.remove("busy"), BUSY_MS);
    act.tap(message, button.callback_data, currentTarget);
  };
}
