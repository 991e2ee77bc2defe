// What the keyboard does anywhere on the page, and the list of it.

import { make, part } from "./dom.js";

const ALSO = [
  ["← ↑ → ↓", "from motion to motion"],
  ["Enter", "open; in the box: make chips of + and -"],
  ["Esc", "close; in the box: empty it"],
];

export class Keys {
  // `actions` maps a key to { words, run() }; `isBusy()` is whether a dialog has the keyboard.
  constructor(actions, isBusy) {
    const dialog = part("help");
    const rows = [...Object.entries(actions).map(([key, { words }]) => [key, words]), ...ALSO];
    part("help-list").replaceChildren(
      ...rows.map(([key, words]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, words))),
    );
    part("help-close").addEventListener("click", () => dialog.close());
    part("help-button").addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    addEventListener("keydown", (event) => {
      const { key, target } = event;
      const isTyping = target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping || isBusy()) return;
      if (!Object.hasOwn(actions, key)) return;
      event.preventDefault();
      actions[key].run();
    });
  }
}
