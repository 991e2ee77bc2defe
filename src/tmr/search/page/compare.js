// Two motions side by side, in step: one clock, one way of looking, or one motion over the other.

import { motion } from "./api.js";
import { part as named } from "./dom.js";
import { Player, wantsStillness } from "./player.js";
import { clock } from "./viewer/clock.js";
import { lookAround, lookByKey } from "./viewer/looking.js";
import { facts, shortName } from "./words.js";

const FRAME_SECONDS = 1 / 30;
const HOLD_SECONDS = 0.45; // the last poses stay this long before both begin again
const part = (name) => named(`compare-${name}`);
const dialog = named("compare");

export class Comparison {
  constructor() {
    Object.assign(this, { hits: [], time: 0, speed: 1, offset: 0, isPlaying: false, isOver: false, onClose: () => {} });
    this.sides = ["first", "second"].map((name) => {
      const canvas = part(name);
      // Their time is set from here: two clocks of their own would not stay together.
      const player = new Player(canvas, { floor: 4, isLarge: true });
      return { canvas, player, figure: canvas.closest("figure") };
    });
    this.players = this.sides.map(({ player }) => player);
    for (const { canvas } of this.sides) lookAround(canvas, this.players);
    const clicks = {
      close: () => dialog.close(),
      play: () => this.setPlaying(!this.isPlaying),
      back: () => this.lookAt(this.time - FRAME_SECONDS),
      on: () => this.lookAt(this.time + FRAME_SECONDS),
      swap: () => this.swap(),
      overlay: () => this.setOver(!this.isOver),
    };
    for (const [name, click] of Object.entries(clicks)) part(name).addEventListener("click", click);
    part("scrub").addEventListener("input", ({ target }) => this.lookAt(Number(target.value)));
    part("speed").addEventListener("change", ({ target }) => (this.speed = Number(target.value)));
    part("offset").addEventListener("input", ({ target }) => this.setOffset(target.valueAsNumber));
    dialog.addEventListener("keydown", (event) => this.key(event));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => this.closed());
  }

  get isOpen() {
    return dialog.open;
  }

  // How long both last together; negative times are before the second begins, if that is the earlier one.
  get seconds() {
    const [first, second] = this.players;
    return Math.max(first.seconds + this.starts[0], second.seconds + this.starts[1]);
  }

  // When each begins on the common clock.
  get starts() {
    return [Math.max(-this.offset, 0), Math.max(this.offset, 0)];
  }

  async open(first, second) {
    const hits = (this.hits = [first, second]);
    Object.assign(this, { time: 0, offset: 0 });
    part("offset").value = "0";
    this.setOver(false);
    if (!dialog.open) dialog.showModal();
    part("play").focus();
    this.describe();
    const loaded = await Promise.all(hits.map((hit, place) => this.load(hit, place)));
    if (this.hits !== hits || loaded.includes(null)) return;
    this.players.forEach((player, place) => player.show(loaded[place]));
    for (const player of this.players) {
      player.isPlaying = false;
      // Both as large as the larger one needs it, so that steps and jumps compare.
      for (const size of ["height", "reach"]) player.framing[size] = Math.max(...this.players.map(({ framing }) => framing[size]));
    }
    this.setOffset(0);
    this.setPlaying(!wantsStillness());
  }

  close() {
    if (dialog.open) dialog.close();
  }

  closed() {
    this.setPlaying(false);
    this.hits = [];
    for (const player of this.players) player.clear();
    this.onClose();
  }

  async load(hit, place) {
    const trouble = this.sides[place].figure.querySelector(".trouble");
    this.players[place].clear();
    trouble.hidden = true;
    try {
      return await motion(hit);
    } catch (error) {
      trouble.textContent = error.message;
      trouble.hidden = false;
      return null;
    }
  }

  describe() {
    const similarities = this.hits.map(({ similarity }) => similarity);
    for (const [place, { figure, canvas }] of this.sides.entries()) {
      const hit = this.hits[place];
      const { base, ending } = shortName(hit.item);
      figure.querySelector(".pair-name").textContent = base + ending;
      figure.querySelector(".pair-facts").textContent = facts(hit);
      figure.querySelector(".pair-better").hidden = !(similarities[place] > similarities[1 - place]);
      canvas.setAttribute("aria-label", `${base}; drag or use the arrow keys to look around both`);
    }
  }

  swap() {
    const { time, offset, isPlaying, isOver } = this;
    const motions = this.players.map((player) => [player.motion, player.framing]).reverse();
    if (motions.some(([shown]) => !shown)) return;
    this.setOver(false);
    this.hits.reverse();
    this.describe();
    for (const [place, player] of this.players.entries()) {
      const { view } = player;
      const [shown, framing] = motions[place];
      player.show(shown);
      player.framing = framing;
      player.view = { ...view, yaw: framing.yaw + (view.yaw - motions[1 - place][1].yaw) };
      player.isPlaying = false;
    }
    this.setOffset(-offset);
    part("offset").value = String(this.offset);
    this.setOver(isOver);
    this.goTo(time);
    this.setPlaying(isPlaying);
  }

  // Lays the second over the first as a ghost, from where the first begins and facing as it does.
  setOver(isOver) {
    const [first, second] = this.players;
    this.isOver = isOver && Boolean(first.motion && second.motion);
    this.laid = this.isOver ? aligned(second, first) : null;
    part("overlay").setAttribute("aria-pressed", String(this.isOver));
    part("pair").classList.toggle("over", this.isOver);
    this.setOffset(this.offset);
  }

  setOffset(seconds) {
    this.offset = Math.min(Math.max(seconds || 0, -60), 60);
    const [first, second] = this.starts;
    this.players[0].others = this.laid ? [{ motion: this.laid, offset: first - second }] : [];
    part("scrub").max = String(this.seconds);
    this.goTo(this.time);
  }

  // Whoever steps or scrubs wants both to stand still.
  lookAt(seconds) {
    this.setPlaying(false);
    this.goTo(seconds);
  }

  goTo(seconds) {
    const end = this.seconds + (this.isPlaying ? HOLD_SECONDS * this.speed : 0);
    this.time = Math.min(Math.max(seconds, 0), end);
    const shown = Math.min(this.time, this.seconds);
    this.players.forEach((player, place) => player.motion && player.seek(shown - this.starts[place]));
    part("scrub").value = String(shown);
    part("time").textContent = `${shown.toFixed(1)} of ${clock(this.seconds)}`;
  }

  setPlaying(isPlaying) {
    const wasPlaying = this.isPlaying;
    this.isPlaying = isPlaying;
    part("play").classList.toggle("paused", !isPlaying);
    part("play").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    if (isPlaying && !wasPlaying) this.run();
  }

  run() {
    let before = performance.now();
    const tick = (now) => {
      // Stopped, or begun again by another run.
      if (!this.isPlaying || this.tick !== tick) return;
      const time = this.time + (Math.min(now - before, 100) / 1000) * this.speed;
      before = now;
      this.goTo(time >= this.seconds + HOLD_SECONDS * this.speed ? 0 : time);
      requestAnimationFrame(tick);
    };
    this.tick = tick;
    requestAnimationFrame(tick);
  }

  key(event) {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || target.matches("select, input[type=number]")) return;
    const click = { " ": "play", ",": "back", ".": "on", x: "swap", o: "overlay" }[key];
    const isOnStage = this.sides.some(({ canvas }) => canvas === target);
    if (isOnStage && lookByKey(event, this.players)) event.preventDefault();
    else if (click && !(key === " " && target.matches("button"))) {
      part(click).click();
      event.preventDefault();
    }
    event.stopPropagation();
  }
}

// Returns a motion turned and moved so that it begins where another begins and faces the same way.
function aligned({ motion: moved, framing: from }, { motion: kept, framing: to }) {
  const turn = to.yaw - from.yaw;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const joints = new Float32Array(moved.joints.length);
  for (let i = 0; i < joints.length; i += 3) {
    const [x, z] = [moved.joints[i] - moved.joints[0], moved.joints[i + 2] - moved.joints[2]];
    joints[i] = kept.joints[0] + x * cos + z * sin;
    joints[i + 1] = moved.joints[i + 1];
    joints[i + 2] = kept.joints[2] - x * sin + z * cos;
  }
  return { ...moved, joints };
}
