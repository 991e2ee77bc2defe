// The figures of the worst and the best queries: they move while they are in sight, stop when pressed, turn when dragged.

import { Player } from "./player.js";

const RADIANS_A_PIXEL = 0.01;
const RADIANS_A_KEY = 0.2;
const STILL_PIXELS = 4; // a press that moves less than this is no drag

const stored = document.getElementById("motions");
const kept = stored ? JSON.parse(stored.textContent) : { motions: {} };
const figures = [];

function unpacked(name) {
  const packed = kept.motions[name];
  const bytes = Uint8Array.from(atob(packed.joints), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const joints = new Float32Array(bytes.length / 2);
  for (let i = 0; i < joints.length; i++) joints[i] = view.getInt16(2 * i, true) * packed.unit_metres;
  return { fps: kept.fps, numFrames: packed.num_frames, names: kept.names, joints };
}

function turnable(canvas, player) {
  let start = null;
  let last = null;
  const toggle = () => (player.isPlaying = !player.isPlaying);
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    start = last = event;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    player.orbit((last.clientX - event.clientX) * RADIANS_A_PIXEL, (event.clientY - last.clientY) * RADIANS_A_PIXEL);
    last = event;
  });
  canvas.addEventListener("pointerup", (event) => {
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < STILL_PIXELS) toggle();
    start = last = null;
  });
  canvas.addEventListener("pointercancel", () => (start = last = null));
  canvas.addEventListener("keydown", (event) => {
    const turn = { ArrowLeft: -RADIANS_A_KEY, ArrowRight: RADIANS_A_KEY }[event.key];
    if (turn) player.orbit(turn, 0);
    else if (event.key === " " || event.key === "Enter") toggle();
    else return;
    event.preventDefault();
  });
}

for (const canvas of document.querySelectorAll("canvas[data-motion]")) {
  const player = new Player(canvas, { onSeen: () => player.motion ?? player.show(unpacked(canvas.dataset.motion)) });
  figures.push(player);
  turnable(canvas, player);
}

const stop = document.getElementById("stop");
stop?.addEventListener("click", () => {
  const anyMoves = figures.some((player) => player.isPlaying);
  for (const player of figures) player.isPlaying = !anyMoves;
  stop.textContent = anyMoves ? "Let all motions play" : "Stop all motions";
});
