// The map of the space and the matrix of similarities.

const source = document.getElementById("space-data");
const space = source ? JSON.parse(source.textContent) : null;
const MAP_SIZE = 1000; // of the places, as they come
const MARGIN = 14;
const REACH_PIXELS = 18; // a pointer this near to a point means it
const FOUND = 10; // ranks up to this count as found
const shades = matchMedia("(prefers-color-scheme: dark)");

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const told = (number) =>
  `“${space.captions[number]}” finds ${space.names[number]} at rank ${space.ranks[number]}`;

// Sets a canvas to the pixels of the screen and returns its context and its size.
function prepared(canvas) {
  const density = Math.min(devicePixelRatio, 2);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  const context = canvas.getContext("2d");
  context.scale(density, density);
  return { context, width, height };
}

class SpaceMap {
  constructor(canvas) {
    Object.assign(this, { canvas, places: space.maps.near, chosen: -1, found: null });
    this.text = document.getElementById("map-told");
    this.hint = this.text.textContent;
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerdown", (event) => this.point(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    for (const choice of document.querySelectorAll("input[name=map]")) {
      choice.addEventListener("change", () => {
        this.places = space.maps[choice.value];
        this.draw();
      });
    }
    document.getElementById("map-find").addEventListener("input", ({ target }) => this.find(target.value));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  // Points are numbered captions first, then motions.
  at(point) {
    const side = Math.min(this.width, this.height) - 2 * MARGIN;
    const [x, y] = [this.places[2 * point] / MAP_SIZE - 0.5, this.places[2 * point + 1] / MAP_SIZE - 0.5];
    const wide = Math.min(this.width - 2 * MARGIN, side * 1.7);
    return [this.width / 2 + x * wide, this.height / 2 - y * side];
  }

  draw() {
    Object.assign(this, prepared(this.canvas));
    const { context } = this;
    const count = space.captions.length;
    const [text, motion, far, line] = ["--text-mark", "--motion-mark", "--far", "--line-mark"].map(colour);
    const isOn = (number) => !this.found || this.found.has(number);
    for (let number = 0; number < count; number++) {
      const isFar = space.ranks[number] > FOUND;
      context.strokeStyle = isFar ? far : line;
      context.globalAlpha = isOn(number) ? (isFar ? 0.4 : 0.8) : 0.08;
      context.lineWidth = 1;
      this.join(number);
    }
    for (let number = 0; number < count; number++) {
      context.globalAlpha = isOn(number) ? 0.9 : 0.12;
      this.mark(count + number, motion, 3);
      this.mark(number, text, 3);
    }
    context.globalAlpha = 1;
    if (this.chosen >= 0) {
      context.strokeStyle = colour("--text");
      context.lineWidth = 2;
      this.join(this.chosen);
      this.mark(count + this.chosen, motion, 7);
      this.mark(this.chosen, text, 7);
    }
  }

  join(number) {
    this.context.beginPath();
    this.context.moveTo(...this.at(number));
    this.context.lineTo(...this.at(space.captions.length + number));
    this.context.stroke();
  }

  // Captions are round, motions square: the colour is not all that tells them.
  mark(point, fill, radius) {
    const { context } = this;
    const [x, y] = this.at(point);
    context.fillStyle = fill;
    context.beginPath();
    if (point < space.captions.length) context.arc(x, y, radius, 0, 2 * Math.PI);
    else context.rect(x - 0.85 * radius, y - 0.85 * radius, 1.7 * radius, 1.7 * radius);
    context.fill();
  }

  point({ offsetX, offsetY }) {
    let nearest = REACH_PIXELS;
    let chosen = -1;
    for (let point = 0; point < 2 * space.captions.length; point++) {
      const [x, y] = this.at(point);
      const away = Math.hypot(x - offsetX, y - offsetY);
      if (away < nearest) [nearest, chosen] = [away, point % space.captions.length];
    }
    this.choose(chosen);
  }

  key(event) {
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const count = space.captions.length;
    this.choose((this.chosen + way + count) % count);
  }

  choose(number) {
    if (number === this.chosen) return;
    this.chosen = number;
    this.text.textContent = number < 0 ? this.hint : `${told(number)}.`;
    this.draw();
  }

  find(words) {
    const wanted = words.trim().toLowerCase();
    const fits = (number) => `${space.captions[number]} ${space.names[number]}`.toLowerCase().includes(wanted);
    this.found = wanted ? new Set([...space.captions.keys()].filter(fits)) : null;
    const count = this.found?.size ?? 0;
    this.text.textContent = wanted ? `${count} of ${space.captions.length} fit.` : this.hint;
    this.chosen = count === 1 ? [...this.found][0] : -1;
    if (count === 1) this.text.textContent = `${told(this.chosen)}.`;
    this.draw();
  }
}

function drawMatrix(canvas) {
  const size = space.order.length;
  const levels = Uint8Array.from(atob(space.matrix), (character) => character.charCodeAt(0));
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const stops = ["--scale-low", "--scale-middle", "--scale-high"].map((name) => rgb(colour(name)));
  const image = context.createImageData(size, size);
  for (let cell = 0; cell < levels.length; cell++) {
    const place = (levels[cell] / 255) * (stops.length - 1);
    const stop = Math.min(Math.floor(place), stops.length - 2);
    for (let part = 0; part < 3; part++) {
      image.data[4 * cell + part] = stops[stop][part] + (place - stop) * (stops[stop + 1][part] - stops[stop][part]);
    }
    image.data[4 * cell + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  canvas.onpointermove = canvas.onpointerdown = ({ offsetX, offsetY }) => {
    const [column, row] = [offsetX / canvas.clientWidth, offsetY / canvas.clientHeight].map((share) =>
      Math.min(Math.max(Math.floor(share * size), 0), size - 1),
    );
    const similarity = space.low + (levels[row * size + column] / 255) * (space.high - space.low);
    const [caption, name] = [space.captions[space.order[row]], space.names[space.order[column]]];
    document.getElementById("matrix-told").textContent = `${similarity.toFixed(2)}: “${caption}” with ${name}`;
  };
}

const rgb = (hex) => [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16));

if (space) {
  const map = new SpaceMap(document.getElementById("map"));
  const matrix = document.getElementById("matrix");
  drawMatrix(matrix);
  shades.addEventListener("change", () => {
    map.draw();
    drawMatrix(matrix);
  });
}
