// Chooses what paints motions: Three.js where a graphics card does the work, else the plain canvas.

import { plainPainter } from "../plain.js";
import { paintWith, refresh } from "../player.js";

const PATIENCE_MILLISECONDS = 1500; // for Three.js to arrive; until then nothing is painted, afterwards plainly
// Where WebGL is computed on the processor, as over some remote desktops, the plain canvas shows ten times as many
// pictures and more (runs/bench_page.py).
const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render|software/i;

// `?drawing=webgl` or `?drawing=plain` in the address decides it, for drivers that misbehave.
export async function begin() {
  const asked = new URLSearchParams(location.search).get("drawing");
  const canvas = document.createElement("canvas");
  const context = asked === "plain" ? null : canvas.getContext("webgl2", { alpha: true, antialias: true });
  if (!context || (asked !== "webgl" && isSoftware(context))) return;
  paintWith(null);
  const waiting = setTimeout(() => paintWith(plainPainter), PATIENCE_MILLISECONDS);
  let painter = plainPainter;
  try {
    const { Stage } = await import("./stage.js");
    painter = new Stage(canvas, context, refresh);
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
