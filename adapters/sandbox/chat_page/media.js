// Photos, videos, documents and albums of a message, in boxes whose size is known before a byte of them is loaded.

import { fileUrl } from "./api.js";
import { el, icon } from "./dom.js";
import { openLightbox } from "./lightbox.js";
import { lengthOf, sizeOf, t } from "./texts.js";

const WIDTH_MAX = 380;
const HEIGHT_MAX = 480;
const WIDTH_MIN = 180;
const ALBUM_WIDTH = 340;

/** What a message carries: {kind, file, width, height}, or null. */
export function mediaOf(message) {
  if (message.photo?.length) {
    const file = message.photo.at(-1);
    return { kind: "photo", file, width: file.width, height: file.height };
  }
  for (const kind of ["video", "animation"]) {
    const file = message[kind];
    if (file) return { kind, file, width: file.width || 16, height: file.height || 9 };
  }
  return message.document ? { kind: "document", file: message.document } : null;
}

/** Where the file of a message is and what to call it, or null. */
export function downloadOf(message) {
  const media = mediaOf(message);
  if (!media) return null;
  const ending = media.kind === "photo" ? "jpg" : "mp4";
  return { url: fileUrl(media.file.file_id), name: media.file.file_name ?? `${media.kind}-${message.message_id}.${ending}` };
}

/** How wide the box of one photo or video is drawn, in pixels. */
export function widthOf({ width, height }) {
  const scale = Math.min(WIDTH_MAX / width, HEIGHT_MAX / height);
  return Math.round(Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, width * scale)));
}

export const albumWidth = ALBUM_WIDTH;

/** The element of one message's media. In an album (`tile`) it fills the place it is given. */
export function mediaElement(message, media, { tile }) {
  if (media.kind === "document") return documentElement(message, media);
  const ratio = Math.max(0.5, Math.min(media.width / media.height, 3));
  const box = media.kind === "photo" ? photoElement(message, media) : videoElement(message, media);
  if (!tile) box.style.aspectRatio = String(ratio);
  if (message.has_media_spoiler) hide(box);
  return box;
}

function photoElement(message, { file }) {
  const url = fileUrl(file.file_id);
  const image = el("img", { src: url, alt: message.caption ?? t("photo"), loading: "lazy", decoding: "async", draggable: "false" });
  const open = () => openLightbox(url, downloadOf(message), message.caption);
  return el("button", { type: "button", class: "box photo", "aria-label": t("openPhoto"), onclick: open }, image);
}

function videoElement(message, { kind, file }) {
  const cover = message.video?.cover?.at(-1) ?? file.thumbnail ?? file.thumb;
  const video = el("video", {
    src: fileUrl(file.file_id), poster: cover ? fileUrl(cover.file_id) : null, preload: cover ? "none" : "metadata",
    controls: true, playsinline: true, loop: kind === "animation", "aria-label": message.caption ?? t("video"),
  });
  const length = el("span", { class: "length" }, file.duration ? lengthOf(file.duration) : t("video"));
  const play = el("button", { type: "button", class: "play", "aria-label": t("play"), onclick: () => video.play() }, icon("play"));
  const box = el("div", { class: "box video" }, video, length, play);
  video.addEventListener("play", () => {
    box.classList.add("started");
    for (const other of document.querySelectorAll("video")) if (other !== video) other.pause();
  });
  return box;
}

function documentElement(message, { file }) {
  const { url, name } = downloadOf(message);
  const preview = file.thumbnail ?? file.thumb;
  const ending = name.includes(".") ? name.split(".").at(-1).slice(0, 4) : "";
  const face = preview
    ? el("img", { src: fileUrl(preview.file_id), alt: "", loading: "lazy" })
    : el("span", { class: `sheet-of-paper tint-${ending.length % 7}` }, icon("file"), el("b", {}, ending));
  const size = file.file_size === undefined ? "" : sizeOf(file.file_size);
  return el("a", { class: "document", href: url, download: name, "aria-label": `${t("download")} ${name}` },
    el("span", { class: "document-face" }, face),
    el("span", { class: "document-words" }, el("b", {}, name), el("small", {}, size)),
    icon("download"));
}

function hide(box) {
  box.classList.add("hidden-media");
  box.addEventListener("click", (event) => {
    if (!box.classList.contains("hidden-media")) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    box.classList.remove("hidden-media");
  }, { capture: true });
}
