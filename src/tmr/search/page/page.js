// The page: one question, written in the address bar and answered in a grid of cards that move.

import * as api from "./api.js";
import { Basket } from "./basket.js";
import { Mix } from "./chips.js";
import { announce, make, part } from "./dom.js";
import { Drop } from "./drop.js";
import { Filters } from "./filters.js";
import { Grid, keyOf } from "./grid.js";
import { Keys } from "./keys.js";
import { Notice } from "./notice.js";
import { emptyQuestion, fromAddress, isBrowsing, isMix, isSentence, piecesOf, splitMix, toAddress, whereOf } from "./question.js";
import { Recent } from "./recent.js";
import { FEW, histogram } from "./score.js";
import { Search } from "./search.js";
import { Viewer } from "./viewer.js";
import { plural, shortName } from "./words.js";

const TYPING_MILLISECONDS = 160;
const query = part("query");
let question = emptyQuestion();
// What is looked at beside the hits: one hit, two of them, or the map.
let looked = {};
let library = null;
let typing = 0;

const names = new Map();
// An item's name by its id, asked for once.
function nameOf(id) {
  const known = grid.hits.find((hit) => hit.id === id)?.item;
  if (known) names.set(id, Promise.resolve(known));
  if (!names.has(id)) names.set(id, api.item(id).then((found) => found.item));
  return names.get(id);
}

const grid = new Grid(part("grid"), { onOpen: open, onLike: like, onSelect: showSelection });
const notice = new Notice({ onRetry: () => ask({}), onDrop: (without) => filters.drop(without) });
const mix = new Mix({ state: () => question, onChange: change, nameOf });
const filters = new Filters({ state: () => question, onChange: change });
const recent = new Recent({
  onAsk: (text) => change({ text, parts: [] }, "push"),
});
const basket = new Basket({ onOpen: open, onCompare: compare, onChange: () => viewer?.refresh?.() });
const search = new Search();
new Drop({ onFile: (piece) => (isMix(question) ? mix.add(piece) : change({ text: "", parts: [piece] }, "push")) });
const viewer = new Viewer({
  neighbours: (hit) => grid.neighbours(hit),
  onShow: (hit) => look({ view: hit }),
  onClose: () => looked.view && look({}),
  actions: [
    { name: "like", label: "More like this", icon: "like", run: (hit) => like(hit, 1) },
    { name: "keep", label: "Keep in the basket", icon: "basket", run: (hit) => basket.toggle(hit), isOn: (hit) => basket.has(hit) },
    { name: "compare", label: "Compare", icon: "compare", run: compareWithSelected, isOn: (hit) => grid.selected.has(keyOf(hit)) },
  ],
});

// Changes the question, asks it, and writes it down. `how` is "push" for what the back button should undo.
function change(changes, how = "replace") {
  ask(changes);
  writeAddress(how);
}

let asks = 0;

async function ask(changes) {
  asks += 1;
  question = { ...question, ...changes };
  clearTimeout(typing);
  if (document.activeElement !== query || "parts" in changes) query.value = question.text;
  mix.show(question);
  filters.show(question);
  part("suggestions").hidden = !isBrowsing(question) || filters.isOpen;
  part("clear").hidden = isBrowsing(question);
  notice.clearWaiting();
  await search.ask(question, {
    onWaiting: () => grid.showSkeletons(12),
    onAnswer: show,
    onFailure: fail,
    onEnd: () => grid.endWaiting(),
  });
}

// What is still shown answers an older question.
function fail(error) {
  if (grid.hits.length) grid.list.classList.add("waiting");
  notice.fail(error, { hasHits: grid.hits.length > 0, where: question.where });
}

async function show(answer) {
  const { hits, total, spread, isFirst, hasMore } = answer;
  notice.hide();
  const bands = isSentence(question) ? library?.bands : null;
  grid.show(hits, { spread, bands, total });
  filters.show(question, total);
  part("more").hidden = !hasMore;
  part("histogram").replaceChildren(...(spread?.items >= FEW && hits.length ? [histogram(spread, Math.min(...hits.map((hit) => hit.similarity)))] : []));
  const words = await summaryOf(answer);
  part("summary").textContent = words;
  part("advice").hidden = !(bands && isFirst && hits.length && hits[0].similarity < bands.fair);
  part("advice").textContent = "Nothing here is a clear match: perhaps the library does not show this, or other words find it.";
  if (isFirst) announce(words);
  if (!hits.length) notice.nothing(question, total);
}

async function summaryOf({ hits, total, readAs, notEnglish, unknownWords }) {
  const all = question.where || Object.keys(question.ranges).length || Object.keys(question.values).length ? "pass the filters" : "in the library";
  if (isBrowsing(question)) return total ? `${plural(total, "motion")} ${all}` : "";
  if (!hits.length) return "";
  const [piece, ...others] = piecesOf(question);
  const found = question.moments === "apart" ? `${plural(hits.length, "hit")} in` : `${hits.length.toLocaleString("en")} of`;
  const count = `${found} ${plural(total, "motion")}`;
  if (others.length || piece.weight < 0) return `${count}, most like the mix first`;
  if (piece.kind === "text") {
    const asides = [];
    if (readAs[piece.text]) asides.push(`read as “${readAs[piece.text]}”`);
    if (notEnglish.includes(piece.text)) asides.push("no English word, and the model knows no others: hits mean little");
    for (const word of unknownWords[piece.text] ?? []) asides.push(`“${word}” is in no caption that the model learnt from: hits for it are guesses`);
    return `${count}, most like “${piece.text}” ${asides.length ? `(${asides.join("; ")}) ` : ""}first`;
  }
  const name = piece.kind === "file" ? piece.name : await nameOf(piece.item).catch(() => "an item that is gone");
  return `${count}, most like ${shortName(name).base} first`;
}

function like(hit, weight) {
  viewer.close();
  const piece = { kind: "item", item: hit.id, start: hit.start_seconds, weight: weight > 0 ? 1 : -0.5 };
  names.set(hit.id, Promise.resolve(hit.item));
  if (weight < 0 || isMix(question)) {
    const typed = splitMix(question.text).map((one) => ({ kind: "text", ...one }));
    question = { ...question, text: "", parts: [...question.parts, ...typed] };
    query.value = "";
    mix.add(piece);
  } else change({ text: "", parts: [piece] }, "push");
  scrollTo({ top: 0 });
}

function open(hit) {
  viewer.open(hit);
}

async function compare(one, other) {
  const { Comparison } = await api.load("compare.js");
  comparison ??= Object.assign(new Comparison(), { onClose: () => look({}) });
  viewer.close();
  comparison.open(one, other);
  look({ compare: [one, other] });
}
let comparison = null;

function compareSelected() {
  compare(...grid.selected.values()).catch((error) => toast(error.message));
}

// Compares a hit with the one that is selected; without one it is selected itself, to be compared with the next.
function compareWithSelected(hit) {
  const [other] = [...grid.selected.values()].filter((selected) => keyOf(selected) !== keyOf(hit));
  if (other) return compare(other, hit).catch((error) => toast(error.message));
  grid.toggle(hit);
  toast(grid.selected.size ? "Now choose the motion to compare it with" : "");
  viewer.refresh?.();
}

async function openMap() {
  const { MapView } = await api.load("map.js");
  mapView ??= new MapView({
    section: part("map"),
    onOpen: open,
    onLike: (hit) => closeMap() || like(hit, 1),
    onSelect: selectItems,
    onClose: () => look({}),
  });
  const opening = mapView.open({ highlight: isBrowsing(question) ? [] : grid.hits, where: whereOf(question) });
  look({ map: true });
  await opening;
}
let mapView = null;

// Selects what a rectangle on the map holds, as if each had been ticked.
async function selectItems(ids) {
  if (!ids.length) return;
  try {
    const hits = await Promise.all(ids.map((id) => api.item(id)));
    closeMap();
    for (const hit of hits) grid.toggle(hit, true);
  } catch (error) {
    toast(error.message);
  }
}

function closeMap() {
  mapView?.close();
  look({});
}

function look(what, how = "replace") {
  looked = { ...(mapView?.isOpen ? { map: true } : {}), ...what };
  writeAddress(how);
}

function showSelection() {
  const count = grid.selected.size;
  part("selection").hidden = !count;
  part("selection-count").textContent = `${count} selected`;
  part("selection-compare").disabled = count !== 2;
  announce(`${count} selected`);
}

function writeAddress(how = "replace") {
  const address = toAddress(question);
  const mark = (name, hit) => {
    address.append(name, hit.id);
    address.append("at", hit.start_seconds);
  };
  if (looked.view) mark("view", looked.view);
  for (const hit of looked.compare ?? []) mark("compare", hit);
  if (looked.map) address.set("map", "1");
  const asked = address.toString();
  const now = asked ? `?${asked}` : location.pathname;
  if (now !== (location.search || location.pathname)) history[`${how}State`](null, "", now);
  document.title = question.text.trim() ? `${question.text.trim()} · Motion search` : "Motion search";
}

async function readAddress() {
  const address = new URLSearchParams(location.search);
  const read = fromAddress(address);
  query.value = read.text;
  const [before, shown] = [asks, query.value];
  await useIndex(read.index);
  // Who types while the page comes up has asked something newer than the address.
  if (asks !== before || query.value !== shown) return;
  // What an earlier version of the page wrote.
  const like = address.get("like");
  if (like) read.parts.push({ kind: "item", item: like, start: Number(address.get("start")) || 0, weight: 1 });
  await ask(read);
  const starts = address.getAll("at").map(Number);
  const asked = [...address.getAll("view"), ...address.getAll("compare")].slice(0, 2);
  try {
    const hits = await Promise.all(asked.map((id, place) => hitOf(id, starts[place] || 0)));
    if (address.has("view")) viewer.open(hits[0]);
    else viewer.close();
    if (address.has("compare") && hits.length === 2) await compare(...hits);
    else comparison?.close();
    if (address.has("map")) await openMap();
    else if (mapView?.isOpen) closeMap();
  } catch (error) {
    notice.fail(new api.ServiceError(error.message, error.status ?? -1), { title: "That motion is not here", hasHits: false });
  }
}

async function hitOf(id, start) {
  return grid.hits.find((hit) => hit.id === id && Math.abs(hit.start_seconds - start) < 0.01) ?? api.item(id);
}

let all = [];
async function useIndex(name) {
  api.useIndex(name);
  try {
    all = all.length ? all : (await api.indexes()).indexes;
  } catch {
    return; // The search that follows says what is wrong.
  }
  library = all.find((one) => one.name === (name ?? all[0].name)) ?? null;
  basket.use(all.length > 1 ? library?.name : null);
  part("index-label").hidden = all.length < 2;
  part("index").replaceChildren(...all.map((one) => make("option", { value: one.name }, `${one.name} (${one.items.toLocaleString("en")})`)));
  part("index").value = library?.name ?? "";
  showAbout();
}

// No search waits for it, nor fails with it.
async function showAbout() {
  if (!library) return;
  const health = await api.health().catch(() => null);
  if (!health) return;
  const licence = library.licence?.toUpperCase().replaceAll("-", " ").replace("CC BY NC", "CC BY-NC");
  const words = [`tmr ${health.version}`, plural(library.items, "motion"), `model ${library.model} (${library.checkpoint.slice(0, 6)})`];
  if (licence) words.push(`weights ${licence}${/\bnc\b/i.test(library.licence) ? ": not for commercial use" : ""}`);
  part("about").textContent = words.join(" · ");
}

let toasting = 0;
function toast(text, seconds = 3) {
  clearTimeout(toasting);
  part("toast").textContent = text;
  part("toast").hidden = !text;
  toasting = setTimeout(() => (part("toast").hidden = true), 1000 * seconds);
}

function listen() {
  query.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ text: query.value }), TYPING_MILLISECONDS);
  });
  query.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") grid.focusFirst();
    else if (event.key === "Escape" && query.value) {
      query.value = "";
      change({ text: "" });
    } else if (event.key === "Backspace" && !query.value && question.parts.length) {
      change({ parts: question.parts.slice(0, -1) }, "push");
    } else return;
    event.preventDefault();
  });
  query.addEventListener("blur", () => recent.add(question.text));
  part("form").addEventListener("submit", (event) => {
    event.preventDefault();
    question = { ...question, text: query.value };
    recent.add(query.value);
    if (isMix(question)) mix.keepTyped();
    else change({}, "push");
  });
  part("clear").addEventListener("click", () => {
    query.value = "";
    change({ text: "", parts: [] }, "push");
    query.focus();
  });
  part("more").addEventListener("click", () => search.more(question, { onAnswer: show, onFailure: (error) => toast(error.message) }));
  part("index").addEventListener("change", async ({ target }) => {
    grid.clearSelection();
    await useIndex(target.value);
    // Items and fields of one library mean nothing in another.
    const parts = question.parts.filter((piece) => piece.kind !== "item");
    change({ ...emptyQuestion(), text: question.text, parts, index: target.value }, "push");
    if (filters.isOpen) filters.load();
  });
  part("map-button").addEventListener("click", () => (mapView?.isOpen ? closeMap() : openMap().catch((error) => toast(error.message))));
  part("selection-compare").addEventListener("click", compareSelected);
  part("selection-keep").addEventListener("click", keepSelected);
  part("selection-like").addEventListener("click", () => {
    const parts = [...grid.selected.values()].map((hit) => ({ kind: "item", item: hit.id, start: hit.start_seconds, weight: 1 }));
    grid.clearSelection();
    change({ text: "", parts }, "push");
  });
  part("selection-clear").addEventListener("click", () => {
    grid.clearSelection();
    grid.focusFirst();
  });
  addEventListener("popstate", readAddress);
  document.addEventListener("servicewait", ({ detail }) =>
    toast(`The service has too much to do; trying again in ${plural(Math.ceil(detail.seconds), "second")}`, detail.seconds + 0.5),
  );
}

function keepSelected() {
  const hits = [...grid.selected.values()];
  basket.keep(hits);
  grid.clearSelection();
  toast(`${plural(hits.length, "motion")} put into the basket`);
}

new Keys(
  {
    "/": { words: "search", run: () => query.focus() || query.select() },
    f: { words: "filters", run: () => filters.toggle() },
    x: { words: "select the motion", run: () => grid.focused && grid.toggle(grid.focused) },
    c: { words: "compare the two that are selected", run: () => grid.selected.size === 2 && compareSelected() },
    k: { words: "keep the motion, or what is selected, in the basket", run: () => (grid.selected.size ? keepSelected() : grid.focused && basket.toggle(grid.focused)) },
    l: { words: "more like the motion", run: () => grid.focused && like(grid.focused, 1) },
    b: { words: "basket", run: () => basket.open() },
    m: { words: "map of the library", run: () => part("map-button").click() },
    t: { words: "light, dark, as the system", run: () => part("theme").click() },
    "?": { words: "this list", run: () => part("help").showModal() },
  },
  () => document.querySelector("dialog:modal") !== null,
);
listen();
readAddress();
