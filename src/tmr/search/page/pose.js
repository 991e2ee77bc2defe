// Where the joints are at a time, and what the head's three points tell. Metres and seconds.

// Writes the joints at a time, between two frames where it falls there, into `pose` (x y z, joint after joint).
export function poseAt(motion, seconds, pose) {
  const { frame, next, part } = between(motion, seconds);
  const width = pose.length;
  const { joints } = motion;
  for (let i = 0; i < width; i++) {
    pose[i] = joints[frame * width + i] * (1 - part) + joints[next * width + i] * part;
  }
  return pose;
}

// Returns the point on the floor that a camera follows at a time, as x and z.
export function wayAt(motion, way, seconds) {
  const { frame, next, part } = between(motion, seconds);
  return [0, 1].map((axis) => way[2 * frame + axis] * (1 - part) + way[2 * next + axis] * part);
}

// Returns the head's up and ahead as unit vectors, and its eyes from the head's joint.
export function headAxes(pose, [head, leftEye, rightEye, jaw]) {
  const at = (joint) => [0, 1, 2].map((axis) => pose[3 * joint + axis] - pose[3 * head + axis]);
  const [left, right, chin] = [at(leftEye), at(rightEye), at(jaw)];
  const eyes = left.map((value, axis) => (value + right[axis]) / 2);
  // On SOMA's rigid head this difference points straight up.
  const up = unit(eyes.map((value, axis) => value - 2.445 * chin[axis]));
  const rise = eyes.reduce((sum, value, axis) => sum + value * up[axis], 0);
  const ahead = unit(eyes.map((value, axis) => value - rise * up[axis]));
  return { up, ahead, left, right, eyes };
}

function between({ fps, numFrames }, seconds) {
  const place = Math.min(Math.max(seconds * fps, 0), numFrames - 1);
  const frame = Math.min(Math.floor(place), Math.max(numFrames - 2, 0));
  return { frame, next: Math.min(frame + 1, numFrames - 1), part: place - frame };
}

function unit(vector) {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
