// The page: what is asked stands in the address bar, the answers in a grid of cards that move.

import { item, items, motion, search, similar } from "./api.js";
import { Player, wantsStillness } from "./player.js";
import { Viewer } from "./viewer.js";
import { duration, plural, shortName } from "./words.js";

const EXAMPLES = [
  "a person waves with the left hand",
  "someone walks in a circle",
  "a person jumps twice",
  "somebody sits down",
  "a kick with the right leg",
  "running fast",
];
const TYPING_MILLISECONDS = 160;
const FIRST_HITS = 12;
const MOST_HITS = 100; // the service gives no more at once

const part = (name) => document.getElementById(name);
const [query, grid, more, notice] = ["query", "grid", "more", "notice"].map(part);
const state = { q: "", like: null, start: 0, k: FIRST_HITS };
let hits = [];
let running = null;
let typing = 0;
const cards = new Map();

const keyOf = (hit) => `${hit.id} ${hit.start_seconds}`;
const viewer = new Viewer({
  neighbours: (hit) => {
    const place = hits.findIndex((other) => keyOf(other) === keyOf(hit));
    return place < 0 ? [undefined, undefined] : [hits[place - 1], hits[place + 1]];
  },
  onShow: (hit) => writeAddress(hit),
  onLike: (hit) => {
    viewer.close();
    ask({ q: "", like: hit.id, start: hit.start_seconds });
    writeAddress(null, "push");
    scrollTo({ top: 0 });
  },
  onClose: () => writeAddress(null),
});

// Asks anew; what is not given stays, but every new question begins with the first hits.
async function ask(changes) {
  Object.assign(state, { k: FIRST_HITS }, changes);
  clearTimeout(typing);
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  if (document.activeElement !== query) query.value = state.q;
  const waiting = setTimeout(() => grid.classList.add("waiting"), 250);
  try {
    const answer = await answerOf(signal);
    notice.hidden = true;
    show(answer);
  } catch (error) {
    if (error.name === "AbortError") return;
    fail("That did not work", error.message);
  } finally {
    clearTimeout(waiting);
    if (!signal.aborted) grid.classList.remove("waiting");
  }
}

async function answerOf(signal) {
  if (state.like) {
    const [{ hits }, source] = await Promise.all([
      similar(state.like, state.start, state.k, signal),
      item(state.like),
    ]);
    return { hits, words: `Most like ${shortName(source.item).base}`, canClear: true };
  }
  const asked = state.q.trim();
  if (asked) {
    const { hits } = await search(asked, state.k, signal);
    return { hits, words: hits.length ? `The ${plural(hits.length, "motion")} most like “${asked}”` : "", canClear: true };
  }
  const { items: hits, total } = await items(state.k, signal);
  return { hits, words: total ? `${plural(total, "motion")} in the library` : "", total };
}

function show({ hits: found, words, canClear = false, total = MOST_HITS }) {
  hits = found;
  part("summary").textContent = words;
  part("clear").hidden = !canClear;
  more.hidden = hits.length < state.k || hits.length >= Math.min(total, MOST_HITS);
  const wanted = new Set(hits.map(keyOf));
  for (const [key, card] of cards) {
    if (wanted.has(key)) continue;
    card.player.remove();
    card.element.remove();
    cards.delete(key);
  }
  for (const [place, hit] of hits.entries()) {
    const key = keyOf(hit);
    if (!cards.has(key)) cards.set(key, newCard(hit));
    const card = cards.get(key);
    describe(card, hit);
    // A card that stays is not touched: moving it would take the focus away.
    if (grid.children[place] !== card.element) grid.insertBefore(card.element, grid.children[place] ?? null);
  }
  if (!hits.length) fail("The index is empty", "Fill it with: tmr index FOLDER -o INDEX, then start tmr serve again.");
}

function newCard(hit) {
  const element = part("card").content.cloneNode(true).firstElementChild;
  const button = element.querySelector(".card");
  const canvas = element.querySelector("canvas");
  const trouble = element.querySelector(".trouble");
  const card = { element, button, hit };
  const load = () =>
    motion(hit).then(
      (shown) => card.player.show(shown),
      (error) => {
        trouble.textContent = error.message;
        trouble.hidden = false;
      },
    );
  card.player = new Player(canvas, { onSeen: () => card.player.motion ?? load() });
  button.addEventListener("click", () => viewer.open(card.hit));
  if (wantsStillness()) {
    for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => (card.player.isPlaying = true));
    for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => (card.player.isPlaying = false));
  }
  return card;
}

function describe(card, hit) {
  card.hit = hit;
  const { base } = shortName(hit.item);
  const set = (selector, text) => (card.element.querySelector(selector).textContent = text);
  set(".name", base);
  set(".seconds", duration(hit));
  card.button.title = hit.item;
  const similarity = card.element.querySelector(".similarity");
  similarity.style.visibility = hit.similarity === undefined ? "hidden" : "";
  if (hit.similarity === undefined) return;
  set(".number", hit.similarity.toFixed(2));
  similarity.title = "Similarity: the cosine of question and motion, at most 1";
  card.element.querySelector(".bar span").style.width = `${100 * Math.max(0, hit.similarity)}%`;
}

function fail(title, text) {
  part("notice-title").textContent = title;
  part("notice-text").textContent = text;
  notice.hidden = false;
  more.hidden = true;
}

function writeAddress(hit, how = "replace") {
  const address = new URLSearchParams();
  if (state.q.trim()) address.set("q", state.q.trim());
  if (state.like) address.set("like", state.like);
  if (state.like && state.start) address.set("start", state.start);
  if (hit) address.set("view", hit.id);
  if (hit?.start_seconds) address.set("at", hit.start_seconds);
  const asked = address.toString();
  history[`${how}State`](null, "", asked ? `?${asked}` : location.pathname);
  document.title = state.q.trim() ? `${state.q.trim()} · Motion search` : "Motion search";
}

async function readAddress() {
  const address = new URLSearchParams(location.search);
  const [view, at] = [address.get("view"), Number(address.get("at")) || 0];
  query.value = address.get("q") ?? "";
  await ask({ q: query.value, like: address.get("like"), start: Number(address.get("start")) || 0 });
  if (!view) return viewer.close();
  const shown = hits.find((hit) => hit.id === view && hit.start_seconds === at);
  try {
    viewer.open(shown ?? (await item(view)));
  } catch (error) {
    fail("That motion is not here", error.message);
  }
}

function askTyped(how = "replace") {
  ask({ q: query.value, like: null, start: 0 });
  writeAddress(null, how);
}

function moveInGrid(event) {
  const all = [...grid.querySelectorAll(".card")];
  const place = all.indexOf(document.activeElement);
  const columns = Math.max(all.filter((card) => card.offsetTop === all[0].offsetTop).length, 1);
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (!step || place < 0) return;
  event.preventDefault();
  if (place + step < 0) query.focus();
  else all[Math.min(place + step, all.length - 1)].focus();
}

query.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(askTyped, TYPING_MILLISECONDS);
});
query.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") grid.querySelector(".card")?.focus();
  else if (event.key === "Escape" && query.value) {
    query.value = "";
    askTyped();
  } else return;
  event.preventDefault();
});
part("form").addEventListener("submit", (event) => {
  event.preventDefault();
  askTyped("push");
});
part("clear").addEventListener("click", () => {
  query.value = "";
  askTyped("push");
  query.focus();
});
part("retry").addEventListener("click", () => ask({}));
more.addEventListener("click", () => ask({ k: Math.min(state.k + FIRST_HITS, MOST_HITS) }));
grid.addEventListener("keydown", moveInGrid);
addEventListener("popstate", readAddress);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || viewer.isOpen || event.ctrlKey || event.metaKey || event.target === query) return;
  event.preventDefault();
  query.select();
  query.focus();
});

for (const example of EXAMPLES) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = example;
  button.addEventListener("click", () => {
    query.value = example;
    askTyped("push");
  });
  part("examples").append(button);
}
readAddress();
