// Files on their way into the chat: dropped on it, pasted or picked, then looked at once more before they are sent.

import { el, icon, iconButton } from "./dom.js";
import { sheet } from "./sheets.js";
import { sizeOf, t } from "./texts.js";

const FILES_MAX = 10;

/** Shows the files, asks for a caption; resolves with {files, caption, asFile}, or null. */
export function filesSheet(all, { asFile }) {
  const files = [...all].slice(0, FILES_MAX);
  const images = files.every((file) => file.type.startsWith("image/"));
  const plain = asFile || !images;
  const urls = [];
  const asked = sheet({ title: t(plain ? "sendFiles" : "sendPhotos"), testid: "files-sheet", wide: true }, (close) => {
    const caption = el("input", { name: "caption", placeholder: t("caption"), "aria-label": t("caption"), maxlength: "1024", autocomplete: "off", autofocus: true, "data-testid": "caption" });
    const compress = el("input", { type: "checkbox", name: "compress", checked: !plain, disabled: !images, "data-testid": "compress" });
    const shown = el("div", { class: "previews" });
    const draw = () => {
      const drop = (file) => () => {
        files.splice(files.indexOf(file), 1);
        return files.length ? draw() : close();
      };
      shown.classList.toggle("single", files.length === 1);
      shown.replaceChildren(...files.map((file) => preview(file, { urls, plain: !compress.checked, drop: drop(file) })));
    };
    const submit = (event) => {
      event.preventDefault();
      close({ files, caption: caption.value.trim(), asFile: !compress.checked });
    };
    compress.addEventListener("change", draw);
    draw();
    return el("form", { class: "form", onsubmit: submit },
      all.length > FILES_MAX ? el("p", { class: "sheet-text small bad" }, t("filesMax")) : null,
      shown,
      images ? el("label", { class: "check" }, compress, el("span", {}, t("compress"))) : null,
      el("div", { class: "caption-row" }, caption, el("button", { class: "round-send", "aria-label": t("send"), "data-testid": "files-send" }, icon("send"))));
  });
  return asked.finally(() => urls.forEach((url) => URL.revokeObjectURL(url)));
}

function preview(file, { urls, plain, drop }) {
  const remove = iconButton("close", `${t("remove")} ${file.name}`, drop);
  const picture = file.type.startsWith("image/");
  const url = picture ? URL.createObjectURL(file) : null;
  if (url) urls.push(url);
  const image = url && el("img", { src: url, alt: file.name });
  if (picture && !plain) return el("figure", { class: "preview" }, image, remove);
  const face = image ?? el("span", { class: "sheet-of-paper tint-0" }, icon("file"));
  return el("div", { class: "document preview-file" }, el("span", { class: "document-face" }, face),
    el("span", { class: "document-words" }, el("b", {}, file.name), el("small", {}, sizeOf(file.size))), remove);
}

/** Takes drops anywhere on `area`, with a zone for photos and one for files. `dropped(files, {asFile})`. */
export function acceptDrops(area, dropped) {
  let depth = 0;
  const zone = (asFile) => {
    const element = el("div", { class: "drop-zone", "data-testid": asFile ? "drop-file" : "drop-photo" },
      icon(asFile ? "file" : "photo"), el("b", {}, t(asFile ? "dropFile" : "dropPhoto")), el("small", {}, t(asFile ? "dropFileHint" : "dropPhotoHint")));
    element.addEventListener("dragenter", () => element.classList.add("over"));
    element.addEventListener("dragleave", () => element.classList.remove("over"));
    element.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) dropped([...event.dataTransfer.files], { asFile });
    });
    return element;
  };
  const overlay = el("div", { class: "drop-overlay", hidden: true }, zone(false), zone(true));
  const show = (shown) => {
    if (!shown) depth = 0;
    overlay.hidden = !shown;
    for (const each of overlay.children) if (!shown) each.classList.remove("over");
  };
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  area.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    show(true);
  });
  area.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  area.addEventListener("dragleave", (event) => {
    if (carriesFiles(event) && --depth <= 0) show(false);
  });
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    show(false);
  });
  area.append(overlay);
}
