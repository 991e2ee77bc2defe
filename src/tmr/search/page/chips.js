// The mix: what else the motion should show, or should not, as chips with weights before the box.

import { icon, make, part } from "./dom.js";
import { MOST_PARTS, splitMix } from "./question.js";
import { shortName } from "./words.js";

const STEPS = [0.25, 0.5, 0.75, 1, 1.5, 2];

export class Mix {
  // `state()` gives the question, `onChange(changes, how)` asks a new one, `nameOf(id)` gives an item's name.
  constructor({ state, onChange, nameOf }) {
    Object.assign(this, { state, onChange, nameOf, list: part("mix") });
    for (const [name, sign] of [["add", "+"], ["without", "-"]]) {
      part(name).addEventListener("click", () => this.begin(sign));
    }
  }

  // What stands in the box becomes chips, and a new part begins with a sign.
  begin(sign) {
    this.keepTyped();
    const query = part("query");
    query.value = sign === "-" ? "- " : "+ ";
    query.focus();
    query.setSelectionRange(2, 2);
  }

  // Makes chips of what stands in the box.
  keepTyped() {
    const { parts, text } = this.state();
    const typed = splitMix(text).map((one) => ({ kind: "text", ...one }));
    part("query").value = "";
    this.onChange({ parts: [...parts, ...typed].slice(0, MOST_PARTS), text: "" }, "push");
  }

  // Adds a part, or gives the one that is there its weight; one of the other sign takes it away.
  add(piece) {
    const { parts } = this.state();
    const isSame = (other) => other.kind === piece.kind && other.item === piece.item && other.text === piece.text && other.vector === piece.vector;
    this.onChange({ parts: [...parts.filter((other) => !isSame(other)), piece].slice(-MOST_PARTS) }, "push");
  }

  show({ parts }) {
    const focused = [...this.list.querySelectorAll("button")].indexOf(document.activeElement);
    this.list.hidden = !parts.length;
    this.list.replaceChildren(...parts.map((piece, place) => this.chip(piece, place)));
    const buttons = this.list.querySelectorAll("button");
    if (focused >= 0) (buttons[Math.min(focused, buttons.length - 1)] ?? part("query")).focus();
  }

  chip(piece, place) {
    const words = make("span", { class: "words" }, piece.text ?? piece.name ?? "…");
    if (piece.kind === "item") this.nameOf(piece.item).then((name) => (words.textContent = shortName(name).base), () => (words.textContent = "an item that is gone"));
    const change = (changed) => {
      const parts = this.state().parts.flatMap((other, otherPlace) => (otherPlace === place ? changed : [other]));
      this.onChange({ parts }, "push");
    };
    const away = piece.weight < 0;
    const step = (by) => {
      const now = STEPS.reduce((best, one, i) => (Math.abs(one - Math.abs(piece.weight)) < Math.abs(STEPS[best] - Math.abs(piece.weight)) ? i : best), 0);
      const size = STEPS[Math.min(Math.max(now + by, 0), STEPS.length - 1)];
      change([{ ...piece, weight: away ? -size : size }]);
    };
    const button = (name, label, onclick) => make("button", { type: "button", "aria-label": `${label}: ${words.textContent}`, title: label, onclick }, name);
    return make(
      "li", { class: `chip ${away ? "away" : ""}` },
      button(away ? "without" : "with", away ? "Turn into with" : "Turn into without", () => change([{ ...piece, weight: -piece.weight }])),
      { text: null, item: icon("like"), file: icon("file") }[piece.kind],
      words,
      button("−", "Less weight", () => step(-1)),
      make("span", { class: "weight", title: "Weight" }, `×${Math.abs(piece.weight)}`),
      button("+", "More weight", () => step(1)),
      button(icon("close"), "Remove", () => change([])),
    );
  }
}
