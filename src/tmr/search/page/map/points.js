// Paints the points, pixel by pixel: a hundred thousand take some milliseconds, with or without a graphics card.

const SUBPIXELS = 4;
const MANY = 20000; // from here on edges are not smoothed while there is hardly a pixel for each
const FADED = 0.16; // how much is left of what a filter does not let through

// Paints all points. `look` has the colours: { ground, points: [[r, g, b]], faded }; `codes` gives each point's.
export function paintPoints(canvas, sight, { x, y, inside }, { codes, look, radius }) {
  const density = canvas.width / sight.width;
  const context = canvas.getContext("2d", { alpha: false });
  const image = imageOf(canvas, context);
  image.words.fill(wordOf(look.ground));
  const disc = discs(radius * density, x.length < MANY || radius * density > 3);
  const words = look.points.map(wordOf);
  const scale = sight.scale * density;
  const left = canvas.width / 2 - sight.x * scale;
  const top = canvas.height / 2 + sight.y * scale;
  // What is faded lies below.
  for (const isInside of inside ? [0, 1] : [1]) {
    for (let point = 0; point < x.length; point++) {
      if (inside && inside[point] !== isInside) continue;
      const code = codes ? codes[point] : 0;
      const colour = isInside ? look.points[code] : look.faded;
      stamp(image, disc, left + x[point] * scale, top - y[point] * scale, colour, isInside ? 1 : FADED, words[code]);
    }
  }
  context.putImageData(image.data, 0, 0);
}

const images = new WeakMap();

function imageOf(canvas, context) {
  let image = images.get(canvas);
  if (!image || image.width !== canvas.width || image.height !== canvas.height) {
    const data = context.createImageData(canvas.width, canvas.height);
    image = { data, width: canvas.width, height: canvas.height, bytes: data.data };
    image.words = new Uint32Array(data.data.buffer);
    images.set(canvas, image);
  }
  return image;
}

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const wordOf = ([r, g, b]) =>
  isLittleEndian ? ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0 : ((r << 24) | (g << 16) | (b << 8) | 255) >>> 0;

let kept = { radius: -1, isSmooth: true };

// How much of each pixel a disc covers, for discs whose middle lies on each sixteenth of a pixel.
function discs(radius, isSmooth) {
  if (kept.radius === radius && kept.isSmooth === isSmooth) return kept;
  const reach = Math.ceil(radius + 1) - 1; // further out no pixel is covered, wherever in its pixel the middle lies
  const side = 2 * reach + 1;
  const covers = [];
  for (let sub = 0; sub < SUBPIXELS ** 2; sub++) {
    const [dx, dy] = [((sub % SUBPIXELS) + 0.5) / SUBPIXELS, (Math.floor(sub / SUBPIXELS) + 0.5) / SUBPIXELS];
    const cover = new Float32Array(side * side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const away = Math.hypot(column - reach + 0.5 - dx, row - reach + 0.5 - dy);
        const share = Math.min(Math.max(radius + 0.5 - away, 0), 1);
        cover[row * side + column] = isSmooth ? share : Math.round(share);
      }
    }
    covers.push(cover);
  }
  kept = { radius, isSmooth, reach, side, covers };
  return kept;
}

// The innermost loop of the map: plain numbers only, nothing is allocated.
function stamp(image, disc, left, top, colour, strength, word) {
  const { bytes, words, width, height } = image;
  const { reach, side } = disc;
  const column = Math.floor(left);
  const row = Math.floor(top);
  if (column < -reach || row < -reach || column >= width + reach || row >= height + reach) return;
  const cover = disc.covers[Math.floor((top - row) * SUBPIXELS) * SUBPIXELS + Math.floor((left - column) * SUBPIXELS)];
  const r = colour[0];
  const g = colour[1];
  const b = colour[2];
  const from = Math.max(column - reach, 0);
  const to = Math.min(column + reach, width - 1);
  const last = Math.min(row + reach, height - 1);
  for (let y = Math.max(row - reach, 0); y <= last; y++) {
    let at = (y - row + reach) * side + (from - column + reach);
    for (let x = from, byte = 4 * (y * width + from); x <= to; x++, at++, byte += 4) {
      const share = cover[at] * strength;
      if (share === 0) continue;
      if (share === 1) {
        words[byte >> 2] = word;
        continue;
      }
      bytes[byte] += (r - bytes[byte]) * share;
      bytes[byte + 1] += (g - bytes[byte + 1]) * share;
      bytes[byte + 2] += (b - bytes[byte + 2]) * share;
    }
  }
}
