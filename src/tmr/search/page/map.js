// The map of the library: every motion a point, like ones near each other, and regions with names.

import { kept, make, part } from "./dom.js";
import { fillLegend, lookOf } from "./map/colours.js";
import { libraryMap, windowsOf } from "./map/data.js";
import { listen } from "./map/hands.js";
import { drawMarks } from "./map/marks.js";
import { Names } from "./map/names.js";
import { paintPoints } from "./map/points.js";
import { Preview } from "./map/preview.js";
import { Sight } from "./map/sight.js";
import { Spots } from "./map/spots.js";
import { plural, shortName } from "./words.js";

const REACH_PIXELS = 14; // a pointer this near to a point means it
const SETTLED_MILLISECONDS = 180;
const OLD_MILLISECONDS = 3000; // an older map is shown while the newer one is made, and this is when it is asked for
const STEP_PIXELS = 80;
const MOST_SELECTED = 100;
const USUAL_COLOURS = ["folder", "hand", "style", "action"];

export class MapView {
  // `onOpen(hit)` opens a motion, `onLike(hit)` looks for more like it; `onSelect(ids)`, if it is given, takes the motions
  // in a rectangle; `onClose()` is called when the map is left.
  constructor({ section, onOpen, onLike, onSelect = null, onClose = () => {} }) {
    Object.assign(this, { section, onOpen, onLike, onSelect, onClose, map: null, hits: [], chosen: -1, way: null });
    this.stage = part("map-stage");
    this.sight = new Sight();
    this.names = new Names(part("map-names"), (label) => this.go(label));
    this.spots = new Spots(part("map-spots"), {
      onFocus: (point, button) => this.choose(point, button),
      onPress: (point, event) => this.press(point, event),
      onGo: (point) => this.reveal(point),
      nameOf: async (point) => shortName((await this.preview.itemOf(this.map.idOf(point))).item).base,
    });
    this.preview = new Preview(part("map-preview"), {
      onOpen: (hit, event) => (event.shiftKey ? this.onLike(hit) : this.onOpen(hit)),
      onShow: (hit) => this.told(hit),
    });
    this.listen();
  }

  get isOpen() {
    return this.section.open;
  }

  // Opens the map. `highlight` are hits to be marked with their ranks, `where` is the filter that they passed.
  async open({ highlight = [], where = "" } = {}) {
    this.where = where;
    this.highlighted = highlight;
    if (!this.isOpen) {
      this.opener = document.activeElement;
      this.section.showModal();
      part("map-canvas").focus();
    }
    this.resize();
    await this.load();
  }

  close() {
    if (this.isOpen) this.section.close();
  }

  async load() {
    this.loading?.abort();
    this.loading = new AbortController();
    const { signal } = this.loading;
    clearTimeout(this.again);
    const asked = { where: this.where, colour: this.colour };
    try {
      const onProgress = (share) => this.say("The map is being made", "Every motion gets a place near those like it.", share);
      const map = await libraryMap(asked, { signal, onProgress });
      this.show(map);
      // Nobody has chosen yet: a field that is usually telling colours the map from the start.
      const usual = USUAL_COLOURS.find((field) => map.fields.includes(field));
      if (this.colour === undefined && usual) {
        this.colour = usual;
        await this.load();
      } else if (map.isOld) this.again = setTimeout(() => this.isOpen && this.load(), OLD_MILLISECONDS);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 422 && this.colour) {
        // The field that was chosen another time is not in this library.
        this.colour = "";
        await this.load();
      } else this.say("There is no map now", error.message, null, true);
    }
  }

  show(map) {
    const isFirst = this.map?.count !== map.count;
    this.map = map;
    this.look = lookOf(map.colours);
    this.names.set(map.labels);
    this.spots.set(map);
    if (isFirst) this.sight.frame(map.x, map.y);
    if (isFirst) this.choose(-1);
    this.mark(this.highlighted);
    this.fillColours();
    fillLegend(part("map-legend"), map.colours);
    const passing = map.inside ? `${map.inside.reduce((sum, one) => sum + one, 0).toLocaleString("en")} of ` : "";
    part("map-count").textContent = passing + plural(map.count, "motion");
    if (map.count) this.hush();
    else this.say("The library is empty", "Fill it with: tmr index FOLDER");
    this.draw();
    this.settle();
  }

  // Marks hits with their ranks; those that are not on the map are left out.
  mark(hits) {
    const wanted = new Map(hits.map((hit, place) => [hit.id, hit.rank ?? place + 1]));
    this.hits = [];
    for (let point = 0; wanted.size > this.hits.length && point < (this.map?.count ?? 0); point++) {
      const rank = wanted.get(this.map.idOf(point));
      if (rank) this.hits.push({ x: this.map.x[point], y: this.map.y[point], rank });
    }
    this.hits.sort((one, other) => one.rank - other.rank);
  }

  fillColours() {
    const select = part("map-colour");
    const options = ["", ...this.map.fields].map((name) => make("option", { value: name }, name || "nothing"));
    select.replaceChildren(...options);
    select.value = this.colour ?? "";
  }

  // Draws everything in the next frame, once.
  draw() {
    if (this.isDrawn || !this.map) return;
    this.isDrawn = true;
    requestAnimationFrame(() => {
      this.isDrawn = false;
      const { sight, map, look } = this;
      const radius = this.radius;
      paintPoints(part("map-canvas"), sight, map, { codes: map.colours?.codes, look, radius });
      this.drawMarks();
      this.names.draw(sight, this.hits);
      this.spots.draw(sight);
      if (this.chosen >= 0) this.preview.place(...this.pixelOf(this.chosen), sight);
    });
  }

  drawMarks() {
    const { map, sight, hits, way, chosen, frame } = this;
    const point = chosen < 0 ? null : { x: map.x[chosen], y: map.y[chosen] };
    drawMarks(part("map-marks"), sight, { hits, way, chosen: point, radius: this.radius, frame });
  }

  // Points are as large as there is room for, and grow a little as one comes closer.
  get radius() {
    const room = Math.sqrt((this.sight.width * this.sight.height) / Math.max(this.map.count, 1));
    return Math.min(Math.max(room * 0.07, 1.2), 5.5) * Math.min(this.sight.zoom ** 0.35, 3);
  }

  pixelOf(point) {
    return [this.sight.left(this.map.x[point]), this.sight.top(this.map.y[point])];
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    this.sight.resize(width, height);
    const density = Math.min(devicePixelRatio, 2);
    for (const name of ["map-canvas", "map-marks"]) {
      Object.assign(part(name), { width: Math.round(width * density), height: Math.round(height * density) });
    }
    this.draw();
  }

  moved() {
    this.draw();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED_MILLISECONDS);
  }

  settle() {
    if (this.map) this.spots.choose(this.sight);
  }

  nearest(left, top) {
    const { map, sight } = this;
    let [nearest, found] = [Math.max(REACH_PIXELS, this.radius + 2) ** 2, -1];
    for (let point = 0; point < (map?.count ?? 0); point++) {
      const away = (sight.left(map.x[point]) - left) ** 2 + (sight.top(map.y[point]) - top) ** 2;
      if (away < nearest) [nearest, found] = [away, point];
    }
    return found;
  }

  // Shows a point's motion beside it; -1 for none.
  choose(point, button = null) {
    this.spot = button;
    if (point === this.chosen) return;
    Object.assign(this, { chosen: point, way: null });
    if (point < 0) this.preview.hide();
    else {
      this.preview.show(this.map.idOf(point));
      this.preview.place(...this.pixelOf(point), this.sight);
    }
    this.draw();
  }

  // A chosen motion's name is known now: it is spoken, and a long take's way is drawn.
  async told(hit) {
    const { base } = shortName(hit.item);
    this.spot?.setAttribute("aria-label", base);
    if (this.spot) this.speak(base);
    if (hit.end_seconds >= hit.seconds - 0.1) return;
    const way = await windowsOf(hit.id);
    if (this.preview.hit !== hit) return;
    this.way = way.x.length ? way : null;
    this.draw();
  }

  async press(point, event) {
    if (point < 0) return this.choose(-1);
    const isTouch = event.pointerType === "touch";
    // A finger cannot hover: its first touch shows what the second opens.
    if (isTouch && point !== this.chosen) return this.choose(point);
    this.choose(point, this.spot);
    try {
      const hit = await this.preview.itemOf(this.map.idOf(point));
      if (event.shiftKey) this.onLike(hit);
      else this.onOpen(hit);
    } catch (error) {
      this.speak(error.message);
    }
  }

  reveal(point) {
    const [left, top] = this.pixelOf(point);
    const edge = 60;
    const { width, height } = this.sight;
    const right = left < edge ? edge - left : left > width - edge ? width - edge - left : 0;
    const down = top < edge ? edge - top : top > height - edge ? height - edge - top : 0;
    if (right || down) this.sight.moveBy(right, down);
    this.draw();
  }

  // Comes closer to a region.
  go({ x, y, level }) {
    const zoom = Math.max(2 ** (level + 1), this.sight.zoom * 1.5);
    Object.assign(this.sight, { x, y });
    this.sight.zoomBy(zoom / this.sight.zoom);
    this.moved();
  }

  zoom(factor, left, top) {
    this.sight.zoomBy(factor, left, top);
    this.moved();
  }

  frameDrawn(frame, isDone) {
    this.frame = isDone ? null : frame;
    this.draw();
    if (!isDone || !this.onSelect) return;
    const { map } = this;
    const isIn = ([left, top]) =>
      left >= frame.left && left <= frame.left + frame.width && top >= frame.top && top <= frame.top + frame.height;
    const points = [...map.x.keys()].filter((point) => map.inside?.[point] !== 0 && isIn(this.pixelOf(point)));
    if (points.length <= MOST_SELECTED) this.onSelect(points.map(map.idOf));
    else part("map-count").textContent = `${plural(points.length, "motion")} are in there; at most ${MOST_SELECTED} can be selected: come closer`;
  }

  key(event) {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || target.matches("select")) return;
    const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (step) {
      this.sight.moveBy(step[0] * STEP_PIXELS, step[1] * STEP_PIXELS);
      this.moved();
    } else if (key === "+" || key === "=") this.zoom(1.5);
    else if (key === "-") this.zoom(1 / 1.5);
    else if (key === "0") {
      this.sight.showAll();
      this.moved();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The page's own place for what is spoken is silent while the map is open over it.
  speak(text) {
    part("map-said").textContent = text;
  }

  say(title, text, share = null, canRetry = false) {
    part("map-note").hidden = false;
    part("map-note-title").textContent = title;
    part("map-note-text").textContent = text;
    part("map-note-bar").hidden = share === null;
    part("map-note-bar").value = share ?? 0;
    part("map-retry").hidden = !canRetry;
  }

  hush() {
    part("map-note").hidden = true;
  }

  listen() {
    listen(part("map-canvas"), {
      onMove: (right, down) => {
        this.sight.moveBy(right, down);
        this.moved();
      },
      onZoom: (factor, left, top) => this.zoom(factor, left, top),
      onPoint: (left, top, { pointerType }) => pointerType !== "touch" && this.choose(this.nearest(left, top)),
      onPress: (left, top, event) => this.press(this.nearest(left, top), event),
      onFrame: (frame, isDone) => this.frameDrawn(frame, isDone),
      // The pointer may have gone to the card, which is to stay.
      onLeave: () => !part("map-preview").matches(":hover") && this.choose(-1),
    });
    const press = (name, run) => part(name).addEventListener("click", run);
    press("map-close", () => this.close());
    press("map-in", () => this.zoom(1.6));
    press("map-out", () => this.zoom(1 / 1.6));
    press("map-all", () => {
      this.sight.showAll();
      this.moved();
    });
    press("map-retry", () => this.load());
    this.colour = kept.get("map-colour", undefined);
    part("map-colour").addEventListener("change", ({ target }) => {
      this.colour = target.value;
      kept.set("map-colour", this.colour);
      this.load();
    });
    this.section.addEventListener("keydown", (event) => this.key(event));
    this.section.addEventListener("close", () => {
      this.loading?.abort();
      clearTimeout(this.again);
      this.choose(-1);
      this.opener?.focus();
      this.onClose();
    });
    document.addEventListener("themechange", () => {
      if (!this.map) return;
      this.look = lookOf(this.map.colours);
      this.draw();
    });
    new ResizeObserver(() => this.isOpen && this.resize()).observe(this.stage);
  }
}
