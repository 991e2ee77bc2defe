// Asks the service for the map of the library, and decodes it.

import { ServiceError, sentence, withIndex } from "../api.js";

const MOST_REFUSALS = 5;
const FINEST = 65535;

// Returns { ids, x, y, labels, inside, colours, fields, isOld }: x and y are 0 to 1, y upwards. While the service makes
// the map, `onProgress` is told the share that is done.
export async function libraryMap({ where, colour }, { signal, onProgress = () => {} } = {}) {
  for (let refusals = 0; ; ) {
    const response = await get("/api/map", { where: where || undefined, colour: colour || undefined }, signal);
    const answer = await response.json().catch(() => ({}));
    if (response.status === 200) return decoded(answer);
    const isMade = response.status === 202;
    if (!isMade && (![429, 503].includes(response.status) || ++refusals > MOST_REFUSALS)) {
      throw new ServiceError(sentence(answer.error ?? `The service answered ${response.status}.`), response.status);
    }
    if (isMade) onProgress(answer.share);
    await pause(Math.min(Number(response.headers.get("Retry-After")) || 1, 10), signal);
  }
}

// Returns where the windows of a long take stand: { x, y }, in the order of time; empty for a short one.
export async function windowsOf(id, signal) {
  const response = await get("/api/map/path", { item: id }, signal);
  return response.ok ? response.json() : { x: [], y: [] };
}

async function get(path, parameters, signal) {
  try {
    return await fetch(`${path}?${withIndex(parameters)}`, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError("The service does not answer. Is `tmr serve` still running?", 0);
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

function decoded(answer) {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const places = (text) => Float32Array.from(new Uint16Array(bytes(text).buffer), (place) => place / FINEST);
  const ids = bytes(answer.ids);
  return {
    count: answer.items,
    // Made when one is asked for: a hundred thousand texts take a while.
    idOf: (point) => Array.from(ids.subarray(10 * point, 10 * point + 10), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    x: places(answer.x),
    y: places(answer.y),
    labels: answer.labels,
    inside: answer.inside === null ? null : bytes(answer.inside),
    colours: answer.colours && { ...answer.colours, codes: bytes(answer.colours.codes) },
    fields: answer.fields,
    isOld: answer.state === "updating",
  };
}
