// Chooses what paints motions: Three.js where a graphics card does the work, else the plain canvas.

import { plainPainter } from "../plain.js";
import { paintWith, refresh } from "../player.js";

const PATIENCE_MILLISECONDS = 1500; // for Three.js to arrive; until then nothing is painted, afterwards plainly
const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render|software/i;
const SLOW_MILLISECONDS = 90; // from one large picture to the next
const SLOW_PICTURES = 24; // so many in a row, and it is too slow

// `?drawing=webgl` or `?drawing=plain` in the address decides it, for drivers that misbehave.
export async function begin() {
  const asked = new URLSearchParams(location.search).get("drawing");
  const canvas = document.createElement("canvas");
  const context = asked === "plain" ? null : canvas.getContext("webgl2", { alpha: true, antialias: true });
  if (!context) return;
  paintWith(null);
  const waiting = setTimeout(() => paintWith(plainPainter), PATIENCE_MILLISECONDS);
  let painter = plainPainter;
  try {
    const { Stage } = await import("./stage.js");
    const stage = new Stage(canvas, context, refresh);
    painter = asked === "webgl" ? stage : new Choice(stage, isSoftware(context));
  } catch (error) {
    console.warn("Three.js could not be used; motions are drawn plainly.", error);
  }
  clearTimeout(waiting);
  paintWith(painter);
}

function isSoftware(context) {
  const told = context.getExtension("WEBGL_debug_renderer_info");
  return SOFTWARE.test(told ? context.getParameter(told.UNMASKED_RENDERER_WEBGL) : "");
}

// Without a graphics card a screen full of small figures is painted plainly, some fifteen times as fast
// (runs/bench_page.py); a large one too, if it turns out to be slow.
class Choice {
  constructor(stage, isSoftware) {
    Object.assign(this, { stage, isSoftware, isSlow: false, before: 0, slow: 0 });
  }

  paint(pictures, look) {
    if (!this.isSoftware) return this.stage.paint(pictures, look);
    const isPlain = ({ isLarge }) => this.isSlow || !isLarge;
    const plain = pictures.filter(isPlain);
    const staged = pictures.filter((picture) => !isPlain(picture));
    plainPainter.paint(plain, look);
    if (!staged.length) return true;
    this.watch(performance.now());
    return this.stage.paint(staged, look) || plainPainter.paint(staged, look);
  }

  watch(now) {
    const took = now - this.before;
    this.before = now;
    // A longer pause is none between two pictures of something that moves.
    if (took > 1000) return;
    this.slow = took > SLOW_MILLISECONDS ? this.slow + 1 : 0;
    this.isSlow = this.slow >= SLOW_PICTURES;
    if (this.isSlow) refresh();
  }
}
