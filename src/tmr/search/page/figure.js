// Draws a figure of SOMA-30 on a floor: limbs as tapered rounds, far ones first, with a soft shadow.

import { headAxes } from "./pose.js";

// Joint, joint, their radii in metres, and whether it is part of the trunk. The side is in the names.
const BONES = [
  ["Hips", "Chest", 0.118, 0.122, true],
  ["Chest", "Neck1", 0.122, 0.07, true],
  ["LeftArm", "RightArm", 0.062, 0.062, true],
  ["LeftLeg", "RightLeg", 0.088, 0.088, true],
  ["Neck1", "Head", 0.05, 0.048],
  ["Chest", "LeftArm", 0.1, 0.058, true],
  ["LeftArm", "LeftForeArm", 0.053, 0.043],
  ["LeftForeArm", "LeftHand", 0.043, 0.032],
  ["LeftHand", "LeftHandMiddleEnd", 0.036, 0.022],
  ["LeftLeg", "LeftShin", 0.085, 0.058],
  ["LeftShin", "LeftFoot", 0.056, 0.04],
  ["LeftFoot", "LeftToeBase", 0.042, 0.034],
];
const SHADOW_SLANT = [0.28, -0.16]; // metres along x and z for each metre of height
const LIGHT = [-0.24, -0.27]; // where on a limb the light falls, in radii, on the screen
const STEP = 0.5; // of the floor's grid, metres

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    left: read("--figure-left"),
    right: read("--figure-right"),
    middle: read("--figure-middle"),
    band: read("--figure-band"),
    edge: read("--figure-edge"),
    floor: read("--floor"),
    shadow: read("--shadow"),
    light: read("--figure-light"),
    dark: isDark(),
  };
}

// Whether the page is dark: as somebody chose, else as the system is.
function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

// What is drawn of a skeleton: bones as joint numbers with radii and side.
export function body(names) {
  const number = (name) => names.indexOf(name);
  const bones = BONES.flatMap(([a, b, from, to, isTrunk = false]) => {
    const bone = { a: number(a), b: number(b), from, to, isTrunk, side: a.startsWith("Left") && !isTrunk ? "left" : "middle" };
    if (!b.startsWith("Left")) return [bone];
    const other = (name) => number(name.replace("Left", "Right"));
    return [bone, { ...bone, a: other(a), b: other(b), side: bone.side === "left" ? "right" : "middle" }];
  });
  return { bones, head: ["Head", "LeftEye", "RightEye", "Jaw"].map(number) };
}

// Draws the pose (x y z, joint after joint) as the camera sees it; `alpha` below 1 lets the figure fade.
export function drawFigure(context, camera, parts, pose, look, alpha) {
  const point = (joint) => camera.project(pose[3 * joint], pose[3 * joint + 1], pose[3 * joint + 2]);
  const shapes = [];
  const trunk = { rounds: [], depth: 0 };
  for (const { a, b, from, to, side, isTrunk } of parts.bones) {
    const [p, q] = [point(a), point(b)];
    const round = { p, q, from: from * p[2], to: to * q[2], side, hasEdge: true };
    if (isTrunk) trunk.rounds.push(round);
    else shapes.push({ rounds: [round], depth: (p[3] + q[3]) / 2 });
  }
  trunk.depth = trunk.rounds.reduce((sum, { p, q }) => sum + (p[3] + q[3]) / 2, 0) / trunk.rounds.length;
  shapes.push(trunk, ...headShapes(camera, parts.head, pose));
  shapes.sort((one, other) => other.depth - one.depth);
  context.globalAlpha = alpha;
  for (const { rounds } of shapes) drawRounds(context, rounds, look);
  context.globalAlpha = 1;
}

// The skull, and where the eyes are a band that tells which way it looks.
function headShapes(camera, joints, pose) {
  const { up, ahead, left, right, eyes } = headAxes(pose, joints);
  const head = 3 * joints[0];
  const place = (upwards, forwards, aside = [0, 0, 0]) =>
    camera.project(
      ...[0, 1, 2].map((axis) => pose[head + axis] + upwards * up[axis] + forwards * ahead[axis] + aside[axis]),
    );
  const [low, high] = [place(0.03, 0.04), place(0.1, 0.015)];
  const [one, other] = [left, right].map((eye) => place(0.055, 0.115, eye.map((value, axis) => value - eyes[axis])));
  const skull = { p: low, q: high, from: 0.08 * low[2], to: 0.1 * high[2], side: "middle", hasEdge: true };
  const band = { p: one, q: other, from: 0.02 * one[2], to: 0.02 * other[2], side: "band", hasEdge: false };
  return [
    { rounds: [skull], depth: (low[3] + high[3]) / 2 },
    { rounds: [band], depth: (one[3] + other[3]) / 2 },
  ];
}

// Draws rounds of one side that belong together as one shape.
function drawRounds(context, rounds, look) {
  const seen = rounds.filter(({ p, q }) => p[2] && q[2]);
  if (!seen.length) return;
  const path = new Path2D();
  for (const { p, q, from, to } of seen) outline(path, p, q, from, to);
  if (seen[0].hasEdge) {
    // An edge in the colour of the ground keeps a limb apart from what is behind it.
    context.strokeStyle = look.edge;
    context.lineWidth = 2 * Math.max(1, 0.008 * seen[0].p[2]);
    context.stroke(path);
  }
  context.fillStyle = look[seen[0].side];
  context.fill(path);
  if (!seen[0].hasEdge) return;
  if (seen.length === 1) {
    const [{ p, q, from, to }] = seen;
    const shift = (point, radius) => [point[0] + LIGHT[0] * radius, point[1] + LIGHT[1] * radius];
    const light = new Path2D();
    outline(light, shift(p, from), shift(q, to), 0.5 * from, 0.5 * to);
    context.fillStyle = look.light;
    context.fill(light);
    return;
  }
  const ends = seen.flatMap(({ p, q, from, to }) => [p[0] - from, p[0] + from, q[0] - to, q[0] + to]);
  const glow = context.createLinearGradient(Math.min(...ends), 0, Math.max(...ends), 0);
  glow.addColorStop(0.1, look.light);
  glow.addColorStop(0.75, "rgb(255 255 255 / 0%)");
  context.fillStyle = glow;
  context.fill(path);
}

// Adds the outline around two circles to a path, always in the same direction, so that outlines fill as one shape.
function outline(path, p, q, from, to) {
  const [dx, dy] = [q[0] - p[0], q[1] - p[1]];
  const length = Math.hypot(dx, dy);
  if (length <= Math.abs(from - to) + 1e-3) {
    const [centre, radius] = from > to ? [p, from] : [q, to];
    path.moveTo(centre[0] + radius, centre[1]);
    path.arc(centre[0], centre[1], radius, 0, 2 * Math.PI);
    return;
  }
  const way = Math.atan2(dy, dx);
  const spread = Math.acos((from - to) / length);
  path.moveTo(p[0] + from * Math.cos(way + spread), p[1] + from * Math.sin(way + spread));
  path.arc(p[0], p[1], from, way + spread, way - spread);
  path.arc(q[0], q[1], to, way - spread, way + spread);
  path.closePath();
}

export function drawShadow(context, camera, parts, pose, look, alpha) {
  const point = (joint) => {
    const height = Math.max(pose[3 * joint + 1], 0);
    return camera.project(
      pose[3 * joint] + SHADOW_SLANT[0] * height, 0, pose[3 * joint + 2] + SHADOW_SLANT[1] * height,
    );
  };
  const scale = camera.project(camera.target[0], 0, camera.target[2])[2];
  const path = new Path2D();
  for (const { a, b } of [...parts.bones, { a: parts.head[0], b: parts.head[1] }]) {
    const [p, q] = [point(a), point(b)];
    if (!p[2] || !q[2]) continue;
    path.moveTo(p[0], p[1]);
    path.lineTo(q[0], q[1]);
  }
  // Wide and faint to narrow and faint: together a soft edge, without a filter that costs.
  context.strokeStyle = look.shadow;
  context.lineCap = context.lineJoin = "round";
  const strokes = Math.min(Math.max(Math.round(scale / 16), 5), 16);
  context.globalAlpha = (look.dark ? 0.5 : 0.2) * (alpha / strokes);
  for (let stroke = 0; stroke < strokes; stroke++) {
    context.lineWidth = (0.25 - (0.18 * stroke) / strokes) * scale;
    context.stroke(path);
  }
  context.globalAlpha = 1;
}

// Draws the floor's grid around the camera's target, paler with distance.
export function drawFloor(context, camera, look, radius) {
  const size = Math.ceil(radius / STEP);
  const [column, row] = [Math.round(camera.target[0] / STEP), Math.round(camera.target[2] / STEP)];
  const points = new Map();
  const shades = [new Path2D(), new Path2D(), new Path2D(), new Path2D(), new Path2D()];
  for (let i = -size; i <= size; i++) {
    for (let j = -size; j <= size; j++) {
      const [x, z] = [(column + i) * STEP, (row + j) * STEP];
      const near = 1 - Math.hypot(x - camera.target[0], z - camera.target[2]) / radius;
      points.set(i * 1000 + j, { at: camera.project(x, 0, z), near });
    }
  }
  for (const [key, { at, near }] of points) {
    for (const next of [points.get(key + 1000), points.get(key + 1)]) {
      const shade = Math.floor(Math.min(near, next?.near ?? 0) * shades.length);
      if (!next || shade < 0 || !at[2] || !next.at[2]) continue;
      const path = shades[Math.min(shade, shades.length - 1)];
      path.moveTo(at[0], at[1]);
      path.lineTo(next.at[0], next.at[1]);
    }
  }
  context.strokeStyle = look.floor;
  context.lineCap = "butt";
  context.lineWidth = 1;
  shades.forEach((path, shade) => {
    context.globalAlpha = 0.08 + 0.085 * shade;
    context.stroke(path);
  });
  context.globalAlpha = 1;
}
