// Plays motions on canvases. One clock drives all of them, and only those in sight are drawn.

import { Camera, framing, showAll } from "./camera.js";
import { body, colours, drawFigure, drawFloor, drawShadow } from "./figure.js";

const HOLD_SECONDS = 0.45; // the last pose stays this long before the motion begins again
const FADE_SECONDS = 0.18;
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const darkness = matchMedia("(prefers-color-scheme: dark)");

const players = new Map();
let look = null;
let clock = 0;

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) players.get(target)?.setSeen(isIntersecting);
  },
  { rootMargin: "80px" },
);
darkness.addEventListener("change", () => {
  look = null;
  for (const player of players.values()) player.isStale = true;
});

function tick(now) {
  const seconds = Math.min((now - clock) / 1000, 0.1);
  clock = now;
  look ??= colours();
  for (const player of players.values()) player.step(seconds);
  requestAnimationFrame(tick);
}
requestAnimationFrame(tick);

export class Player {
  // `onSeen` is called when the canvas first comes into sight; `floor` is how far the grid reaches in metres.
  constructor(canvas, { onSeen = () => {}, onFrame = () => {}, floor = 2.4 } = {}) {
    Object.assign(this, { canvas, onSeen, onFrame, floor, speed: 1, time: 0, motion: null, zoom: 1 });
    this.isPlaying = !stillness.matches;
    this.isSeen = this.isStale = false;
    this.camera = new Camera();
    this.context = canvas.getContext("2d");
    players.set(canvas, this);
    sight.observe(canvas);
  }

  get seconds() {
    return this.motion ? (this.motion.numFrames - 1) / this.motion.fps : 0;
  }

  show(motion) {
    this.motion = motion;
    this.parts = body(motion.names);
    this.pose = new Float32Array(motion.names.length * 3);
    this.framing = framing(motion);
    this.time = stillness.matches ? this.seconds / 2 : 0;
    this.resetView();
  }

  clear() {
    this.motion = null;
    this.isStale = true;
  }

  resetView() {
    this.zoom = 1;
    this.camera.pitch = 0.2;
    this.camera.yaw = this.framing?.yaw ?? 0.5;
    this.isStale = true;
  }

  orbit(yaw, pitch) {
    this.camera.yaw += yaw;
    this.camera.pitch = Math.min(Math.max(this.camera.pitch + pitch, -0.1), 1.5);
    this.isStale = true;
  }

  zoomBy(factor) {
    this.zoom = Math.min(Math.max(this.zoom * factor, 0.4), 4);
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

  step(seconds) {
    if (!this.isSeen) return;
    if (this.motion && this.isPlaying) {
      this.time += seconds * this.speed;
      if (this.time > this.seconds + HOLD_SECONDS * this.speed) this.time = 0;
    } else if (!this.isStale) {
      return;
    }
    this.isStale = false;
    this.draw();
    this.onFrame(Math.min(this.time, this.seconds));
  }

  draw() {
    const { canvas, context, camera } = this;
    const density = Math.min(devicePixelRatio, 2);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * density));
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    context.clearRect(0, 0, width, height);
    [camera.width, camera.height] = [width, height];
    if (!this.motion) return;
    this.findPose();
    showAll(camera, this.framing);
    camera.distance /= this.zoom;
    camera.aim();
    const left = this.seconds + HOLD_SECONDS * this.speed - this.time;
    const isLooping = this.isPlaying && this.seconds > 0;
    const alpha = isLooping ? Math.min(1, this.time / FADE_SECONDS + 0.15, Math.max(left, 0) / FADE_SECONDS) : 1;
    drawFloor(context, camera, look, Math.max(this.floor, this.framing.reach + 0.6));
    drawShadow(context, camera, this.parts, this.pose, look, alpha);
    drawFigure(context, camera, this.parts, this.pose, look, alpha);
  }

  // Sets the pose and the camera's target at the current time, between two frames where it falls there.
  findPose() {
    const { motion, pose, camera } = this;
    const place = Math.min(this.time * motion.fps, motion.numFrames - 1);
    const frame = Math.min(Math.floor(place), Math.max(motion.numFrames - 2, 0));
    const next = Math.min(frame + 1, motion.numFrames - 1);
    const part = place - frame;
    const mix = (values, width, i) => values[frame * width + i] * (1 - part) + values[next * width + i] * part;
    for (let i = 0; i < pose.length; i++) pose[i] = mix(motion.joints, pose.length, i);
    camera.target[0] = mix(this.framing.way, 2, 0);
    camera.target[2] = mix(this.framing.way, 2, 1);
  }
}

export const wantsStillness = () => stillness.matches;
