// How names, times and similarities are written.

// Returns the file's name without its folder, and its ending apart.
export function shortName(name) {
  const file = name.split(/[/\\]/).pop() || name;
  const dot = file.lastIndexOf(".");
  return dot > 0 ? { base: file.slice(0, dot), ending: file.slice(dot) } : { base: file, ending: "" };
}

export function duration(hit) {
  const isPart = hit.end_seconds - hit.start_seconds < hit.seconds - 0.1;
  const clock = (seconds) =>
    seconds < 60 ? seconds.toFixed(1) : `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  if (!isPart) return `${hit.seconds.toFixed(1)} s`;
  return `${clock(hit.start_seconds)}–${clock(hit.end_seconds)}${hit.end_seconds < 60 ? " s" : ""}`;
}

export function facts(hit) {
  const isPart = hit.end_seconds - hit.start_seconds < hit.seconds - 0.1;
  const words = [duration(hit) + (isPart ? ` of ${hit.seconds.toFixed(1)} s` : "")];
  if (hit.similarity !== undefined) words.unshift(`similarity ${hit.similarity.toFixed(2)}`);
  const folder = hit.item.split("/").slice(0, -1).join("/");
  if (folder) words.push(`in ${folder}`);
  return words.join(" · ");
}

// How fields that the index itself measures are called and counted; others have the names the user gave them.
const FIELDS = {
  seconds: ["Duration", "s"],
  speed: ["Speed", "m/s"],
  fps: ["Frames per second", ""],
  hand: ["Hand that moves", ""],
  foot: ["Foot that moves", ""],
  folder: ["Folder", ""],
  format: ["Format", ""],
  skeleton: ["Skeleton", ""],
};
export const fieldName = (field) => FIELDS[field]?.[0] ?? field;
export const fieldUnit = (field) => FIELDS[field]?.[1] ?? "";

export const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
