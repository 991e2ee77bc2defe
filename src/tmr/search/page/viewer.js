// The large viewer: one motion, to be looked at from all sides.

import { fileAddress, motion } from "./api.js";
import { Player } from "./player.js";
import { begin } from "./stage/begin.js";
import { facts, shortName } from "./words.js";

const part = (name) => document.getElementById(name ? `viewer-${name}` : "viewer");
const dialog = part();
const canvas = part("canvas");
const scrub = part("scrub");
const RADIANS_A_PIXEL = 0.008;

begin();

export class Viewer {
  // `neighbours(hit)` gives the hits before and after one; `onShow`, `onLike` and `onClose` are told what happens.
  constructor({ neighbours, onShow, onLike, onClose }) {
    Object.assign(this, { neighbours, onShow, onLike, onClose, hit: null });
    this.player = new Player(canvas, { onFrame: (seconds) => this.showTime(seconds), floor: 4.5 });
    part("close").addEventListener("click", () => dialog.close());
    part("play").addEventListener("click", () => this.setPlaying(!this.player.isPlaying));
    part("previous").addEventListener("click", () => this.step(0));
    part("next").addEventListener("click", () => this.step(1));
    part("like").addEventListener("click", () => this.onLike(this.hit));
    part("speed").addEventListener("change", ({ target }) => (this.player.speed = Number(target.value)));
    scrub.addEventListener("input", () => {
      this.setPlaying(false);
      this.player.seek(Number(scrub.value));
    });
    dialog.addEventListener("close", () => {
      this.player.clear();
      this.hit = null;
      this.onClose();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("keydown", (event) => this.key(event));
    this.listenToPointer();
  }

  get isOpen() {
    return dialog.open;
  }

  async open(hit) {
    this.hit = hit;
    const { base, ending } = shortName(hit.item);
    part("name").textContent = base + ending;
    part("name").title = hit.item;
    part("facts").textContent = facts(hit);
    part("file").href = fileAddress(hit.id);
    part("file").hidden = !hit.has_file;
    for (const [side, name] of ["previous", "next"].entries()) part(name).disabled = !this.neighbours(hit)[side];
    if (!dialog.open) {
      dialog.showModal();
      part("play").focus();
    }
    this.player.clear();
    this.onShow(hit);
    try {
      const shown = await motion(hit);
      if (this.hit !== hit) return;
      this.player.show(shown);
      scrub.max = String(this.player.seconds);
      this.setPlaying(this.player.isPlaying);
    } catch (error) {
      if (this.hit === hit) part("facts").textContent = error.message;
    }
  }

  close() {
    if (dialog.open) dialog.close();
  }

  step(side) {
    const other = this.neighbours(this.hit)[side];
    if (other) this.open(other);
  }

  setPlaying(isPlaying) {
    const { player } = this;
    if (isPlaying && player.time >= player.seconds) player.seek(0);
    player.isPlaying = isPlaying;
    player.isStale = true;
    part("play").classList.toggle("paused", !isPlaying);
    part("play").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
  }

  showTime(seconds) {
    if (!this.player.motion) return;
    if (document.activeElement !== scrub || this.player.isPlaying) scrub.value = String(seconds);
    part("time").textContent = `${seconds.toFixed(1)} of ${this.player.seconds.toFixed(1)} s`;
  }

  key(event) {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || target.matches("select")) return;
    const around = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[key];
    if (key === " " && !target.matches("button, a")) this.setPlaying(!this.player.isPlaying);
    else if (target === canvas && around) this.player.orbit(...around);
    else if (target === canvas && (key === "+" || key === "-")) this.player.zoomBy(key === "+" ? 1.15 : 1 / 1.15);
    else if (target !== scrub && key === "ArrowLeft") this.step(0);
    else if (target !== scrub && key === "ArrowRight") this.step(1);
    else return;
    event.preventDefault();
  }

  listenToPointer() {
    const pointers = new Map();
    const spread = () => {
      const [one, other] = [...pointers.values()];
      return Math.hypot(one.x - other.x, one.y - other.y);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const now = { x: event.clientX, y: event.clientY };
      const spreadBefore = pointers.size === 2 ? spread() : 0;
      pointers.set(event.pointerId, now);
      if (pointers.size === 2) this.player.zoomBy(spread() / Math.max(spreadBefore, 1));
      else this.player.orbit((before.x - now.x) * RADIANS_A_PIXEL, (now.y - before.y) * RADIANS_A_PIXEL);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
    }
    canvas.addEventListener("dblclick", () => this.player.resetView());
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.player.zoomBy(Math.exp(-event.deltaY * 0.0012));
      },
      { passive: false },
    );
  }
}
