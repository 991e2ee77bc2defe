// The timeline under the stage: the whole take, what was found in it, and the part that is played.

import { make, part } from "../dom.js";
import { clock } from "./clock.js";

const THUMB_PIXELS = 14; // the slider's own thumb keeps half of this away from both ends
const CLICK_PIXELS = 4; // a press that moves less is no drag

const [lane, marks, loop, scrub] = ["lane", "marks", "loop-part", "scrub"].map((name) => part(`viewer-${name}`));

export class Timeline {
  // `onSeek(seconds)` looks at a time, `onPart(range, isChosen)` plays a part.
  constructor({ onSeek, onPart }) {
    Object.assign(this, { onSeek, onPart, seconds: 1 });
    scrub.addEventListener("input", () => onSeek(Number(scrub.value)));
    this.listenToLane();
  }

  // `parts` are { start_seconds, end_seconds, similarity }.
  show(seconds, parts) {
    this.seconds = Math.max(seconds, 1e-3);
    scrub.max = String(seconds);
    marks.replaceChildren(...parts.map((found) => this.mark(found)));
    this.showRange(null);
  }

  mark({ start_seconds: start, end_seconds: end, similarity }) {
    const known = similarity === undefined ? "" : `, similarity ${similarity.toFixed(2)}`;
    const words = `${clock(start)} to ${clock(end)}${known}`;
    const onclick = () => this.onPart({ start, end });
    const button = make("button", { type: "button", class: "mark", title: words, "aria-label": `Play ${words}`, onclick });
    if (similarity !== undefined) button.append(make("span", {}, similarity.toFixed(2)));
    this.lay(button, start, end);
    button.dataset.start = start;
    return button;
  }

  showRange(range) {
    loop.hidden = !range;
    if (range) this.lay(loop, range.start, range.end);
    for (const button of marks.children) {
      button.setAttribute("aria-pressed", String(Boolean(range) && Math.abs(Number(button.dataset.start) - range.start) < 0.05));
    }
  }

  showTime(seconds) {
    scrub.value = String(seconds);
    scrub.setAttribute("aria-valuetext", `${seconds.toFixed(1)} of ${this.seconds.toFixed(1)} seconds`);
  }

  lay(element, start, end) {
    const share = (seconds) => Math.min(Math.max(seconds / this.seconds, 0), 1);
    element.style.left = `calc(${THUMB_PIXELS / 2}px + (100% - ${THUMB_PIXELS}px) * ${share(start)})`;
    element.style.width = `calc((100% - ${THUMB_PIXELS}px) * ${share(end) - share(start)})`;
  }

  // A click on the lane looks there, a drag plays that part.
  listenToLane() {
    let from = null;
    const at = ({ clientX }) => {
      const { left, width } = lane.getBoundingClientRect();
      const share = (clientX - left - THUMB_PIXELS / 2) / Math.max(width - THUMB_PIXELS, 1);
      return Math.min(Math.max(share, 0), 1) * this.seconds;
    };
    const range = (event) => {
      const [start, end] = [at(from), at(event)].sort((one, other) => one - other);
      return { start, end };
    };
    const isDrag = (event) => from && Math.abs(event.clientX - from.clientX) > CLICK_PIXELS;
    lane.addEventListener("pointerdown", (event) => {
      lane.setPointerCapture(event.pointerId);
      from = event;
    });
    lane.addEventListener("pointermove", (event) => isDrag(event) && this.showRange(range(event)));
    lane.addEventListener("pointerup", (event) => {
      if (isDrag(event)) this.onPart(range(event));
      else if (from) this.onSeek(at(event));
      from = null;
    });
    lane.addEventListener("pointercancel", () => (from = null));
  }
}
