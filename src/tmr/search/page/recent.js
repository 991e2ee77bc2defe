// What was asked last, in this browser, and sentences to begin with.

import { icon, kept, make, part } from "./dom.js";

const MOST = 8;
const EXAMPLES = [
  "a person waves with the left hand",
  "someone walks in a circle",
  "a person jumps twice",
  "somebody sits down",
  "a kick with the right leg",
  "a person walks + waving - with the left hand",
];

export class Recent {
  // `onAsk(text)` asks a sentence or a mix as it would be typed.
  constructor({ onAsk }) {
    this.onAsk = onAsk;
    this.texts = kept.get("recent", []).filter((text) => typeof text === "string");
    this.show();
  }

  add(text) {
    const asked = text.trim();
    if (!asked || this.texts[0] === asked) return;
    // What was only a step on the way of typing is replaced by where it led.
    const others = this.texts.filter((other) => other !== asked && !asked.startsWith(other));
    this.set([asked, ...others].slice(0, MOST));
  }

  set(texts) {
    this.texts = texts;
    kept.set("recent", texts);
    this.show();
  }

  show() {
    const suggest = (text) => make("button", { type: "button", onclick: () => this.onAsk(text) }, text);
    part("examples").replaceChildren(...EXAMPLES.map(suggest));
    part("recent").hidden = !this.texts.length;
    const forget = make("button", { type: "button", class: "forget", title: "Forget what was asked", "aria-label": "Forget what was asked", onclick: () => {
      this.set([]);
      part("query").focus();
    } }, icon("close"));
    part("recent").replaceChildren(make("span", { class: "soft" }, "Asked last"), ...this.texts.map(suggest), forget);
  }
}
