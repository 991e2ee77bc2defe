// How times are written in the viewer: 3.2 s, 1:05.3.

export function clock(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const rest = (seconds % 60).toFixed(1);
  return `${Math.floor(seconds / 60)}:${rest.padStart(4, "0")}`;
}
