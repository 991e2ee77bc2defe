// The points nearest the middle of the screen as buttons, so that they can be reached, seen and heard without a mouse.
// Where only a few points are in sight, the buttons bear the names of the motions.

import { make } from "../dom.js";

const SPOTS = 12;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Spots {
  // `onFocus(point, button)` and `onPress(point, event)` are told what happens; `onGo(point)` brings a point into sight.
  // `nameOf(point)` promises a motion's name.
  constructor(place, { onFocus, onPress, onGo, nameOf }) {
    Object.assign(this, { place, onFocus, onPress, onGo, nameOf, points: [], buttons: [] });
  }

  set(points) {
    Object.assign(this, { points });
  }

  // Chooses anew which points have buttons, unless one of them has the focus: it would be pulled away.
  choose(sight) {
    if (this.place.contains(document.activeElement)) return;
    const { x, y } = this.points;
    const away = (point) => (x[point] - sight.x) ** 2 + (y[point] - sight.y) ** 2;
    this.buttons = nearestOf(x.length, SPOTS, away).map((point, number, { length }) => {
      const name = `Motion ${number + 1} of the ${length} nearest the middle`;
      const button = make("button", { type: "button", class: "map-spot", "aria-label": name });
      button.addEventListener("focus", () => this.onFocus(Number(button.dataset.point), button));
      button.addEventListener("click", (event) => this.onPress(Number(button.dataset.point), event));
      button.addEventListener("keydown", (event) => this.key(event, button, sight));
      button.dataset.point = point;
      return button;
    });
    this.place.replaceChildren(...this.buttons);
    this.draw(sight);
    const inSight = nearestOf(x.length, SPOTS + 1, (point) => (isInSight(sight, x[point], y[point]) ? 1 : Infinity));
    if (inSight.length <= SPOTS) for (const button of this.buttons) this.name(button);
  }

  // Asks for the name of a button's motion and shows it; a name that cannot be had is missing.
  name(button) {
    const { point } = button.dataset;
    this.nameOf(Number(point)).then(
      (name) => {
        if (button.dataset.point !== point) return;
        button.setAttribute("aria-label", name);
        button.dataset.name = name;
      },
      () => {},
    );
  }

  draw(sight) {
    const { x, y } = this.points;
    for (const button of this.buttons) {
      const point = Number(button.dataset.point);
      button.style.transform = `translate(${sight.left(x[point])}px, ${sight.top(y[point])}px)`;
    }
  }

  // An arrow goes on to the nearest point that way.
  key(event, button, sight) {
    const way = WAYS[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const { x, y } = this.points;
    const from = Number(button.dataset.point);
    const [next] = nearestOf(x.length, 1, (point) => {
      const [right, down] = [x[point] - x[from], y[from] - y[point]];
      const along = right * way[0] + down * way[1];
      const aside = Math.abs(right * way[1]) + Math.abs(down * way[0]);
      return along > 0 && aside <= 1.5 * along ? along + 2 * aside : Infinity;
    });
    if (next === undefined) return;
    button.dataset.point = next;
    if (button.dataset.name) this.name(button);
    this.onGo(next);
    this.draw(sight);
    this.onFocus(next, button);
  }
}

const isInSight = (sight, x, y) => {
  const [left, top] = [sight.left(x), sight.top(y)];
  return left >= 0 && left <= sight.width && top >= 0 && top <= sight.height;
};

// Returns the numbers of the points that are least away; what is infinitely far is left out.
function nearestOf(count, most, away) {
  const found = [];
  for (let point = 0; point < count; point++) {
    const far = away(point);
    if (far === Infinity || (found.length === most && far >= found[most - 1].far)) continue;
    let place = found.length;
    while (place > 0 && found[place - 1].far > far) place--;
    found.splice(place, 0, { point, far });
    if (found.length > most) found.pop();
  }
  return found.map(({ point }) => point);
}
