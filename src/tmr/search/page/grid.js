// The grid of cards: a motion that moves, what it is called, and what its similarity means.

import { item, motion } from "./api.js";
import { make, part } from "./dom.js";
import { Player, wantsStillness } from "./player.js";
import { bandOf, explain, reach } from "./score.js";
import { duration, plural, shortName } from "./words.js";

export const keyOf = (hit) => `${hit.id} ${hit.start_seconds} ${hit.parts?.length ?? 0}`;

export class Grid {
  // `onOpen(hit)`, `onLike(hit, weight)` and `onSelect()` are told what happens.
  constructor(list, { onOpen, onLike, onSelect }) {
    Object.assign(this, { list, onOpen, onLike, onSelect, cards: new Map(), hits: [], selected: new Map() });
    list.addEventListener("keydown", (event) => this.moveFocus(event));
  }

  // Shows hits, best first; cards that stay are not touched: moving one would take the focus away.
  show(hits, meaning = {}) {
    this.hits = hits;
    this.meaning = meaning;
    this.list.querySelectorAll(".skeleton").forEach((skeleton) => skeleton.remove());
    const wanted = new Set(hits.map(keyOf));
    for (const [key, card] of this.cards) {
      if (wanted.has(key)) continue;
      card.player.remove();
      card.element.remove();
      this.cards.delete(key);
    }
    for (const [place, hit] of hits.entries()) {
      const key = keyOf(hit);
      if (!this.cards.has(key)) this.cards.set(key, this.newCard(hit));
      const card = this.cards.get(key);
      this.describe(card, hit);
      const there = this.list.children[place] ?? null;
      if (there !== card.element) this.list.insertBefore(card.element, there);
    }
  }

  // Grey places while the first answer is awaited.
  showSkeletons(count) {
    if (this.list.children.length) return this.list.classList.add("waiting");
    for (let i = 0; i < count; i++) this.list.append(make("li", { class: "tile skeleton", "aria-hidden": "true" }));
  }

  endWaiting() {
    this.list.classList.remove("waiting");
    this.list.querySelectorAll(".skeleton").forEach((skeleton) => skeleton.remove());
  }

  neighbours(hit) {
    const place = this.hits.findIndex((other) => keyOf(other) === keyOf(hit));
    return place < 0 ? [undefined, undefined] : [this.hits[place - 1], this.hits[place + 1]];
  }

  // The hit whose card has the focus, or else is under the pointer.
  get focused() {
    const tile = document.activeElement?.closest(".tile") ?? this.list.querySelector(".tile:hover");
    return [...this.cards.values()].find((card) => card.element === tile)?.hit ?? null;
  }

  toggle(hit, isOn = !this.selected.has(keyOf(hit))) {
    if (isOn) this.selected.set(keyOf(hit), hit);
    else this.selected.delete(keyOf(hit));
    const card = this.cards.get(keyOf(hit));
    if (card) markSelected(card, isOn);
    this.onSelect();
  }

  clearSelection() {
    for (const hit of [...this.selected.values()]) this.toggle(hit, false);
  }

  focusFirst() {
    this.list.querySelector(".card")?.focus();
  }

  newCard(hit) {
    const element = part("card").content.cloneNode(true).firstElementChild;
    const [button, trouble] = [".card", ".trouble"].map((selector) => element.querySelector(selector));
    const card = { element, button, hit };
    const load = () =>
      motion(card.hit).then(
        (shown) => card.player.show(shown),
        (error) => {
          trouble.textContent = error.message;
          trouble.hidden = false;
        },
      );
    card.player = new Player(element.querySelector("canvas"), { onSeen: () => card.player.motion ?? load() });
    button.addEventListener("click", () => this.onOpen(card.hit));
    element.querySelector(".like").addEventListener("click", () => this.onLike(card.hit, 1));
    element.querySelector(".unlike").addEventListener("click", () => this.onLike(card.hit, -1));
    element.querySelector(".pick input").addEventListener("change", ({ target }) => this.toggle(card.hit, target.checked));
    if (wantsStillness()) playWhileTouched(card);
    return card;
  }

  describe(card, hit) {
    card.hit = hit;
    const { element } = card;
    const { base } = shortName(hit.item);
    const set = (selector, text) => (element.querySelector(selector).textContent = text);
    set(".name", base);
    set(".seconds", hit.parts?.length > 1 ? plural(hit.parts.length, "moment") : duration(hit));
    card.button.title = hit.item;
    for (const [selector, words] of [[".like", "More like"], [".unlike", "Less like"]]) {
      element.querySelector(selector).setAttribute("aria-label", `${words} ${base}`);
    }
    element.querySelector(".pick input").setAttribute("aria-label", `Select ${base}`);
    markSelected(card, this.selected.has(keyOf(hit)));
    showScore(element.querySelector(".similarity"), hit, this.meaning);
    this.showParts(element.querySelector(".parts"), hit);
    this.showFolded(element, hit);
  }

  // The segments of a take that answer the question: a line for the take, a button for each segment.
  showParts(line, hit) {
    line.hidden = !(hit.parts?.length > 1);
    line.replaceChildren();
    if (line.hidden) return;
    for (const one of hit.parts) {
      const title = `${duration({ ...hit, ...one })}, similarity ${one.similarity.toFixed(2)}`;
      const button = make("button", { type: "button", title, "aria-label": `Moment ${title}`, onclick: () => this.onOpen({ ...hit, ...one }) });
      button.style.left = `${(100 * one.start_seconds) / hit.seconds}%`;
      button.style.width = `${(100 * (one.end_seconds - one.start_seconds)) / hit.seconds}%`;
      line.append(button);
    }
  }

  // How many near duplicates stand under a card, and on demand which.
  showFolded(element, hit) {
    const [button, list] = [".alike", ".folded"].map((selector) => element.querySelector(selector));
    const folded = hit.folded ?? [];
    button.hidden = !folded.length;
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.textContent = `+ ${folded.length} alike`;
    button.onclick = () => {
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
    };
    list.replaceChildren(
      ...folded.map((other) => {
        const open = async () => this.onOpen(await item(other.id));
        const name = make("button", { type: "button", class: "link", title: other.item, onclick: open }, shortName(other.item).base);
        return make("li", {}, name, ` ${other.why}`);
      }),
    );
  }

  moveFocus(event) {
    const all = [...this.list.querySelectorAll(".card")];
    const place = all.indexOf(document.activeElement);
    const columns = Math.max(all.filter((card) => card.getBoundingClientRect().top === all[0].getBoundingClientRect().top).length, 1);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step || place < 0) return;
    event.preventDefault();
    if (place + step < 0) part("query").focus();
    else all[Math.min(place + step, all.length - 1)].focus();
  }
}

function markSelected({ element }, isOn) {
  element.classList.toggle("selected", isOn);
  element.querySelector(".pick input").checked = isOn;
}

function playWhileTouched({ button, player }) {
  for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => (player.isPlaying = true));
  for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => (player.isPlaying = false));
}

function showScore(score, hit, meaning) {
  score.hidden = hit.similarity === undefined;
  if (score.hidden) return;
  const band = bandOf(hit.similarity, meaning.bands);
  score.title = explain(hit, meaning);
  score.querySelector(".number").textContent = hit.similarity.toFixed(2);
  score.querySelector(".band").textContent = band ?? "";
  score.dataset.band = band ?? "";
  const share = meaning.spread ? reach(hit.similarity, meaning.spread) : Math.max(0, hit.similarity);
  score.querySelector(".bar span").style.width = `${100 * share}%`;
}

