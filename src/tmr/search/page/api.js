// Asks the service. Answers are plain objects; what goes wrong is an Error whose message can be shown.

const KEPT_MOTIONS = 80;
const motions = new Map();

async function ask(path, parameters = {}, signal = undefined) {
  const asked = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined));
  let response;
  try {
    response = await fetch(`${path}?${asked}`, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service does not answer. Is `tmr serve` still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(sentence(answer.error ?? `The service answered ${response.status}.`));
  return answer;
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.?!…]$/.test(text) ? "" : ".");
}

export const search = (q, k, signal) => ask("/api/search", { q, k }, signal);
export const similar = (item, start, k, signal) => ask("/api/similar", { item, start, k }, signal);
export const items = (k, signal) => ask("/api/items", { k }, signal);
export const item = (id) => ask(`/api/items/${id}`);
export const fileAddress = (id) => `/api/items/${id}/file`;

// Returns { fps, numFrames, names, parents, joints }: joints in metres, frame after frame, x y z joint after joint.
export function motion(hit) {
  const key = `${hit.id} ${hit.start_seconds}`;
  if (!motions.has(key)) {
    const asked = ask(`/api/items/${hit.id}/motion`, { start: hit.start_seconds, end: hit.end_seconds }).then(decode);
    asked.catch(() => motions.delete(key));
    motions.set(key, asked);
    if (motions.size > KEPT_MOTIONS) motions.delete(motions.keys().next().value);
  }
  return motions.get(key);
}

function decode(answer) {
  const bytes = Uint8Array.from(atob(answer.joints), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const joints = new Float32Array(bytes.length / 2);
  for (let i = 0; i < joints.length; i++) joints[i] = view.getInt16(2 * i, true) * answer.unit_metres;
  return {
    fps: answer.fps,
    numFrames: answer.num_frames,
    names: answer.joint_names,
    parents: answer.parents,
    joints,
  };
}
