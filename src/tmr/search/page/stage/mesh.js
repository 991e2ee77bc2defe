// A mesh of rings around lines between joints, and where each piece of it lies in a pose.

import { BufferAttribute, BufferGeometry } from "../vendor/three/three.js";
import { headAxes } from "../pose.js";

const SEGMENTS = 14; // of a ring

// Returns { geometry, pieces }: pieces with joint numbers and the length of their line, in the order of the bones that
// the geometry's points belong to. `pose` tells the lengths.
export function build(shapes, names, pose) {
  const number = (name) => names.indexOf(name);
  const pieces = shapes.map(({ a, b, across, forwards, ...rest }) => {
    const piece = { ...rest, a: number(a), b: number(b), across: across?.map(number), forwards: forwards?.map(number) };
    return { ...piece, length: Math.hypot(...towards(pose, piece.a, piece.b)) };
  });
  const points = { position: [], bone: [], index: [] };
  for (const [bone, piece] of pieces.entries()) addRings(points, piece, bone);
  const geometry = new BufferGeometry();
  geometry.setIndex(points.index);
  geometry.setAttribute("position", new BufferAttribute(Float32Array.from(points.position), 3));
  const indices = Uint16Array.from(points.bone.flatMap((bone) => [bone, 0, 0, 0]));
  const weights = Float32Array.from(points.bone.flatMap(() => [1, 0, 0, 0]));
  geometry.setAttribute("skinIndex", new BufferAttribute(indices, 4));
  geometry.setAttribute("skinWeight", new BufferAttribute(weights, 4));
  geometry.setAttribute("color", new BufferAttribute(new Float32Array(points.position.length), 3));
  geometry.computeVertexNormals();
  return { geometry, pieces, head: ["Head", "LeftEye", "RightEye", "Jaw"].map(number) };
}

// Gives every point the colour (red, green, blue) of its piece's side.
export function paintSides({ geometry, pieces }, colours) {
  const { color, skinIndex } = geometry.attributes;
  for (let i = 0; i < color.count; i++) color.setXYZ(i, ...colours[pieces[skinIndex.getX(i)].side]);
  color.needsUpdate = true;
}

function addRings({ position, bone, index }, { rings, length, arc }, number) {
  const first = position.length / 3;
  const isOpen = arc !== undefined;
  const count = isOpen ? SEGMENTS + 1 : SEGMENTS;
  for (const [share, beyond, width, depth, forwards] of rings) {
    for (let i = 0; i < count; i++) {
      const angle = isOpen ? Math.PI / 2 + arc * (0.5 - i / SEGMENTS) : (-2 * Math.PI * i) / SEGMENTS;
      position.push(width * Math.cos(angle), share * length + beyond, depth * Math.sin(angle) + forwards);
      bone.push(number);
    }
  }
  for (let row = 0; row + 1 < rings.length; row++) {
    for (let i = 0; i < SEGMENTS; i++) {
      const [here, next] = [i, (i + 1) % count].map((column) => first + row * count + column);
      index.push(here, next, here + count, next, next + count, here + count);
    }
  }
}

// Writes each piece's place in a pose as a matrix (sixteen numbers, column by column), by way of `set(bone, elements)`.
export function placePieces({ pieces, head }, pose, set) {
  const elements = new Float32Array(16);
  elements[15] = 1;
  const skull = headFrame(pose, head);
  for (const [bone, piece] of pieces.entries()) {
    const frame = piece.isHead ? skull : pieceFrame(piece, pose);
    for (let axis = 0; axis < 3; axis++) {
      for (let row = 0; row < 3; row++) elements[4 * axis + row] = frame[axis][row];
      elements[12 + axis] = pose[3 * piece.a + axis];
    }
    set(bone, elements);
  }
}

function headFrame(pose, head) {
  const { up, ahead } = headAxes(pose, head);
  return [cross(up, ahead), up, ahead];
}

function pieceFrame({ a, b, across, forwards, length }, pose) {
  if (a === b) return [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const line = towards(pose, a, b);
  const along = scaled(line, 1 / (Math.hypot(...line) || 1));
  const stretched = scaled(line, 1 / (length || 1));
  if (forwards) {
    const depth = upright(towards(pose, ...forwards), along);
    return [cross(along, depth), stretched, depth];
  }
  const aside = across ? towards(pose, ...across) : Math.abs(along[1]) < 0.8 ? [0, 1, 0] : [1, 0, 0];
  const width = upright(aside, along);
  return [width, stretched, cross(width, along)];
}

function towards(pose, from, to) {
  return [0, 1, 2].map((axis) => pose[3 * to + axis] - pose[3 * from + axis]);
}

const scaled = (vector, factor) => vector.map((value) => value * factor);

// The part of a vector that stands upright on a direction, of length 1.
function upright(vector, along) {
  const share = vector.reduce((sum, value, axis) => sum + value * along[axis], 0);
  const rest = vector.map((value, axis) => value - share * along[axis]);
  const length = Math.hypot(...rest);
  if (length > 1e-6) return scaled(rest, 1 / length);
  return upright(Math.abs(along[0]) < 0.8 ? [1, 0, 0] : [0, 0, 1], along);
}

function cross([a, b, c], [d, e, f]) {
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}
