// The points nearest the middle of the screen as buttons, so that they can be reached, seen and heard without a mouse.

import { make } from "../dom.js";

const SPOTS = 12;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Spots {
  // `onFocus(point, button)` and `onPress(point, event)` are told what happens; `onGo(point)` brings a point into sight.
  constructor(place, { onFocus, onPress, onGo }) {
    Object.assign(this, { place, onFocus, onPress, onGo, points: [], buttons: [] });
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
    this.onGo(next);
    this.draw(sight);
    this.onFocus(next, button);
  }
}

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
