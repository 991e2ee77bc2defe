// A camera that goes around a point, and what it should look at to show a whole motion. Metres and radians, y up.

export const FOCAL = 1.7; // focal length in heights of the picture: a calm, slightly long lens
const FOLLOW_SECONDS = 0.8; // the camera follows the hips' way smoothed over about this long
const STAYS_METRES = 0.5; // and stands still for a motion that stays within this of its middle

export class Camera {
  constructor({ yaw = 0.5, pitch = 0.2, distance = 4, target = [0, 0.9, 0] } = {}) {
    Object.assign(this, { yaw, pitch, distance, target: [...target], width: 1, height: 1 });
    this.aim();
  }

  // To be called after any change.
  aim() {
    this.cosYaw = Math.cos(this.yaw);
    this.sinYaw = Math.sin(this.yaw);
    this.cosPitch = Math.cos(this.pitch);
    this.sinPitch = Math.sin(this.pitch);
  }

  // Returns [x, y, pixels a metre, distance from the eye] of a point; behind the eye the scale is 0.
  project(x, y, z) {
    const dx = x - this.target[0];
    const dy = y - this.target[1];
    const dz = z - this.target[2];
    const side = dx * this.cosYaw - dz * this.sinYaw;
    const near = dx * this.sinYaw + dz * this.cosYaw;
    const depth = this.distance - dy * this.sinPitch - near * this.cosPitch;
    if (depth < 0.2) return [0, 0, 0, depth];
    const scale = (FOCAL * this.height) / depth;
    const up = dy * this.cosPitch - near * this.sinPitch;
    return [this.width / 2 + side * scale, this.height / 2 - up * scale, scale, depth];
  }
}

// Returns { yaw, height, reach, way }: from where to look, how high and how wide the motion is around the point that
// the camera follows, and that point's x and z for each frame.
export function framing(motion) {
  const { joints, numFrames, names, fps } = motion;
  const count = names.length;
  const at = (frame, joint, axis) => joints[(frame * count + joint) * 3 + axis];
  const way = followed(motion);
  let height = 0;
  let reach = 0;
  for (let frame = 0; frame < numFrames; frame++) {
    for (let joint = 0; joint < count; joint++) {
      height = Math.max(height, at(frame, joint, 1));
      const side = Math.hypot(at(frame, joint, 0) - way[2 * frame], at(frame, joint, 2) - way[2 * frame + 1]);
      reach = Math.max(reach, side);
    }
  }
  const [left, right] = [names.indexOf("LeftLeg"), names.indexOf("RightLeg")];
  // Where the body faces is a quarter turn from the line through the hips; it is looked at from there, a bit aside.
  const facing = Math.atan2(at(0, right, 2) - at(0, left, 2), at(0, left, 0) - at(0, right, 0));
  return { yaw: facing + 0.55, height: height + 0.12, reach, way, fps };
}

// Turns the camera to where a framing wants it; zoom 1 shows all.
export function showAll(camera, frame) {
  const tall = (frame.height + 0.3) * FOCAL;
  const wide = 2 * (frame.reach + 0.1) * FOCAL * (camera.height / camera.width);
  camera.distance = Math.max(tall, wide) + 0.35 * frame.reach;
  camera.target[1] = frame.height * 0.48;
  camera.aim();
}

function followed({ joints, numFrames, names, fps }) {
  const way = new Float32Array(2 * numFrames);
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let frame = 0; frame < numFrames; frame++) {
    for (const axis of [0, 1]) {
      const value = joints[frame * names.length * 3 + 2 * axis];
      way[2 * frame + axis] = value;
      low[axis] = Math.min(low[axis], value);
      high[axis] = Math.max(high[axis], value);
    }
  }
  const middle = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
  if (Math.hypot(high[0] - low[0], high[1] - low[1]) / 2 < STAYS_METRES) {
    for (let i = 0; i < way.length; i++) way[i] = middle[i % 2];
    return way;
  }
  const half = Math.round((FOLLOW_SECONDS * fps) / 2);
  return smooth(smooth(way, half), half);
}

function smooth(way, half) {
  const last = way.length / 2 - 1;
  return way.map((_, i) => {
    const frame = i >> 1;
    let sum = 0;
    for (let step = -half; step <= half; step++) sum += way[2 * Math.min(Math.max(frame + step, 0), last) + (i & 1)];
    return sum / (2 * half + 1);
  });
}
