// A photo over the whole window.

import { el, icon, iconButton } from "./dom.js";
import { t } from "./texts.js";

export function openLightbox(url, download, caption) {
  const dialog = el("dialog", { class: "lightbox", "aria-label": t("photo") });
  const close = () => dialog.close();
  dialog.append(
    el("div", { class: "lightbox-bar" },
      el("a", { class: "icon-button", href: url, download: download.name, "aria-label": t("download") }, icon("download")),
      iconButton("close", t("close"), close)),
    el("img", { src: url, alt: caption ?? t("photo") }),
    caption ? el("p", { class: "lightbox-caption" }, caption) : null ?? "",
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.matches("img, p")) close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
