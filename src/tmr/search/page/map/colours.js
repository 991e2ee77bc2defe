// What colour each point has, and the legend that says what the colours mean.

import { make } from "../dom.js";

const OTHER = 254;
const NONE = 255;
const STEPS = 200;
const VALUES = 7;

const custom = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// The colours of the theme, as numbers: the ground, a colour for each code, and what is faded.
export function lookOf(colours) {
  const [ground, plain, soft] = ["--map-ground", "--map-plain", "--map-other"].map((name) => rgb(custom(name)));
  const points = new Array(256).fill(soft);
  if (!colours) points.fill(plain);
  else if (colours.kind === "number") {
    const ramp = [0, 1, 2, 3, 4].map((step) => rgb(custom(`--map-scale-${step}`)));
    for (let step = 0; step <= STEPS; step++) points[step] = between(ramp, step / STEPS);
  } else {
    for (let value = 0; value < VALUES; value++) points[value] = rgb(custom(`--map-${value}`));
  }
  return { ground, points, faded: soft };
}

function between(ramp, share) {
  const place = Math.min(share * (ramp.length - 1), ramp.length - 1.001);
  const step = Math.floor(place);
  return ramp[step].map((channel, i) => Math.round(channel + (ramp[step + 1][i] - channel) * (place - step)));
}

const probe = document.createElement("canvas").getContext("2d");

function rgb(colour) {
  probe.fillStyle = colour;
  return [1, 3, 5].map((from) => parseInt(probe.fillStyle.slice(from, from + 2), 16));
}

// Fills the legend; what has no colour of its own is named too.
export function fillLegend(list, colours) {
  list.replaceChildren(...(colours ? (colours.kind === "number" ? scale(colours) : values(colours)) : []));
  list.hidden = !colours;
}

function values({ values: told, codes }) {
  const rows = told.map(([text, count], place) => row(`var(--map-${place})`, text, count));
  const others = [
    [OTHER, "other"],
    [NONE, "not known"],
  ].map(([code, words]) => [words, codes.reduce((sum, one) => sum + (one === code), 0)]);
  return [...rows, ...others.filter(([, count]) => count).map(([words, count]) => row("var(--map-other)", words, count))];
}

function row(colour, text, count) {
  const dot = make("span", { class: "map-dot" });
  dot.style.background = colour;
  return make("li", {}, dot, make("span", {}, text), make("small", {}, count.toLocaleString("en")));
}

function scale({ lowest, highest }) {
  const told = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
  return [make("li", { class: "map-scale" }, make("span", {}, told(lowest)), make("i"), make("span", {}, told(highest)))];
}
