// A text with its entities as elements. Offsets are UTF-16 units, which is what JavaScript's strings count in.

import { copyText, el } from "./dom.js";
import { t } from "./texts.js";

const WEB = new Set(["http:", "https:", "tg:", "mailto:", "tel:"]);

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

/** The address if a page may be opened by it, else null: a link of another scheme stays a text. */
export function safeUrl(address) {
  for (const candidate of [address, `https://${address}`]) {
    try {
      const url = new URL(candidate);
      if (WEB.has(url.protocol)) return url.href;
      return null;
    } catch { /* without a scheme it is no address yet */ }
  }
  return null;
}

/** Returns nodes. `onCommand(text)` and `onLink(url, event)` are told what was clicked. */
export function richText(text, entities, { onCommand, onLink, onCopied }) {
  const sorted = [...(entities ?? [])].sort((one, other) => one.offset - other.offset || other.length - one.length);
  let next = 0;

  function nodes(start, end) {
    const made = [];
    let at = start;
    while (next < sorted.length && sorted[next].offset < end) {
      const entity = sorted[next++];
      const from = Math.max(entity.offset, at);
      const to = Math.min(entity.offset + entity.length, end);
      if (to <= from) continue;
      if (from > at) made.push(text.slice(at, from));
      made.push(wrapped(entity, text.slice(from, to), nodes(from, to)));
      at = BLOCKS.has(entity.type) && text[to] === "\n" && to < end ? to + 1 : to; // a block ends its line by itself
    }
    if (end > at) made.push(text.slice(at, end));
    return made;
  }

  function link(address, inner) {
    const href = safeUrl(address);
    if (!href) return el("span", {}, inner);
    return el("a", { href, target: "_blank", rel: "noopener noreferrer", onclick: (event) => onLink(href, event) }, inner);
  }

  function copyable(tag, plain, inner) {
    const copied = () => copyText(plain).then(onCopied);
    return el(tag, { class: "copyable", title: t("copyCode"), onclick: copied }, inner);
  }

  function wrapped(entity, plain, inner) {
    switch (entity.type) {
      case "bold": return el("strong", {}, inner);
      case "italic": return el("em", {}, inner);
      case "underline": return el("u", {}, inner);
      case "strikethrough": return el("s", {}, inner);
      case "code": return copyable("code", plain, inner);
      case "pre": return el("pre", { "data-language": entity.language }, copyable("code", plain, inner));
      case "blockquote": return el("blockquote", {}, inner);
      case "expandable_blockquote": return foldable(plain, inner);
      case "spoiler": return spoiler(inner);
      case "text_link": return link(entity.url, inner);
      case "url": return link(plain, inner);
      case "email": return link(`mailto:${plain}`, inner);
      case "phone_number": return link(`tel:${plain}`, inner);
      case "mention": return link(`https://t.me/${plain.slice(1)}`, inner);
      case "bot_command": return el("button", { type: "button", class: "command", onclick: () => onCommand(plain) }, inner);
      default: return el("span", { class: `entity-${entity.type}` }, inner);
    }
  }

  return nodes(0, text.length);
}

function spoiler(inner) {
  const button = el("button", { type: "button", class: "spoiler", "aria-label": t("spoiler"), "aria-expanded": "false" }, el("span", {}, inner));
  button.addEventListener("click", () => button.replaceWith(el("span", { class: "spoiler-shown" }, [...button.firstChild.childNodes])));
  return button;
}

function foldable(plain, inner) {
  const quote = el("blockquote", { class: plain.length > 180 ? "folded" : "" }, inner);
  quote.addEventListener("click", () => quote.classList.toggle("folded", plain.length > 180 && !quote.classList.contains("folded")));
  return quote;
}
