// Where one writes: the text, the files, the bot's commands, the message one answers.

import { el, icon, iconButton } from "./dom.js";
import { openMenu } from "./sheets.js";
import { t } from "./texts.js";

export class Composer {
  /** `act` is {text(text, replyTo) -> promise of whether it was sent, files(files, {asFile}), unblock()}. */
  constructor(act) {
    this.commands = [];
    this.act = act;
    this.replyTo = null;
    this.input = el("textarea", { rows: "1", placeholder: t("message"), "aria-label": t("message"), maxlength: "4096", enterkeyhint: "send", "data-testid": "composer" });
    this.photos = this.picker("image/*", { asFile: false, testid: "attach-input" });
    this.papers = this.picker(null, { asFile: true, testid: "attach-file-input" });
    this.send = el("button", { class: "round-send", "aria-label": t("send"), title: t("send"), "data-testid": "send", disabled: true }, icon("send"));
    this.panel = el("div", { class: "commands", role: "listbox", "aria-label": t("commands"), hidden: true });
    this.quote = el("div", { class: "replying", hidden: true });
    this.attach = iconButton("attach", t("attach"), () => this.openAttach(), { "data-testid": "attach", "aria-haspopup": "menu" });
    this.slash = iconButton("slash", t("commands"), () => this.toggleCommands(), { "data-testid": "commands", "aria-haspopup": "listbox", hidden: true });
    this.form = el("form", { class: "composer" }, this.panel, this.quote,
      el("div", { class: "composer-line" }, el("div", { class: "composer-box" }, this.slash, this.input, this.attach), this.send), this.photos, this.papers);
    this.unblock = el("button", { type: "button", class: "unblock", hidden: true, "data-testid": "unblock", onclick: () => act.unblock() }, t("unblock"));
    this.element = el("footer", { class: "composer-area" }, this.form, this.unblock);
    this.listen();
  }

  /** The bot's commands: [{command, description}]. */
  offer(commands) {
    this.commands = commands;
    this.slash.hidden = !commands.length;
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("input", () => this.changed());
    this.input.addEventListener("keydown", (event) => this.keyed(event));
    this.input.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.act.files(files, { asFile: !files.every((file) => file.type.startsWith("image/")) });
    });
    this.form.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.form.contains(relatedTarget)) this.showCommands([]);
    });
  }

  picker(accept, { asFile, testid }) {
    const input = el("input", { type: "file", multiple: true, accept, hidden: true, "data-testid": testid, "aria-label": t(asFile ? "asFile" : "asPhotos") });
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      if (files.length) this.act.files(files, { asFile });
    });
    return input;
  }

  openAttach() {
    openMenu(this.attach, [
      { icon: "photo", words: t("asPhotos"), act: () => this.photos.click(), testid: "attach-photos" },
      { icon: "file", words: t("asFile"), act: () => this.papers.click(), testid: "attach-files" },
    ]);
  }

  keyed(event) {
    if (event.isComposing) return;
    const entries = [...this.panel.children];
    const chosen = entries.findIndex((entry) => entry.classList.contains("chosen"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      this.showCommands([]);
      this.answer(null);
    } else if (entries.length && step) {
      event.preventDefault();
      entries[chosen]?.classList.remove("chosen");
      entries.at((chosen + step) % entries.length).classList.add("chosen");
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (chosen >= 0) entries[chosen].click();
      else this.submit();
    }
  }

  async submit() {
    const text = this.input.value.trim();
    if (!text) return;
    const replyTo = this.replyTo;
    this.write("");
    this.answer(null);
    if (!(await this.act.text(text, replyTo)) && !this.input.value) this.write(text);
    this.input.focus({ preventScroll: true });
  }

  write(text) {
    this.input.value = text;
    this.changed();
  }

  changed() {
    const { input } = this;
    this.send.disabled = !input.value.trim();
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 160)}px`;
    const begun = /^\/(\w*)$/.exec(input.value);
    this.showCommands(begun ? this.commands.filter(({ command }) => command.startsWith(begun[1])) : []);
  }

  toggleCommands() {
    this.showCommands(this.panel.hidden ? this.commands : []);
  }

  showCommands(commands) {
    this.panel.hidden = !commands.length;
    this.slash.setAttribute("aria-expanded", String(Boolean(commands.length)));
    this.panel.replaceChildren(...commands.map(({ command, description }) => {
      const onclick = () => {
        this.write("");
        this.showCommands([]);
        this.act.text(`/${command}`, null);
      };
      return el("button", { type: "button", role: "option", "data-command": command, onclick }, el("b", {}, `/${command}`), el("span", {}, description));
    }));
  }

  /** The next text answers this message; null: none. */
  answer(message, words = "") {
    this.replyTo = message?.message_id ?? null;
    this.quote.hidden = !message;
    if (!message) return;
    const leave = iconButton("close", t("cancel"), () => this.answer(null));
    this.quote.replaceChildren(icon("reply"), el("div", {}, el("b", {}, t("replyTo")), el("span", {}, words)), leave);
    this.input.focus();
  }

  block(blocked) {
    this.form.hidden = blocked;
    this.unblock.hidden = !blocked;
  }
}
