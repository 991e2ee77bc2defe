// The names of regions: as many as have room, the widest first, more as one comes closer. Each is a button that goes there.

import { make } from "../dom.js";
import { MOST_RANKS } from "./marks.js";

const MOST = 60;
const FONTS = ["650 16px", "600 14px", "550 13px", "500 12px"];
const ROOM = 6; // pixels between two names
// How far a name stands above the middle of its region; the next where a hit's rank is in the way.
const LIFTS = [10, -32, 32, -54, 54];
const RANK = 9; // the radius of a hit's plate with its rank, pixels

const pen = document.createElement("canvas").getContext("2d");

export class Names {
  // `onGo(label)` is called when a name is chosen.
  constructor(place, onGo) {
    Object.assign(this, { place, onGo, labels: [], buttons: new Map() });
  }

  set(labels) {
    this.place.replaceChildren();
    this.buttons.clear();
    const family = getComputedStyle(this.place).fontFamily;
    this.labels = labels.map((label) => {
      pen.font = `${FONTS[label.level]} ${family}`;
      return { ...label, width: pen.measureText(label.text).width + 8, height: 24 - 2 * label.level };
    });
  }

  // Puts every name that is in sight and has room where it belongs; a name that has the focus always has room. No name
  // stands over the rank of a hit.
  draw(sight, hits = []) {
    const deepest = 1.4 + 1.3 * Math.log2(Math.max(sight.zoom, 1));
    const ranks = hits.filter(({ rank }) => rank <= MOST_RANKS).map((hit) => plateOf(hit, sight));
    const taken = [];
    const shown = new Set();
    const focused = this.labels.find((label) => this.buttons.get(label) === document.activeElement);
    for (const label of focused ? [focused, ...this.labels] : this.labels) {
      if (shown.size === MOST) break;
      if (shown.has(label) || (label.level > deepest && label !== focused)) continue;
      const isFree = (box) => !isAway(box, sight) && ![...ranks, ...taken].some((other) => overlap(box, other));
      const boxes = LIFTS.map((lift) => boxOf(label, sight, lift));
      const box = boxes.find(isFree) ?? (label === focused ? boxes[0] : null);
      if (!box) continue;
      taken.push(box);
      shown.add(label);
      this.button(label).style.transform = `translate(${Math.round(box.left)}px, ${Math.round(box.top)}px)`;
    }
    for (const [label, button] of this.buttons) {
      if (shown.has(label)) continue;
      button.remove();
      this.buttons.delete(label);
    }
  }

  button(label) {
    if (!this.buttons.has(label)) {
      const told = `${label.text}, ${label.count} motions${label.guessed ? ", named by how they look" : ""}`;
      const button = make("button", { type: "button", class: `map-name level-${label.level}`, title: told }, label.text);
      button.classList.toggle("guessed", label.guessed);
      button.addEventListener("click", () => this.onGo(label));
      this.buttons.set(label, button);
      this.place.append(button);
    }
    return this.buttons.get(label);
  }
}

function plateOf({ x, y }, sight) {
  const [left, top] = [sight.left(x), sight.top(y)];
  return { left: left - RANK, right: left + RANK, top: top - RANK, bottom: top + RANK };
}

const isAway = (box, sight) => box.right < 0 || box.left > sight.width || box.bottom < 0 || box.top > sight.height;

function boxOf(label, sight, lift) {
  const [middle, base] = [sight.left(label.x), sight.top(label.y) - lift];
  let left = middle - label.width / 2;
  // A name whose place is in sight is not cut off by the edge.
  if (middle >= 0 && middle <= sight.width) left = Math.max(Math.min(left, sight.width - label.width - 2), 2);
  return { left, right: left + label.width, top: base - label.height, bottom: base };
}

const overlap = (one, other) =>
  one.left < other.right + ROOM && other.left < one.right + ROOM && one.top < other.bottom + 2 && other.top < one.bottom + 2;
