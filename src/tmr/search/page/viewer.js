// The large viewer: one motion, to be looked at from all sides, in the whole take that it is a part of.

import { icon, make, part as named } from "./dom.js";
import { Player, wantsStillness } from "./player.js";
import { begin } from "./stage/begin.js";
import { clock } from "./viewer/clock.js";
import { listKeys } from "./viewer/keys.js";
import { lookAround, lookByKey } from "./viewer/looking.js";
import { Panel } from "./viewer/panel.js";
import { Take } from "./viewer/take.js";
import { Timeline } from "./viewer/timeline.js";
import { facts, shortName } from "./words.js";

const FRAME_SECONDS = 1 / 30; // what the service plays
const SHORTEST_PART_SECONDS = 0.1;
const part = (name) => named(`viewer-${name}`);
const dialog = named("viewer");
const canvas = part("canvas");

begin();

export class Viewer {
  // `neighbours(hit)` gives the hits before and after one; `onShow` and `onClose` are told what happens; `actions` are
  // buttons: { name, label, icon, run(hit), isOn?(hit) }.
  constructor({ neighbours, onShow, onClose, actions = [] }) {
    Object.assign(this, { neighbours, onShow, onClose, actions, hit: null, take: null, piece: null, isLooping: true });
    this.player = new Player(canvas, { onFrame: () => this.showTime(), floor: 4.5, isLarge: true });
    this.timeline = new Timeline({ onSeek: (seconds) => this.goTo(seconds), onPart: (range) => this.playPart(range) });
    this.panel = new Panel();
    this.addButtons();
    this.keys = this.keyTable();
    listKeys(part("help-list"), this.keys);
    lookAround(canvas, [this.player]);
    dialog.addEventListener("close", () => this.closed());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("fullscreenchange", () => this.press("full", Boolean(document.fullscreenElement)));
  }

  get isOpen() {
    return dialog.open;
  }

  // Seconds of the take that are shown.
  get time() {
    return (this.piece?.start ?? 0) + this.player.now;
  }

  addButtons() {
    const { player } = this;
    const clicks = {
      close: () => dialog.close(),
      play: () => this.setPlaying(!player.isPlaying),
      back: () => this.stepFrame(-1),
      on: () => this.stepFrame(1),
      previous: () => this.step(0),
      next: () => this.step(1),
      loop: () => this.setLooping(!this.isLooping),
      from: () => this.setEnd("start"),
      to: () => this.setEnd("end"),
      whole: () => this.setRange(null),
      info: () => this.showPanel(part("panel").hidden),
      keys: () => this.showHelp(part("help").hidden),
      ghosts: () => this.turn("ghosts", "hasGhosts"),
      bones: () => this.turn("bones", "asBones"),
      floor: () => this.turn("floor", "hasFloor"),
      follow: () => {
        player.setFollowing(!player.follows);
        this.press("follow", player.follows);
      },
      reset: () => player.resetView(),
      full: () => (document.fullscreenElement ? document.exitFullscreen() : part("frame").requestFullscreen()),
    };
    for (const [name, click] of Object.entries(clicks)) part(name).addEventListener("click", click);
    part("speed").addEventListener("change", ({ target }) => (player.speed = Number(target.value)));
    for (const { name, label, icon: shown, run } of this.actions) {
      const onclick = () => run(this.hit);
      const button = make("button", { class: "action", id: `viewer-${name}`, type: "button", title: label, onclick });
      button.append(...(shown ? [icon(shown)] : []), make("span", {}, label));
      part("actions").append(button);
    }
  }

  // What each key does, in the order in which the list of them shows it.
  keyTable() {
    const click = (name) => () => part(name).click();
    return [
      { keys: [" "], words: "play or pause", run: click("play") },
      { keys: [",", "."], words: "a frame back, on", run: (key) => part(key === "," ? "back" : "on").click() },
      { keys: ["Home", "End"], words: "to the beginning, the end", run: (key) => this.goTo(this.endOf(key)) },
      { keys: ["<", ">"], words: "slower, faster", run: (key) => this.changeSpeed(key === "<" ? -1 : 1) },
      { keys: ["[", "]"], words: "the part begins, ends here", run: (key) => part(key === "[" ? "from" : "to").click() },
      { keys: ["\\"], words: "the whole take", run: click("whole") },
      { keys: ["l"], words: "again and again, or once", run: click("loop") },
      { keys: ["g"], words: "ghosts and the way", run: click("ghosts") },
      { keys: ["s"], words: "bones or body", run: click("bones") },
      { keys: ["v"], words: "the camera follows, or stays", run: click("follow") },
      { keys: ["o"], words: "grid on the floor", run: click("floor") },
      { keys: ["r"], words: "look from where it began", run: click("reset") },
      { keys: ["f"], words: "full screen", run: click("full") },
      { keys: ["i"], words: "facts and downloads", run: click("info") },
      { keys: ["ArrowLeft", "ArrowRight"], words: "previous, next motion", run: (key) => this.step(key === "ArrowLeft" ? 0 : 1) },
      { keys: ["?"], words: "these keys", run: click("keys") },
    ];
  }

  endOf(key) {
    return key === "Home" ? (this.range?.start ?? 0) : (this.range?.end ?? this.take.seconds);
  }

  async open(hit) {
    this.hit = hit;
    this.take = new Take(hit);
    this.piece = null;
    const { base, ending } = shortName(hit.item);
    part("name").textContent = base + ending;
    part("name").title = hit.item;
    part("facts").textContent = facts(hit);
    for (const [side, name] of ["previous", "next"].entries()) part(name).disabled = !this.neighbours(hit)[side];
    if (!dialog.open) {
      dialog.showModal();
      this.showPanel(innerWidth > 900);
      part("play").focus();
    }
    this.player.clear();
    this.panel.show(hit);
    const found = hit.parts ?? (hit.similarity === undefined && !isPart(hit) ? [] : [hit]);
    this.timeline.show(hit.seconds, found);
    this.refresh();
    this.onShow(hit);
    const range = isPart(hit) ? { start: hit.start_seconds, end: hit.end_seconds } : null;
    await this.showPiece(range?.start ?? 0);
    if (this.hit !== hit || !this.player.motion) return;
    this.setRange(range);
    const { start, end } = this.player.bounds;
    if (wantsStillness()) this.player.seek((start + end) / 2);
    this.setPlaying(this.player.isPlaying);
  }

  close() {
    if (dialog.open) dialog.close();
  }

  closed() {
    if (document.fullscreenElement) document.exitFullscreen();
    this.player.clear();
    this.hit = this.piece = null;
    this.showHelp(false);
    this.onClose();
  }

  // Asks the actions anew whether they are on for this motion.
  refresh() {
    for (const { name, isOn } of this.actions) {
      if (isOn && this.hit) part(name).setAttribute("aria-pressed", String(isOn(this.hit)));
    }
  }

  // Shows the piece of the take that a time lies in, at that time.
  async showPiece(seconds) {
    const { hit, take, player } = this;
    const piece = take.pieceAt(seconds);
    if (this.piece?.start !== piece.start) {
      part("trouble").hidden = true;
      const { wanted } = (this.wanting = { wanted: piece });
      let motion;
      try {
        motion = await take.motion(piece);
      } catch (error) {
        if (this.hit !== hit) return;
        part("trouble").textContent = error.message;
        part("trouble").hidden = false;
        return;
      }
      // Something else was asked for while this one came.
      if (this.hit !== hit || this.wanting.wanted !== wanted) return;
      const isMore = this.piece !== null;
      this.piece = piece;
      const view = player.view;
      player.show(motion);
      if (isMore) player.view = view;
    }
    player.range = this.range && this.inPiece(this.range);
    player.isLooping = this.isLooping && (take.isWhole || Boolean(this.range));
    player.seek(seconds - piece.start);
  }

  inPiece({ start, end }) {
    return { start: start - this.piece.start, end: end - this.piece.start };
  }

  // Stops and looks at a time; a part that it lies outside of is a part no more.
  async goTo(seconds) {
    const at = Math.min(Math.max(seconds, 0), this.take.seconds);
    if (this.range && (at < this.range.start - 1e-3 || at > this.range.end + 1e-3)) this.setRange(null);
    this.setPlaying(false);
    await this.showPiece(at);
  }

  async playPart({ start, end }) {
    if (end - start < SHORTEST_PART_SECONDS) return;
    await this.showPiece(start);
    if (!this.piece) return;
    // A part is played from one piece.
    this.setRange({ start, end: Math.min(end, this.piece.end) });
    this.player.seek(start - this.piece.start);
    this.setPlaying(true);
  }

  setRange(range) {
    this.range = range;
    this.player.range = range && this.piece && this.inPiece(range);
    this.setLooping(this.isLooping);
    this.timeline.showRange(range);
    this.panel.showRange(range);
    part("whole").hidden = !range;
  }

  // Moves one end of the part to where it is now.
  setEnd(side) {
    const { piece } = this;
    if (!piece) return;
    const range = { ...(this.range ?? { start: piece.start, end: piece.end }), [side]: this.time };
    if (range.end - range.start >= SHORTEST_PART_SECONDS) this.setRange(range);
  }

  setLooping(isLooping) {
    this.isLooping = isLooping;
    this.player.isLooping = isLooping && (this.take?.isWhole || Boolean(this.range));
    this.press("loop", isLooping);
  }

  setPlaying(isPlaying) {
    const { player } = this;
    const { start, end } = player.bounds;
    if (isPlaying && player.time >= end) {
      if (this.take && !this.take.isWhole && !this.range && this.piece?.end >= this.take.seconds) this.showPiece(0);
      else player.seek(start);
    }
    player.isPlaying = isPlaying;
    player.isStale = true;
    this.showPlaying();
  }

  showPlaying() {
    const { isPlaying } = this.player;
    part("play").classList.toggle("paused", !isPlaying);
    part("play").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
  }

  showTime() {
    const { player, take, piece } = this;
    if (!player.motion || !piece) return;
    const seconds = this.time;
    this.timeline.showTime(seconds);
    part("time").textContent = `${clock(seconds).replace(" s", "")} of ${clock(take.seconds)}`;
    part("frame-number").textContent = `frame ${Math.round(seconds / FRAME_SECONDS)}`;
    take.prepare(piece, seconds);
    const isAtEnd = !player.isPlaying && !part("play").classList.contains("paused");
    if (isAtEnd) this.goOn();
  }

  // The piece, or the part, has been played to its end.
  async goOn() {
    const { take, piece, player } = this;
    const isMore = piece.end < take.seconds;
    if (this.range || take.isWhole || (!isMore && !this.isLooping)) return this.showPlaying();
    await this.showPiece(isMore ? piece.end : 0);
    player.isPlaying = true;
  }

  stepFrame(way) {
    const frame = Math.round(this.time / FRAME_SECONDS) + way;
    this.goTo(frame * FRAME_SECONDS);
  }

  step(side) {
    const other = this.neighbours(this.hit)[side];
    if (other) this.open(other);
  }

  changeSpeed(way) {
    const speed = part("speed");
    const place = Math.min(Math.max(speed.selectedIndex + way, 0), speed.options.length - 1);
    speed.selectedIndex = place;
    this.player.speed = Number(speed.value);
  }

  turn(name, property) {
    this.player[property] = !this.player[property];
    this.player.isStale = true;
    this.press(name, this.player[property]);
  }

  press(name, isOn) {
    part(name).setAttribute("aria-pressed", String(isOn));
  }

  showPanel(isShown) {
    part("panel").hidden = !isShown;
    part("info").setAttribute("aria-expanded", String(isShown));
  }

  showHelp(isShown) {
    part("help").hidden = !isShown;
    part("keys").setAttribute("aria-expanded", String(isShown));
    if (isShown) part("help").focus();
  }

  key(event) {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || target.matches("select")) return;
    if (key === "Escape" && !part("help").hidden) this.showHelp(false);
    else if (target !== canvas || !lookByKey(event, [this.player])) {
      const entry = this.keys.find(({ keys }) => keys.includes(key));
      // A button that has the focus is pressed by Space, and the slider is moved by its own keys.
      const isItsOwn = (key === " " && target.matches("button, a")) || (target === part("scrub") && /^(Arrow|Home|End)/.test(key));
      if (!entry || isItsOwn) return;
      entry.run(key);
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

const isPart = (hit) => hit.end_seconds - hit.start_seconds < hit.seconds - 0.1;
