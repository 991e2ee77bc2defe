// Paints pictures of motions without WebGL: on the canvas itself, from rounds and lines.

import { body, drawFigure, drawFloor, drawShadow } from "./figure.js";

const GHOST_GROUND = 0.55; // how much of its colours a ghost keeps, so that it is told from the figure before it
const bodies = new Map();

// A picture is { context, camera, names, parents, floor, asBones, figures: [{ pose, alpha, isGhost }], way }.
export const plainPainter = {
  paint(pictures, look) {
    for (const picture of pictures) {
      picture.canvas.dataset.drawing = "plain";
      paintPlainly(picture, look);
    }
    return true;
  },
};

function paintPlainly(picture, look) {
  const { context, camera, names, figures } = picture;
  const key = names.join(" ");
  if (!bodies.has(key)) bodies.set(key, body(names));
  const parts = bodies.get(key);
  if (picture.floor) drawFloor(context, camera, look, picture.floor);
  if (picture.way) drawWay(context, camera, picture.way, look);
  const solid = figures.filter(({ isGhost }) => !isGhost);
  for (const { pose, alpha } of solid) drawShadow(context, camera, parts, pose, look, alpha);
  for (const { pose, alpha, isGhost } of [...figures.filter(({ isGhost }) => isGhost), ...solid]) {
    const strength = isGhost ? alpha * GHOST_GROUND : alpha;
    if (picture.asBones) drawBones(context, camera, picture, pose, look, strength);
    else drawFigure(context, camera, parts, pose, look, strength);
  }
}

function drawBones(context, camera, { names, parents }, pose, look, alpha) {
  const points = names.map((_, joint) => camera.project(pose[3 * joint], pose[3 * joint + 1], pose[3 * joint + 2]));
  context.globalAlpha = alpha;
  context.lineCap = "round";
  for (const [joint, parent] of parents.entries()) {
    const [from, to] = [points[parent], points[joint]];
    if (parent < 0 || !from[2] || !to[2]) continue;
    context.strokeStyle = context.fillStyle = look[sideOf(names[joint])];
    context.lineWidth = Math.max(1.5, 0.018 * to[2]);
    context.beginPath();
    context.moveTo(from[0], from[1]);
    context.lineTo(to[0], to[1]);
    context.stroke();
    context.beginPath();
    context.arc(to[0], to[1], Math.max(2, 0.016 * to[2]), 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

// Where the hips go over the floor: strong up to now, faint from then on.
function drawWay(context, camera, { points, now }, look) {
  const paths = [new Path2D(), new Path2D()];
  for (let i = 1; i < points.length / 2; i++) {
    const [from, to] = [i - 1, i].map((frame) => camera.project(points[2 * frame], 0, points[2 * frame + 1]));
    if (!from[2] || !to[2]) continue;
    const path = paths[i <= now ? 0 : 1];
    path.moveTo(from[0], from[1]);
    path.lineTo(to[0], to[1]);
  }
  context.strokeStyle = look.band;
  context.lineWidth = Math.max(1.5, 0.02 * camera.project(camera.target[0], 0, camera.target[2])[2]);
  for (const [place, path] of paths.entries()) {
    context.globalAlpha = place ? 0.25 : 0.7;
    context.stroke(path);
  }
  context.globalAlpha = 1;
}

export function sideOf(name) {
  if (name.startsWith("Left")) return "left";
  return name.startsWith("Right") ? "right" : "middle";
}
