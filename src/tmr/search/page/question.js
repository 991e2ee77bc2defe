// The question: all that is asked, and how it is written in the address bar and sent to the service.
//
// A question has `text` (what stands in the box), `parts` (the chips of a mix), filters (`ranges`, `values`, `where`),
// `fold`, `moments` and `index`. A part is { weight, kind } and, by kind, `text`, or `item` and `start`, or `vector` and
// `name`: base64 of 16-bit whole numbers, so that a file that was dropped can stand in an address too.

import { fieldName, fieldUnit } from "./words.js";

const VECTOR_SCALE = 32767;
export const MOMENTS = { "": 1, together: 5, apart: 5 };
export const MOST_PARTS = 12;
const SIGN = /^([+\-−–])\s+|^(without|and)\s+/i;
const BETWEEN = /\s+(?=[+\-−–]\s+\S)/;

export const emptyQuestion = () => ({
  text: "", parts: [], ranges: {}, values: {}, where: "", fold: false, moments: "", index: null,
});

// Reads a text with a sign before it: { weight, text }.
export function signed(text) {
  const found = SIGN.exec(text.trim());
  const rest = found ? text.trim().slice(found[0].length) : text.trim();
  const isAway = found && (["-", "−", "–"].includes(found[1]) || found[2]?.toLowerCase() === "without");
  return { weight: isAway ? -1 : 1, text: rest.trim() };
}

// Cuts "walk + tired - limp" into its signed parts; one without a sign comes alone.
export function splitMix(text) {
  return text.trim().split(BETWEEN).map(signed).filter((one) => one.text);
}

// Whether Enter makes chips of a text: it has a sign, or there are chips already.
export function isMix(question) {
  return question.parts.length > 0 || splitMix(question.text).length > 1 || SIGN.test(question.text.trim());
}

// All parts of the question, with what stands in the box.
export function piecesOf({ parts, text }) {
  return [...parts, ...splitMix(text).map((one) => ({ kind: "text", ...one }))];
}

export const isBrowsing = (question) => piecesOf(question).length === 0;

// Whether it is a single sentence: only for that it was measured what a similarity means.
export function isSentence(question) {
  const pieces = piecesOf(question);
  return pieces.length === 1 && pieces[0].kind === "text" && pieces[0].weight > 0;
}

// The body for POST /api/search, without how many.
export function bodyOf(question) {
  const pieces = piecesOf(question);
  const { fold, moments } = question;
  const terms = { where: whereOf(question) || undefined, fold, moments: MOMENTS[moments] ?? 1, spread: true };
  if (pieces.length === 1 && pieces[0].weight > 0) return { ...queryOf(pieces[0]), ...terms };
  return { mix: pieces.map((piece) => ({ ...queryOf(piece), weight: piece.weight })), ...terms };
}

function queryOf(piece) {
  if (piece.kind === "text") return { text: piece.text };
  if (piece.kind === "item") return { item: piece.item, start_seconds: piece.start };
  return { embedding: unpackVector(piece.vector) };
}

export function packVector(numbers) {
  const bytes = new Uint8Array(new Int16Array(numbers.map((number) => Math.round(number * VECTOR_SCALE))).buffer);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

function unpackVector(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return [...new Int16Array(bytes.buffer)].map((number) => number / VECTOR_SCALE);
}

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

// The clauses of the filters: each with the words of its chip, its text for the service, and what takes it away.
export function clausesOf(question) {
  const clauses = [];
  for (const [field, [low, high]] of Object.entries(question.ranges)) {
    const bounds = [low === null ? null : `\`${field}\` >= ${low}`, high === null ? null : `\`${field}\` <= ${high}`];
    const span = low === null ? `up to ${high}` : high === null ? `from ${low}` : `${low} – ${high}`;
    const words = `${fieldName(field)} ${span} ${fieldUnit(field)}`.trim();
    const { [field]: _, ...ranges } = question.ranges;
    clauses.push({ words, where: bounds.filter(Boolean).join(" and "), without: { ranges } });
  }
  for (const [field, chosen] of Object.entries(question.values)) {
    const { [field]: _, ...values } = question.values;
    const where = `\`${field}\` in (${chosen.map(quoted).join(", ")})`;
    clauses.push({ words: `${fieldName(field)}: ${chosen.join(" or ")}`, where, without: { values } });
  }
  if (question.where) clauses.push({ words: question.where, where: `(${question.where})`, without: { where: "" } });
  return clauses;
}

export const whereOf = (question) => clausesOf(question).map((clause) => clause.where).join(" and ");

export function toAddress(question) {
  const address = new URLSearchParams();
  const { text, parts, ranges, values, where, fold, moments, index } = question;
  if (text.trim()) address.set("q", text.trim());
  for (const piece of parts) address.append("with", partAddress(piece));
  for (const [field, [low, high]] of Object.entries(ranges)) address.set(`between.${field}`, `${low ?? ""}..${high ?? ""}`);
  for (const [field, chosen] of Object.entries(values)) for (const value of chosen) address.append(`is.${field}`, value);
  if (where) address.set("where", where);
  if (fold) address.set("fold", "1");
  if (moments) address.set("moments", moments);
  if (index) address.set("index", index);
  return address;
}

function partAddress({ weight, kind, ...piece }) {
  const rest = { text: [piece.text], item: [piece.item, piece.start], file: [piece.vector, piece.name] }[kind];
  return [weight, kind, ...rest].join("~");
}

export function fromAddress(address) {
  const question = { ...emptyQuestion(), text: address.get("q") ?? "", where: address.get("where") ?? "" };
  question.parts = address.getAll("with").map(readPart).filter(Boolean).slice(0, MOST_PARTS);
  question.fold = address.get("fold") === "1";
  question.moments = address.get("moments") in MOMENTS ? address.get("moments") : "";
  question.index = address.get("index");
  for (const [name, value] of address) {
    const [, how, field] = /^(between|is)\.([^`]+)$/.exec(name) ?? [];
    const [, low, high] = /^(-?[\d.e+-]*)\.\.(-?[\d.e+-]*)$/.exec(value) ?? [];
    if (how === "is") question.values[field] = [...(question.values[field] ?? []), value];
    const bounds = [numberOf(low), numberOf(high)];
    if (how === "between" && bounds.some((bound) => bound !== null)) question.ranges[field] = bounds;
  }
  return question;
}

const numberOf = (text) => (!text || !Number.isFinite(Number(text)) ? null : Number(text));

// What cannot be read, as an address that was cut short, is left out.
function readPart(text) {
  const [weight, kind, first, ...rest] = text.split("~");
  const [number, last] = [Number(weight), rest.join("~")];
  if (!Number.isFinite(number) || number === 0 || !first) return null;
  if (kind === "text") return { weight: number, kind, text: [first, ...rest].join("~") };
  if (kind === "item") return { weight: number, kind, item: first, start: Number(last) || 0 };
  if (kind === "file" && /^[\w-]{683}=?$/.test(first)) return { weight: number, kind, vector: first, name: last };
  return null;
}
