// The body and the bones of SOMA-30 as rings around lines between joints. Metres.
//
// A piece lies along the line from one joint to another. A ring is [share of the line, metres beyond it, half its width,
// half its depth, metres that its middle is moved forwards]. Width goes along `across`, the line between two other
// joints; where a piece is round it does not matter.

import { sideOf } from "../plain.js";

const round = (...radii) => radii.map(([share, radius]) => [share, 0, radius, radius, 0]);

// A round limb with round ends.
function limb(a, b, ...radii) {
  const rings = round(...radii);
  const cap = (end, radius, way) =>
    [0.98, 0.85, 0.5].map((part) => [end, way * radius * part, radius * Math.sqrt(1 - part * part), radius * Math.sqrt(1 - part * part), 0]);
  return { a, b, rings: [...cap(0, radii[0][1], -1), ...rings, ...cap(1, radii.at(-1)[1], 1).reverse()] };
}

const ring = (beyond, width, depth, forwards = 0) => [0, beyond, width, depth, forwards];

const TRUNK = [
  {
    a: "Hips", b: "Spine2", across: ["RightLeg", "LeftLeg"],
    rings: [
      ring(-0.165, 0.02, 0.02), ring(-0.155, 0.065, 0.06), ring(-0.12, 0.118, 0.095), ring(-0.07, 0.15, 0.112),
      ring(-0.02, 0.153, 0.112), ring(0.04, 0.14, 0.102), ring(0.1, 0.126, 0.092), ring(0.15, 0.1, 0.075), ring(0.17, 0.03, 0.02),
    ],
  },
  {
    a: "Spine1", b: "Chest", across: ["RightLeg", "LeftLeg"],
    rings: [
      ring(-0.05, 0.03, 0.02), ring(-0.03, 0.1, 0.075), ring(0.03, 0.125, 0.092), ring(0.08, 0.126, 0.094),
      ring(0.14, 0.131, 0.098), ring(0.2, 0.11, 0.08), ring(0.22, 0.03, 0.02),
    ],
  },
  {
    a: "Chest", b: "Neck1", across: ["RightArm", "LeftArm"],
    rings: [
      ring(-0.08, 0.03, 0.02), ring(-0.06, 0.1, 0.072), ring(-0.01, 0.136, 0.1), ring(0.06, 0.153, 0.112, 0.004),
      ring(0.13, 0.16, 0.114, 0.008), ring(0.18, 0.152, 0.104, 0.008), ring(0.22, 0.125, 0.085, 0.004),
      ring(0.255, 0.075, 0.062), ring(0.275, 0.05, 0.045), ring(0.28, 0.01, 0.01),
    ],
  },
  limb("Neck1", "Head", [0, 0.052], [1, 0.049]),
];

const SKULL = [
  [-0.085, 0.012, 0.014, 0.052], [-0.078, 0.03, 0.032, 0.048], [-0.055, 0.05, 0.056, 0.036], [-0.02, 0.066, 0.08, 0.02],
  [0.02, 0.075, 0.094, 0.008], [0.06, 0.077, 0.098, 0], [0.095, 0.069, 0.09, -0.004], [0.12, 0.052, 0.07, -0.008],
  [0.138, 0.028, 0.038, -0.01], [0.142, 0.006, 0.008, -0.01],
].map(([up, width, depth, ahead]) => ring(up + 0.055, width, depth, ahead + 0.018));

const ARM = [
  limb("Chest", "LeftArm", [0.62, 0.055], [0.8, 0.057], [1, 0.056]),
  limb("LeftArm", "LeftForeArm", [0, 0.058], [0.2, 0.058], [0.5, 0.05], [0.85, 0.041], [1, 0.041]),
  limb("LeftForeArm", "LeftHand", [0, 0.041], [0.25, 0.046], [0.6, 0.037], [1, 0.028]),
  {
    a: "LeftHand", b: "LeftHandMiddleEnd", across: ["LeftHand", "LeftHandThumbEnd"],
    rings: [
      ring(-0.02, 0.012, 0.012), ring(-0.005, 0.027, 0.023), ring(0.04, 0.037, 0.021), ring(0.085, 0.042, 0.02),
      ring(0.12, 0.039, 0.017), ring(0.16, 0.032, 0.013), ring(0.185, 0.018, 0.009), ring(0.19, 0.004, 0.003),
    ],
  },
  limb("LeftHand", "LeftHandThumbEnd", [0.15, 0.019], [0.6, 0.016], [0.85, 0.012]),
];

const LEG = [
  limb("LeftLeg", "LeftShin", [0, 0.09], [0.18, 0.092], [0.45, 0.079], [0.8, 0.061], [1, 0.056]),
  limb("LeftShin", "LeftFoot", [0, 0.056], [0.12, 0.056], [0.3, 0.059], [0.55, 0.048], [0.85, 0.036], [1, 0.037]),
  {
    // Depth goes from the sole to the shin here.
    a: "LeftFoot", b: "LeftToeBase", forwards: ["LeftFoot", "LeftShin"],
    rings: [
      ring(-0.058, 0.01, 0.012, -0.036), ring(-0.05, 0.024, 0.028, -0.036), ring(-0.02, 0.035, 0.046, -0.026),
      ring(0.03, 0.037, 0.05, -0.016), ring(0.08, 0.041, 0.039, -0.008), ring(0.13, 0.044, 0.028, 0.001),
      ring(0.175, 0.041, 0.021, 0.014), ring(0.205, 0.03, 0.015, 0.026), ring(0.215, 0.008, 0.004, 0.03),
    ],
  },
];

const other = (name) => name?.replace("Left", "Right");
const mirrored = (piece) => ({
  ...piece,
  a: other(piece.a),
  b: other(piece.b),
  across: piece.across?.map(other),
  forwards: piece.forwards?.map(other),
});
const bothSides = (pieces) => [
  ...pieces.map((piece) => ({ ...piece, side: piece.a === "Chest" ? "middle" : "left" })),
  ...pieces.map((piece) => ({ ...mirrored(piece), side: piece.a === "Chest" ? "middle" : "right" })),
];

// Where the eyes are: an open band around the front of the skull tells which way it looks.
const BAND = [
  ring(0.032, 0.0742, 0.0895, 0.03), ring(0.045, 0.0785, 0.0955, 0.031), ring(0.066, 0.0795, 0.099, 0.029),
  ring(0.079, 0.0768, 0.0965, 0.026),
];

export const BODY = [
  ...TRUNK.map((piece) => ({ ...piece, side: "middle" })),
  ...bothSides([...ARM, ...LEG]),
  { a: "Head", b: "Head", isHead: true, rings: SKULL, side: "middle" },
  { a: "Head", b: "Head", isHead: true, rings: BAND, arc: 2.1, side: "band" },
];

// Thin double cones from joint to joint.
export const bones = (names, parents) =>
  parents.flatMap((parent, joint) => {
    if (parent < 0) return [];
    const side = sideOf(names[joint]);
    const [a, b] = [names[parent], names[joint]];
    return [
      { a, b, side, rings: round([0, 0.002], [0.12, 0.019], [0.5, 0.012], [1, 0.004]) },
      { ...limb(b, b, [0, 0.016]), side },
    ];
  });
