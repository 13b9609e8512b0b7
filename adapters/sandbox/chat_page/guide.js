// Four steps for somebody who sees this for the first time. Each is ticked off as it happens; once put away, it stays away.

import { el, icon, iconButton, memory } from "./dom.js";
import { t } from "./texts.js";

const STEPS = ["guideStart", "guidePhoto", "guideTap", "guideVideo"];
const HIDDEN = "guide-hidden";

export class Guide {
  constructor() {
    this.steps = STEPS.map((key, index) => el("li", {}, el("span", { class: "step-number" }, el("b", {}, String(index + 1)), icon("check")), el("span", {}, t(key))));
    this.done = el("p", { class: "guide-done" }, icon("check"), t("guideDone"));
    const close = iconButton("close", t("hideGuide"), () => this.hide(), { "data-testid": "guide-close" });
    this.element = el("section", { class: "guide", "aria-label": t("guide"), "data-testid": "guide", hidden: memory.get(HIDDEN) === "yes" },
      el("b", { class: "guide-title" }, t("guide")), el("ol", {}, ...this.steps), this.done, close);
  }

  hide() {
    memory.set(HIDDEN, "yes");
    for (const guide of document.querySelectorAll(".guide")) guide.hidden = true;
  }

  /** What of it has happened in this chat. */
  show({ messages, user, tapped }) {
    const own = messages.filter((message) => message.from?.id === user.id);
    const video = messages.some((message) => message.video && message.from?.is_bot);
    const happened = [own.length > 0, own.some((message) => message.photo || message.document), tapped || video, video];
    const next = happened.indexOf(false);
    this.steps.forEach((step, index) => {
      step.classList.toggle("happened", happened[index]);
      step.classList.toggle("next", index === next);
    });
    this.element.classList.toggle("all-done", next === -1);
  }
}
