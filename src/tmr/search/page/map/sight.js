// Which part of the map is in sight: from places on the map to pixels of the screen and back.

const FEWEST_IN_SIGHT = 3; // one cannot come so close that there is nothing around
const MARGIN = 0.9; // of the screen that the whole map fills

export class Sight {
  constructor() {
    Object.assign(this, { width: 1, height: 1, zoom: 1, mostZoom: 1, x: 0.5, y: 0.5 });
    this.whole = { x: 0.5, y: 0.5, width: 1, height: 1 };
  }

  // Takes the extent of the points, so that zoom 1 shows all of them.
  frame(xs, ys) {
    const [left, right, low, high] = [...extent(xs), ...extent(ys)];
    const least = 0.02; // one point, or several on one spot, are not infinitely near
    this.whole = {
      x: (left + right) / 2,
      y: (low + high) / 2,
      width: Math.max(right - left, least),
      height: Math.max(high - low, least),
    };
    this.mostZoom = Math.max(Math.sqrt(xs.length / FEWEST_IN_SIGHT) * 2, 3);
    this.showAll();
  }

  showAll() {
    Object.assign(this, { zoom: 1, x: this.whole.x, y: this.whole.y });
  }

  resize(width, height) {
    Object.assign(this, { width, height });
  }

  // Pixels a side of the map.
  get scale() {
    return this.zoom * MARGIN * Math.min(this.width / this.whole.width, this.height / this.whole.height);
  }

  left(x) {
    return this.width / 2 + (x - this.x) * this.scale;
  }

  top(y) {
    return this.height / 2 - (y - this.y) * this.scale;
  }

  moveBy(right, down) {
    this.x = within(this.x - right / this.scale, this.whole.x, this.whole.width);
    this.y = within(this.y + down / this.scale, this.whole.y, this.whole.height);
  }

  // Comes closer by a factor; what is at the given pixel stays there.
  zoomBy(factor, left = this.width / 2, top = this.height / 2) {
    const before = this.scale;
    this.zoom = Math.min(Math.max(this.zoom * factor, 0.7), this.mostZoom);
    const gain = 1 / before - 1 / this.scale;
    this.x += (left - this.width / 2) * gain;
    this.y -= (top - this.height / 2) * gain;
    this.moveBy(0, 0);
  }
}

const within = (value, middle, extent) => Math.min(Math.max(value, middle - 0.6 * extent), middle + 0.6 * extent);

function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return values.length ? [low, high] : [0, 1];
}
