// Moving over the map by mouse, finger and wheel. What is meant is told: nothing here knows of motions.

const STILL_PIXELS = 5; // a pointer that moved less than this was pressed, not dragged

// `onMove(right, down)`, `onZoom(factor, left, top)`, `onPoint(left, top, event)` for a pointer that passes,
// `onPress(left, top, event)`, `onFrame(frame, isDone)` for a rectangle drawn with Ctrl or ⌘ held, `onLeave()`.
export function listen(canvas, { onMove, onZoom, onPoint, onPress, onFrame, onLeave }) {
  const pointers = new Map();
  let travelled = 0;
  let frame = null;
  const here = (event) => ({ left: event.offsetX, top: event.offsetY });

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, here(event));
    travelled = pointers.size > 1 ? Infinity : 0;
    frame = event.ctrlKey || event.metaKey ? { ...here(event), from: here(event) } : null;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    const now = here(event);
    if (!before) return onPoint(now.left, now.top, event);
    travelled += Math.hypot(now.left - before.left, now.top - before.top);
    if (frame) return onFrame(rectangle(frame.from, now), false);
    const spread = pointers.size === 2 ? spreadOf(pointers) : null;
    pointers.set(event.pointerId, now);
    if (spread) {
      const after = spreadOf(pointers);
      onZoom(after.away / Math.max(spread.away, 1), after.left, after.top);
      onMove(after.left - spread.left, after.top - spread.top);
    } else if (travelled > STILL_PIXELS) onMove(now.left - before.left, now.top - before.top);
    else pointers.set(event.pointerId, before);
  });
  canvas.addEventListener("pointerup", (event) => {
    const now = here(event);
    if (frame && travelled > STILL_PIXELS) onFrame(rectangle(frame.from, now), true);
    else if (pointers.has(event.pointerId) && travelled <= STILL_PIXELS) onPress(now.left, now.top, event);
    frame = null;
    pointers.delete(event.pointerId);
  });
  canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => !pointers.size && onLeave());
  canvas.addEventListener("dblclick", ({ offsetX, offsetY }) => onZoom(2, offsetX, offsetY));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
      onZoom(Math.exp(-Math.min(Math.max(pixels, -200), 200) * 0.0022), event.offsetX, event.offsetY);
    },
    { passive: false },
  );
}

function spreadOf(pointers) {
  const [one, other] = [...pointers.values()];
  return {
    away: Math.hypot(one.left - other.left, one.top - other.top),
    left: (one.left + other.left) / 2,
    top: (one.top + other.top) / 2,
  };
}

const rectangle = (one, other) => ({
  left: Math.min(one.left, other.left),
  top: Math.min(one.top, other.top),
  width: Math.abs(one.left - other.left),
  height: Math.abs(one.top - other.top),
});
