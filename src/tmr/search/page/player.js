// Plays motions on canvases. One clock drives all of them, and only those in sight are drawn.

import { Camera, framing, showAll } from "./camera.js";
import { colours } from "./figure.js";
import { plainPainter } from "./plain.js";
import { poseAt, wayAt } from "./pose.js";

const HOLD_SECONDS = 0.45; // the last pose stays this long before the motion begins again
const FADE_SECONDS = 0.18;
const FAINTEST = 0.15; // a figure never vanishes
const CARD_RATE = 30; // pictures a second of a small player; the motions themselves have no more
const CARD_SHARE = 0.4; // and of the page's time all of them together take no more than this
const GHOST_SECONDS = [-0.9, -0.6, -0.3, 0.3, 0.6, 0.9];
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const darkness = matchMedia("(prefers-color-scheme: dark)");

const players = new Map();
let look = null;
let clock = 0;
let cardsFrom = 0; // when small players may be painted again
let painter = plainPainter;

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) players.get(target)?.setSeen(isIntersecting);
  },
  { rootMargin: "80px" },
);

// Has everything painted by another painter from now on; null leaves the canvases as they are until one is known.
export function paintWith(other) {
  painter = other;
  refresh();
}

// Paints everything in sight once more: the colours have changed, or what paints.
export function refresh() {
  look = null;
  for (const player of players.values()) player.isStale = true;
}
darkness.addEventListener("change", refresh);
document.addEventListener("themechange", refresh);

function tick(now) {
  requestAnimationFrame(tick);
  const seconds = Math.min((now - clock) / 1000, 0.1);
  clock = now;
  look ??= colours();
  const modal = document.querySelector("dialog:modal");
  const areCardsDue = now >= cardsFrom;
  const pictures = [];
  let hasCards = false;
  for (const player of players.values()) {
    // What lies behind an open dialog is not looked at.
    if (!player.isSeen || (modal && !modal.contains(player.canvas))) continue;
    player.advance(seconds);
    if (!painter || !player.isStale || !(player.isLarge || areCardsDue)) continue;
    const picture = player.picture();
    if (picture) pictures.push(picture);
    hasCards ||= !player.isLarge;
    player.isStale = false;
    player.onFrame(player.now);
  }
  if (!pictures.length) return;
  paint(pictures);
  const took = performance.now() - now;
  if (hasCards) cardsFrom = now + Math.max(1000 / CARD_RATE - 4, took / CARD_SHARE);
}
requestAnimationFrame(tick);

function paint(pictures) {
  for (const { context, canvas } of pictures) context.clearRect(0, 0, canvas.width, canvas.height);
  const shown = pictures.filter(({ figures }) => figures.length);
  // A painter that has lost its means for a while says so.
  if (shown.length && !painter.paint(shown, look)) plainPainter.paint(shown, look);
}

export class Player {
  // `onSeen` is called when the canvas first comes into sight, `onFrame` with the time whenever it was painted; `floor`
  // is how far the grid reaches in metres. A large player is painted as often as the screen shows pictures.
  constructor(canvas, { onSeen = () => {}, onFrame = () => {}, floor = 2.4, isLarge = false } = {}) {
    Object.assign(this, { canvas, onSeen, onFrame, floor, isLarge, speed: 1, time: 0, motion: null, zoom: 1 });
    Object.assign(this, { range: null, isLooping: true, follows: true, asBones: false, hasGhosts: false, hasFloor: true });
    this.others = []; // further figures: { motion, offset } in seconds
    this.isPlaying = !stillness.matches;
    this.isSeen = this.isStale = false;
    this.camera = new Camera();
    this.context = canvas.getContext("2d");
    this.pan = [0, 0, 0];
    players.set(canvas, this);
    sight.observe(canvas);
  }

  get seconds() {
    return this.motion ? (this.motion.numFrames - 1) / this.motion.fps : 0;
  }

  // Where playing begins and ends: the whole motion, or the part that was chosen.
  get bounds() {
    const { start = 0, end = this.seconds } = this.range ?? {};
    return { start: Math.min(start, this.seconds), end: Math.min(end, this.seconds) };
  }

  // The time whose pose is shown: at the end the last one stays for a moment.
  get now() {
    return Math.min(this.time, this.bounds.end);
  }

  show(motion) {
    this.motion = motion;
    this.range = null;
    this.framing = framing(motion);
    this.time = stillness.matches ? this.seconds / 2 : 0;
    this.resetView();
  }

  clear() {
    this.motion = null;
    this.range = null;
    this.others = [];
    this.isStale = true;
  }

  resetView() {
    this.zoom = 1;
    this.pan = [0, 0, 0];
    this.camera.pitch = 0.2;
    this.camera.yaw = this.framing?.yaw ?? 0.5;
    this.anchor = null;
    this.isStale = true;
  }

  // From where it is looked at, to be had again for the next piece of the same take.
  get view() {
    const { yaw, pitch } = this.camera;
    return { yaw, pitch, zoom: this.zoom, pan: [...this.pan] };
  }

  set view({ yaw, pitch, zoom, pan }) {
    Object.assign(this.camera, { yaw, pitch });
    Object.assign(this, { zoom, pan: [...pan], isStale: true });
  }

  orbit(yaw, pitch) {
    this.camera.yaw += yaw;
    this.camera.pitch = Math.min(Math.max(this.camera.pitch + pitch, -0.1), 1.5);
    this.isStale = true;
  }

  // Moves what is looked at along the picture, in metres to the right and up.
  panBy(side, up) {
    const { sinYaw, cosYaw, sinPitch, cosPitch } = this.camera;
    this.pan[0] += side * cosYaw - up * sinPitch * sinYaw;
    this.pan[1] += up * cosPitch;
    this.pan[2] += -side * sinYaw - up * sinPitch * cosYaw;
    this.isStale = true;
  }

  zoomBy(factor) {
    this.zoom = Math.min(Math.max(this.zoom * factor, 0.4), 6);
    this.isStale = true;
  }

  setFollowing(follows) {
    this.follows = follows;
    this.anchor = null;
    this.isStale = true;
  }

  seek(seconds) {
    this.time = Math.min(Math.max(seconds, 0), this.seconds);
    this.isStale = true;
  }

  remove() {
    sight.unobserve(this.canvas);
    players.delete(this.canvas);
  }

  setSeen(isSeen) {
    if (isSeen && !this.isSeen) this.onSeen();
    this.isSeen = isSeen;
    this.isStale = true;
  }

  advance(seconds) {
    if (!this.motion || !this.isPlaying) return;
    const { start, end } = this.bounds;
    this.time += seconds * this.speed;
    this.isStale = true;
    if (!this.isLooping && this.time >= end) {
      this.time = end;
      this.isPlaying = false;
    } else if (this.time > end + HOLD_SECONDS * this.speed || this.time < start) {
      this.time = start;
    }
  }

  // Returns what is to be painted now, or null for a canvas without any size.
  picture() {
    const { canvas, context, camera, motion } = this;
    const density = Math.min(devicePixelRatio, 2);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * density));
    if (!width || !height) return null;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    [camera.width, camera.height] = [width, height];
    if (!motion) return { canvas, context, figures: [] };
    this.aim();
    const { names, parents = [] } = motion;
    const lightYaw = this.framing.yaw;
    const floor = this.hasFloor ? Math.max(this.floor, this.framing.reach + 0.6) : 0;
    const asBones = this.asBones && parents.length > 0;
    const way = this.hasGhosts ? { points: this.hipsWay(), now: Math.round(this.time * motion.fps) } : null;
    const figures = this.figures();
    return { canvas, context, camera, names, parents, floor, asBones, lightYaw, way, figures, isLarge: this.isLarge };
  }

  aim() {
    const { camera } = this;
    showAll(camera, this.framing);
    camera.distance /= this.zoom;
    const at = wayAt(this.motion, this.framing.way, this.now);
    if (!this.follows) this.anchor ??= at;
    const [x, z] = this.follows ? at : this.anchor;
    camera.target = [x + this.pan[0], camera.target[1] + this.pan[1], z + this.pan[2]];
    camera.aim();
  }

  figures() {
    const { motion, now } = this;
    const { start, end } = this.bounds;
    const shown = [{ pose: this.poseOf(motion, now), alpha: this.alpha(start, end), isGhost: false }];
    if (this.hasGhosts) {
      for (const step of GHOST_SECONDS) {
        if (now + step < start || now + step > end) continue;
        shown.push({ pose: this.poseOf(motion, now + step), alpha: 0.34 - 0.2 * Math.abs(step), isGhost: true });
      }
    }
    for (const other of this.others) {
      shown.push({ pose: this.poseOf(other.motion, now + other.offset), alpha: 0.42, isGhost: true });
    }
    return shown;
  }

  // The figure fades where its motion ends and begins anew, not where somebody stopped it.
  alpha(start, end) {
    if (!this.isPlaying || !this.isLooping || end <= start) return 1;
    const left = end + HOLD_SECONDS * this.speed - this.time;
    return Math.min(1, (this.time - start) / FADE_SECONDS + FAINTEST, Math.max(left, 0) / FADE_SECONDS + FAINTEST);
  }

  poseOf(motion, seconds) {
    return poseAt(motion, seconds, new Float32Array(motion.names.length * 3));
  }

  hipsWay() {
    const { joints, names, numFrames } = this.motion;
    if (this.wayOf !== this.motion) {
      this.wayOf = this.motion;
      this.way = Float32Array.from({ length: 2 * numFrames }, (_, i) => joints[(i >> 1) * names.length * 3 + 2 * (i & 1)]);
    }
    return this.way;
  }
}

export const wantsStillness = () => stillness.matches;
