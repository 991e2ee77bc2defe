// What is said when there is nothing to show: why, and what to do about it.

import { isAlive } from "./api.js";
import { announce, make, part } from "./dom.js";
import { Filters } from "./filters.js";
import { clausesOf } from "./question.js";
import { plural } from "./words.js";

const LOOK_MILLISECONDS = 3000;

export class Notice {
  // `onRetry()` asks again, `onDrop(without)` asks without a filter.
  constructor({ onRetry, onDrop }) {
    Object.assign(this, { onRetry, onDrop });
    part("retry").addEventListener("click", () => onRetry());
  }

  hide() {
    this.clearWaiting();
    part("notice").hidden = true;
  }

  clearWaiting() {
    clearTimeout(this.looking);
    this.finding?.abort();
  }

  say(title, text, { canRetry = false, actions = [] } = {}) {
    part("notice-title").textContent = title;
    part("notice-text").textContent = text;
    part("notice-actions").replaceChildren(...actions);
    part("retry").hidden = !canRetry;
    part("notice").hidden = false;
  }

  // Says what went wrong. Whether a service that is gone has come back is looked for now and then.
  // A filter of one's own may be what is wrong: to try again without it helps more than to try again.
  fail(error, { title = "That did not work", hasHits, where = "" }) {
    const isRefused = error.status === 422 && where;
    const drop = () => make("button", { type: "button", onclick: () => this.onDrop({ where: "" }) }, `Without “${where}”`);
    this.say(error.status === 0 ? "The service is not there" : title, error.message, { canRetry: true, actions: isRefused ? [drop()] : [] });
    part("more").hidden = true;
    if (hasHits) scrollTo({ top: 0 });
    if (error.status === 0) this.lookForService();
  }

  lookForService() {
    clearTimeout(this.looking);
    this.looking = setTimeout(async () => {
      if (await isAlive()) this.onRetry();
      else this.lookForService();
    }, LOOK_MILLISECONDS);
  }

  // Says why there is no hit: an empty library, or which filter keeps everything out.
  async nothing(question, total) {
    const clauses = clausesOf(question);
    if (!clauses.length) {
      if (total) this.say("Nothing else is here", "The library has no other motion.");
      else this.say("The index is empty", "Fill it with: tmr index FOLDER. The page shows it at once.");
      return;
    }
    this.say("No motion passes the filters", "Looking for the filter that keeps them out …");
    this.finding = new AbortController();
    try {
      const rest = await Filters.withoutEach(question, this.finding.signal);
      const actions = rest.map(({ words, without, total: count }) =>
        make("button", { type: "button", onclick: () => this.onDrop(without) }, `Without “${words}”: ${plural(count, "motion")}`),
      );
      const helps = rest.some(({ total: count }) => count > 0);
      this.say("No motion passes the filters", helps ? "Drop one of them:" : "Several of them keep everything out:", { actions });
      announce("No motion passes the filters");
    } catch (error) {
      if (error.name !== "AbortError") this.say("No motion passes the filters", error.message);
    }
  }
}
