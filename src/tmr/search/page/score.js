// What a similarity means: measured words for sentences, and where it stands among the whole library.

import { make } from "./dom.js";

export const FEW = 20; // motions that are too few to be a measure

// The word for a similarity between a sentence and a motion, by limits that were measured for the model.
export function bandOf(similarity, bands) {
  if (!bands) return null;
  if (similarity >= bands.strong) return "strong";
  return similarity >= bands.fair ? "fair" : "weak";
}

// The share of the library that is less like the question than this similarity, from 0 to 1.
export function shareBelow(similarity, { counts, items }) {
  const place = ((similarity + 1) / 2) * counts.length;
  const bin = Math.min(Math.floor(place), counts.length - 1);
  const whole = counts.slice(0, bin).reduce((sum, count) => sum + count, 0);
  return items ? Math.min((whole + counts[bin] * (place - bin)) / items, 1) : 0;
}

// How far a similarity reaches from what half of the library has to the best there is, from 0 to 1. Half of a few motions
// may show what was asked for, so among them the similarity itself counts.
export function reach(similarity, { items, median, highest }) {
  if (items < FEW) return Math.max(0, similarity);
  return highest > median ? Math.min(Math.max((similarity - median) / (highest - median), 0), 1) : 1;
}

// The whole truth about a similarity, for a tooltip.
export function explain(hit, { spread, bands, total }) {
  const lines = [`Similarity ${hit.similarity.toFixed(2)}: the cosine of question and motion, at most 1`];
  if (hit.rank) lines.push(`Place ${hit.rank.toLocaleString("en")} of ${total.toLocaleString("en")}`);
  if (spread) {
    lines.push(`Half of the library reaches ${spread.median.toFixed(2)} for this question, the best ${spread.highest.toFixed(2)}`);
  }
  const meaning = {
    strong: "Strong: with this model nine of ten best hits of this similarity or more were right",
    fair: "Fair: with this model half of the best hits of this similarity or more were right",
    weak: "Weak: most best hits of so little similarity were wrong",
  }[bandOf(hit.similarity, bands)];
  if (meaning) lines.push(`${meaning} (measured on ${bands.queries} sentences)`);
  return lines.join("\n");
}

// A small picture of the library's similarities: a column for each range, those that are shown in full colour.
export function histogram({ counts, items }, lowestShown) {
  const [first, last] = [counts.findIndex(Boolean), counts.findLastIndex(Boolean)];
  const [width, height] = [4 * (last - first + 1), 24];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("aria-hidden", "true");
  const most = Math.sqrt(Math.max(...counts));
  for (let bin = first; bin <= last; bin++) {
    // The root lets a single motion be seen beside thousands.
    const tall = counts[bin] ? Math.max(2, (Math.sqrt(counts[bin]) / most) * height) : 0;
    const column = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const box = { x: 4 * (bin - first), y: height - tall, width: 3, height: tall, rx: 1 };
    for (const [name, value] of Object.entries(box)) column.setAttribute(name, value);
    column.classList.toggle("shown", (2 * (bin + 1)) / counts.length - 1 > lowestShown);
    svg.append(column);
  }
  const title = `How similar ${items.toLocaleString("en")} motions are to the question, the shown ones in dark`;
  return make("span", { class: "histogram", title, role: "img", "aria-label": title }, svg);
}
