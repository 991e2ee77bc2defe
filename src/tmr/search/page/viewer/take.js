// A whole take, piece by piece: the service gives at most a minute of it at a time.

import { motion } from "../api.js";

const PIECE_SECONDS = 60;
const STEP_SECONDS = 45; // pieces overlap, so that a part that was found lies in one of them
const AHEAD_SECONDS = 12; // before a piece ends, the next one is fetched

export class Take {
  constructor(hit) {
    this.hit = hit;
    this.seconds = hit.seconds;
  }

  get isWhole() {
    return this.seconds <= PIECE_SECONDS;
  }

  // Returns the piece in which a time is shown: { start, end } in seconds of the take.
  pieceAt(seconds) {
    if (this.isWhole) return { start: 0, end: this.seconds };
    const last = Math.ceil((this.seconds - PIECE_SECONDS) / STEP_SECONDS);
    const number = Math.min(Math.max(Math.floor(seconds / STEP_SECONDS), 0), last);
    return { start: number * STEP_SECONDS, end: Math.min(number * STEP_SECONDS + PIECE_SECONDS, this.seconds) };
  }

  motion({ start, end }) {
    return motion({ ...this.hit, start_seconds: start, end_seconds: end });
  }

  // Has the next piece fetched in time; that it could not be is said when it is needed.
  prepare(piece, seconds) {
    if (piece.end >= this.seconds || piece.end - seconds > AHEAD_SECONDS) return;
    this.motion(this.pieceAt(piece.end)).catch(() => {});
  }
}
