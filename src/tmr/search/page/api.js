// Asks the service. Answers are plain objects; what goes wrong is an Error whose message can be shown.

const KEPT_MOTIONS = 80;
const MOST_TRIES = 6;
const LONGEST_WAIT_SECONDS = 15;
const GONE = "The service does not answer. Is `tmr serve` still running?";
const motions = new Map();
let index = null;

// What went wrong: `status` is 0 if no service answered at all.
export class ServiceError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// From now on this index is meant; null is the service's first.
export function useIndex(name) {
  if (name === index) return;
  index = name;
  motions.clear();
}

export function withIndex(parameters = {}) {
  const asked = Object.entries({ ...parameters, index: index ?? undefined });
  return String(new URLSearchParams(asked.filter(([, value]) => value !== undefined)));
}

let failures = 0;

// Imports a part of the page when it is first needed. A browser asks but once for a script that did not come, so that
// the next try has an address of its own.
export async function load(name) {
  try {
    return await import(failures ? `./${name}?${failures}` : `./${name}`);
  } catch {
    failures += 1;
    throw new ServiceError(GONE, 0);
  }
}

async function ask(path, parameters = {}, { signal, body } = {}) {
  const sent = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await answered(`${path}?${withIndex(parameters)}`, { signal, ...sent });
  return response.json();
}

// Asks, and asks again after the pause that a service with too much to do names.
async function answered(address, options) {
  for (let attempt = 1; ; attempt++) {
    let response;
    try {
      response = await fetch(address, options);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ServiceError(GONE, 0);
    }
    if (response.ok) return response;
    const seconds = Number(response.headers.get("Retry-After"));
    if (![429, 503].includes(response.status) || !seconds || attempt === MOST_TRIES) throw await refusal(response);
    const pause = Math.min(seconds, LONGEST_WAIT_SECONDS);
    document.dispatchEvent(new CustomEvent("servicewait", { detail: { seconds: pause, status: response.status } }));
    await wait(1000 * pause, options.signal);
  }
}

function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

async function refusal(response) {
  if (response.status === 401) return new ServiceError("This service needs a token. Reload the page to give one.", 401);
  const answer = await response.json().catch(() => ({}));
  return new ServiceError(sentence(answer.error ?? `The service answered ${response.status}.`), response.status);
}

// A message as a sentence; one that begins with the name of a file keeps the name as it is.
export function sentence(text) {
  const first = /^\S*[._/]/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return first + text.slice(1) + (/[.?!…]$/.test(text) ? "" : ".");
}

export const search = (body, signal) => ask("/api/search", {}, { signal, body });
export const items = (parameters, signal) => ask("/api/items", parameters, { signal });
export const item = (id) => ask(`/api/items/${encodeURIComponent(id)}`);
export const fields = () => ask("/api/fields");
export const indexes = () => ask("/api/indexes");
export const health = () => ask("/api/health");
export const isAlive = () => fetch("/api/live").then((response) => response.ok, () => false);

// Where an item's file is: `format` original, bvh or npz; the last two from `start` to `end`.
export function fileAddress(id, { format, start, end } = {}) {
  const asked = withIndex({ format, start, end });
  return `/api/items/${encodeURIComponent(id)}/file${asked && `?${asked}`}`;
}

// Returns several motions as one zip; `onProgress` is told the bytes that came.
export async function zip(body, onProgress = () => {}) {
  const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await answered(`/api/zip?${withIndex()}`, sent);
  const pieces = [];
  let bytes = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces, { type: "application/zip" });
    pieces.push(value);
    onProgress((bytes += value.length));
  }
}

// Sends motion files, one motion, and returns what was understood of it. `onProgress` is told the share that is sent;
// fetch cannot tell that.
export function embedFiles(files, onProgress = () => {}) {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    request.open("POST", `/api/embed/file?${withIndex()}`);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status === 200) resolve({ ...request.response, motion: decode(request.response.motion) });
      else reject(new ServiceError(sentence(request.response?.error ?? `The service answered ${request.status}.`), request.status));
    });
    request.addEventListener("error", () =>
      reject(new ServiceError("The file could not be sent. Perhaps it is too large for this service.", 0)),
    );
    request.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
    request.send(form);
  });
  return { answer, abort: () => request.abort() };
}

// Returns { fps, numFrames, names, parents, joints }: joints in metres, frame after frame, x y z joint after joint.
export function motion(hit) {
  const key = `${hit.id} ${hit.start_seconds} ${hit.end_seconds}`;
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
