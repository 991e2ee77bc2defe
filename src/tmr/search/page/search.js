// Asking: the newest question only, a page after the other, moments of one take put together where that is wanted.

import * as api from "./api.js";
import { bodyOf, isBrowsing, piecesOf, whereOf } from "./question.js";

const FIRST_HITS = 24;
const MOST_HITS = 100; // the service gives no more at once
const PATIENCE_MILLISECONDS = 200;

export class Search {
  constructor() {
    Object.assign(this, { running: null, found: [], offset: 0 });
  }

  // Asks a question; an answer that comes after a newer question was asked is never shown.
  async ask(question, { onWaiting, onAnswer, onFailure, onEnd }) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    const waiting = setTimeout(onWaiting, PATIENCE_MILLISECONDS);
    try {
      const answer = await this.page(question, 0, running.signal);
      if (running.signal.aborted) return;
      onEnd();
      onAnswer({ ...answer, isFirst: true });
    } catch (error) {
      if (error.name === "AbortError" || running.signal.aborted) return;
      onEnd();
      onFailure(error);
    } finally {
      clearTimeout(waiting);
    }
  }

  // Asks for the hits that follow.
  async more(question, { onAnswer, onFailure }) {
    const { signal } = this.running;
    try {
      const answer = await this.page(question, this.offset, signal);
      if (!signal.aborted) onAnswer({ ...answer, isFirst: false });
    } catch (error) {
      if (error.name !== "AbortError") onFailure(error);
    }
  }

  async page(question, offset, signal) {
    const liked = new Set(piecesOf(question).filter((piece) => piece.kind === "item" && piece.weight > 0).map((piece) => piece.item));
    const k = Math.min(FIRST_HITS + (offset ? 0 : liked.size), MOST_HITS);
    let answer;
    if (isBrowsing(question)) {
      const { items, total } = await api.items({ k, offset, where: whereOf(question) || undefined }, signal);
      answer = { hits: items, total, spread: null };
    } else {
      answer = await api.search({ ...bodyOf(question), k, offset }, signal);
    }
    if (signal.aborted) throw signal.reason;
    const hasMore = answer.hits.length === k && (question.moments || offset + k < answer.total);
    // What is asked for by an example is not answered with the example.
    const found = answer.hits.filter((hit) => !liked.has(hit.id));
    this.offset = offset + answer.hits.length;
    this.found = offset ? [...this.found, ...found] : found;
    if (offset) this.spread ??= answer.spread;
    else this.spread = answer.spread;
    const hits = question.moments === "together" ? together(this.found) : this.found;
    const told = { readAs: answer.read_as ?? {}, notEnglish: answer.not_english ?? [], unknownWords: answer.unknown_words ?? {} };
    return { hits, total: answer.total, spread: this.spread, ...told, hasMore: Boolean(hasMore) };
  }
}

// Makes one hit of all moments of a take: the best one, with `parts` in the order of their time.
function together(hits) {
  const takes = new Map();
  for (const hit of hits) {
    const { start_seconds, end_seconds, similarity } = hit;
    const take = takes.get(hit.id) ?? { ...hit, parts: [] };
    take.parts.push({ start_seconds, end_seconds, similarity });
    takes.set(hit.id, take);
  }
  return [...takes.values()].map((take) => ({
    ...take,
    parts: take.parts.sort((one, other) => one.start_seconds - other.start_seconds),
  }));
}
