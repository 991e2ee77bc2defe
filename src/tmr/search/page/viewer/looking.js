// Looking around: one or several players turn, move and come closer together, by pointer, wheel and keys.

const RADIANS_A_PIXEL = 0.008;
const KEYS = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };

export function lookAround(canvas, players) {
  const pointers = new Map();
  const each = (change) => players.forEach(change);
  const middle = () => [...pointers.values()].reduce((sum, { x, y }) => [sum[0] + x / pointers.size, sum[1] + y / pointers.size], [0, 0]);
  const spread = () => {
    const [one, other] = [...pointers.values()];
    return pointers.size === 2 ? Math.max(Math.hypot(one.x - other.x, one.y - other.y), 1) : 1;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = { middle: middle(), spread: spread() };
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const now = { middle: middle(), spread: spread() };
    const [dx, dy] = [0, 1].map((axis) => now.middle[axis] - before.middle[axis]);
    // Two fingers move and come closer; so does the right button, or the left one with Shift.
    const isMoving = pointers.size === 2 || event.buttons === 2 || event.buttons === 4 || event.shiftKey;
    each((player) => {
      if (isMoving) player.panBy(-dx * metresAPixel(player), dy * metresAPixel(player));
      else player.orbit(-dx * RADIANS_A_PIXEL, dy * RADIANS_A_PIXEL);
      if (pointers.size === 2) player.zoomBy(now.spread / before.spread);
    });
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
  }
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", () => each((player) => player.resetView()));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      each((player) => player.zoomBy(Math.exp(-event.deltaY * 0.0012)));
    },
    { passive: false },
  );
}

// Does what a key on the canvas means; false if it means nothing.
export function lookByKey({ key, shiftKey }, players) {
  const around = KEYS[key];
  const zoom = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 }[key];
  if (!around && !zoom) return false;
  for (const player of players) {
    if (zoom) player.zoomBy(zoom);
    else if (shiftKey) player.panBy(-0.7 * around[0], -around[1]);
    else player.orbit(...around);
  }
  return true;
}

function metresAPixel({ camera, canvas }) {
  const [, , pixels] = camera.project(...camera.target);
  return canvas.width / canvas.clientWidth / Math.max(pixels, 1);
}
