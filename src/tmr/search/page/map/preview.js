// The small card beside a point: the motion moves, with its name.

import { item, motion } from "../api.js";
import { Player } from "../player.js";
import { facts, shortName } from "../words.js";

const KEPT_ITEMS = 500;
const REST_MILLISECONDS = 110; // a pointer that only passes asks for nothing
const GAP = 16;

export class Preview {
  // `onOpen(hit, event)` is called when the card is chosen; `onShow(hit)` when a motion's name is known.
  constructor(card, { onOpen, onShow }) {
    Object.assign(this, { card, onShow, hit: null, id: null, items: new Map() });
    this.player = new Player(card.querySelector("canvas"), { floor: 2.4 });
    card.addEventListener("click", (event) => this.hit && onOpen(this.hit, event));
  }

  // Returns what is known of an item, asked once.
  itemOf(id) {
    if (!this.items.has(id)) {
      const asked = item(id);
      asked.catch(() => this.items.delete(id));
      this.items.set(id, asked);
      if (this.items.size > KEPT_ITEMS) this.items.delete(this.items.keys().next().value);
    }
    return this.items.get(id);
  }

  show(id) {
    if (id === this.id) return;
    this.hide();
    this.id = id;
    this.timer = setTimeout(() => this.load(id), REST_MILLISECONDS);
  }

  async load(id) {
    const [name, told] = [this.card.querySelector(".map-preview-name"), this.card.querySelector(".map-preview-facts")];
    try {
      const hit = await this.itemOf(id);
      if (this.id !== id) return;
      this.hit = hit;
      const { base, ending } = shortName(hit.item);
      name.textContent = base + ending;
      told.textContent = facts(hit);
      this.card.setAttribute("aria-label", `Open ${base}`);
      this.card.hidden = false;
      this.place();
      this.onShow(hit);
      const shown = await motion(hit);
      if (this.id === id) this.player.show(shown);
    } catch (error) {
      if (this.id !== id) return;
      told.textContent = error.message;
      this.card.hidden = false;
    }
  }

  // Puts the card beside a pixel, on the side where there is room.
  place(left = this.left, top = this.top, size = this.size) {
    Object.assign(this, { left, top, size });
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const x = left + GAP + width < size.width ? left + GAP : Math.max(left - GAP - width, 4);
    const y = Math.min(Math.max(top - height / 2, 4), Math.max(size.height - height - 4, 4));
    this.card.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  hide() {
    clearTimeout(this.timer);
    this.id = this.hit = null;
    this.card.hidden = true;
    this.player.clear();
  }
}
