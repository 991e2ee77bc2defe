// What is drawn over the points: the hits of the question with their ranks, the way of a long take, what is chosen.

export const MOST_RANKS = 10;
const custom = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function drawMarks(canvas, sight, { hits, way, chosen, radius, frame }) {
  const density = canvas.width / sight.width;
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, sight.width, sight.height);
  const [text, ground] = [custom("--text"), custom("--map-ground")];
  if (way) drawWay(context, sight, way, text);
  for (const hit of [...hits].reverse()) drawHit(context, sight, hit, radius, { text, ground });
  if (chosen) {
    context.strokeStyle = text;
    context.lineWidth = 2.5;
    ring(context, sight.left(chosen.x), sight.top(chosen.y), radius + 5);
  }
  if (frame) {
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeStyle = text;
    context.strokeRect(frame.left, frame.top, frame.width, frame.height);
    context.setLineDash([]);
  }
}

function ring(context, left, top, radius) {
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
  context.stroke();
}

// A thin line through the windows of a take, and a dot at its beginning.
function drawWay(context, sight, { x, y }, colour) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1;
  context.globalAlpha = 0.7;
  context.beginPath();
  for (let i = 0; i < x.length; i++) context.lineTo(sight.left(x[i]), sight.top(y[i]));
  context.stroke();
  for (let i = 0; i < x.length; i++) {
    context.beginPath();
    context.arc(sight.left(x[i]), sight.top(y[i]), i ? 1.8 : 3.5, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

// A plate with the rank; hits further down the list get a ring only.
function drawHit(context, sight, { x, y, rank }, radius, { text, ground }) {
  const [left, top] = [sight.left(x), sight.top(y)];
  if (rank > MOST_RANKS) {
    context.strokeStyle = text;
    context.lineWidth = 1.2;
    return ring(context, left, top, radius + 2.5);
  }
  const size = 9;
  context.fillStyle = text;
  context.strokeStyle = ground;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(left, top, Math.max(size, radius + 1), 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.fillStyle = ground;
  context.font = "650 11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(rank), left, top + 0.5);
}
