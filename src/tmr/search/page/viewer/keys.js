// The list of the viewer's keys.

import { make } from "../dom.js";

const WRITTEN = { " ": "Space", ArrowLeft: "←", ArrowRight: "→" };

export function listKeys(list, table) {
  const rows = table.map(({ keys, words }) =>
    make("div", {}, make("dt", {}, ...keys.map((key) => make("kbd", {}, WRITTEN[key] ?? key))), make("dd", {}, words)),
  );
  const onStage = make("div", {}, make("dt", {}, make("kbd", {}, "← ↑ → ↓")), make("dd", {}, "on the figure: turn, with Shift move; + and - come closer"));
  list.replaceChildren(...rows, onStage);
}
