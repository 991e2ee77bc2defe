// Chooses what paints motions: Three.js where WebGL is to be had, else the plain canvas.

import { plainPainter } from "../plain.js";
import { paintWith, refresh } from "../player.js";

const PATIENCE_MILLISECONDS = 1500; // for Three.js to arrive; until then nothing is painted, afterwards plainly

export async function begin() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("webgl2", { alpha: true, antialias: true, powerPreference: "default" });
  if (!context) return;
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
