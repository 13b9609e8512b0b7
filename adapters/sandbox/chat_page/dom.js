// Elements and icons. Text always becomes a text node: nothing that came over the wire is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  send: "M3.4 20.4 20.9 12.9a1 1 0 0 0 0-1.8L3.4 3.6a.9.9 0 0 0-1.3 1l1.7 5.9 9.7 1.5-9.7 1.5-1.7 5.9a.9.9 0 0 0 1.3 1z",
  attach: "M16.5 6v10.8a4.3 4.3 0 0 1-8.6 0V5.6a2.8 2.8 0 0 1 5.6 0v10.2a1.3 1.3 0 0 1-2.6 0V6H9.4v9.8a2.8 2.8 0 0 0 5.6 0V5.6a4.3 4.3 0 0 0-8.6 0v11.2a5.8 5.8 0 0 0 11.6 0V6z",
  back: "M20 11H7.8l5.6-5.6L12 4l-8 8 8 8 1.4-1.4L7.8 13H20z",
  more: "M12 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm0 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm0 7a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  plus: "M19 13h-6v6h-2v-6H5v-2h6V5h2v6h6z",
  close: "M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4l5.6 5.6L5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6z",
  down: "M7.4 8.6 12 13.2l4.6-4.6L18 10l-6 6-6-6z",
  photo: "M21 19V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2zM8.5 13.5l2.5 3 3.5-4.5 4.5 6H5z",
  file: "M6 2a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8l-6-6zm7 7V3.5L18.5 9z",
  play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.8-6.8a.8.8 0 0 0 0-1.4L9.2 4.500A.8.8 0 0 0 8 5.200z",
  download: "M19 9h-4V3H9v6H5l7 7zM5 18v2h14v-2z",
  reply: "M10 9V5l-7 7 7 7v-4.100c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11z",
  forward: "M14 9V5l7 7-7 7v-4.100c-5 0-8.5 1.6-11 5.1 1-5 4-10 11-11z",
  copy: "M16 1H4a2 2 0 0 0-2 2v14h2V3h12zm3 4H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2zm0 16H8V7h11z",
  block: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM4 12a8 8 0 0 1 12.9-6.300L5.7 16.900A8 8 0 0 1 4 12zm8 8a8 8 0 0 1-4.9-1.700L18.3 7.100A8 8 0 0 1 12 20z",
  refund: "M12.5 8c-2.6 0-5 1-6.9 2.600L2 7v9h9l-3.6-3.600A8 8 0 0 1 20.1 16l2.4-.800A10.5 10.5 0 0 0 12.5 8z",
  split: "M3 5v14h18V5zm2 2h6v10H5zm14 10h-6V7h6z",
  slash: "M7 21h-2.200L15.4 3h2.200z",
  link: "M14 3v2h3.600l-9.8 9.8 1.4 1.400L19 6.400V10h2V3zM19 19H5V5h7V3H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2v-7h-2z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0 2c-2.7 0-8 1.3-8 4v2h16v-2c0-2.7-5.3-4-8-4z",
  check: "M9 16.2 4.8 12l-1.4 1.400L9 19 21 7l-1.4-1.400z",
  star: "M12 2.2 15 8.700l7 .800-5.2 4.8 1.4 7L12 17.8 5.8 21.300l1.4-7L2 9.500l7-.800z",
};

/** An element: `el("button", {class: "x", onclick: f, "aria-label": "y"}, "text", child)`. Null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that is an icon with a name for those who cannot see it. */
export function iconButton(name, label, onclick, more = {}) {
  return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

/** A text in which the signs for Stars are drawn as one. */
export function starred(text) {
  return text.split(/(⭐️?|\bXTR\b)/u).map((part, index) => (index % 2 ? icon("star") : part)).filter((part) => part !== "");
}

/** A round picture with a first letter, coloured by id. */
export function avatar(id, name, more = "") {
  const letter = [...name.trim()][0]?.toUpperCase() ?? "?";
  return el("span", { class: `avatar tint-${id % 7} ${more}`, "aria-hidden": "true" }, letter);
}

/** Copies; where the page may not write to the clipboard, through a selection. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "offscreen" });
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/** What is remembered in this browser. Where nothing may be, nothing is. */
export const memory = {
  get(key) {
    try { return localStorage.getItem(`neurocards.${key}`); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(`neurocards.${key}`, value); } catch { /* private mode: the page works without */ }
  },
};
