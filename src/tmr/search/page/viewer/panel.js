// The panel beside the stage: what is known of a motion, and ways to take it away.

import { fileAddress } from "../api.js";
import { make, part } from "../dom.js";
import { clock } from "./clock.js";

const UNITS = { speed: "m/s", distance: "m", fps: "fps", seconds: "s" };
const extent = part("viewer-extent");

export class Panel {
  constructor() {
    extent.addEventListener("change", () => this.showAddresses());
  }

  show(hit) {
    this.hit = hit;
    this.range = null;
    this.showRange(null);
    part("viewer-fields").replaceChildren(
      ...facts(hit).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    );
  }

  // What can be taken: the whole, and the part that is played, if one is.
  showRange(range) {
    const isChosen = this.range ? extent.value === "part" : true;
    this.range = range;
    const whole = make("option", { value: "whole" }, `Whole take, ${clock(this.hit.seconds)}`);
    const some = range && make("option", { value: "part" }, `Part, ${clock(range.start)} to ${clock(range.end)}`);
    extent.replaceChildren(...[whole, some].filter(Boolean));
    if (range && isChosen) extent.value = "part";
    this.showAddresses();
  }

  showAddresses() {
    const { hit, range } = this;
    const isPart = extent.value === "part";
    const { start, end } = isPart ? range : {};
    const rounded = isPart ? { start: start.toFixed(3), end: end.toFixed(3) } : {};
    for (const format of ["bvh", "npz"]) part(`viewer-${format}`).href = fileAddress(hit.id, { format, ...rounded });
    part("viewer-file").href = fileAddress(hit.id);
    for (const name of ["bvh", "npz", "file"]) part(`viewer-${name}`).hidden = !hit.has_file;
    // An original is given whole.
    part("viewer-file").hidden ||= isPart;
    extent.disabled = !hit.has_file;
  }
}

function facts(hit) {
  const folder = hit.item.split("/").slice(0, -1).join("/");
  const rows = [
    ["similarity", hit.similarity?.toFixed(3)],
    ["rank", hit.rank],
    ["file", hit.item.split("/").pop()],
    ["folder", folder],
    ["duration", `${clock(hit.seconds)} (${Math.round(hit.seconds * hit.fps)} frames at ${plain(hit.fps)} fps)`],
    ["skeleton", hit.skeleton],
    ...Object.entries(hit.fields ?? {}).filter(([name]) => name !== "folder").map(([name, value]) => [name.replaceAll("_", " "), written(name, value)]),
  ];
  return rows.filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => [name, String(value)]);
}

function written(name, value) {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "number") return value;
  return UNITS[name] ? `${plain(value)} ${UNITS[name]}` : plain(value);
}

const plain = (number) => String(Number(number.toPrecision(3)));
