// The filters: a panel made of what the index knows of its items, and chips of what is on.

import { fields, items } from "./api.js";
import { icon, make, part } from "./dom.js";
import { clausesOf } from "./question.js";
import { fieldName, fieldUnit, plural } from "./words.js";

const SHOWN_VALUES = 8;
const TYPING_MILLISECONDS = 300;
const narrow = matchMedia("(max-width: 860px)");
// What people filter by most comes first; everything else follows in the index's order.
const FIRST = ["seconds", "speed", "folder", "tags", "hand", "foot", "format", "source", "licence", "license"];
// A name is what the search is for, and a range of hashes says nothing.
const LEFT_OUT = new Set(["item"]);

export class Filters {
  // `state()` gives the question, `onChange(changes, how)` asks a new one.
  constructor({ state, onChange }) {
    Object.assign(this, { state, onChange, panel: part("filters"), button: part("filters-button"), known: [] });
    this.button.addEventListener("click", () => this.toggle());
    part("filters-close").addEventListener("click", () => this.close());
    part("filters-done").addEventListener("click", () => this.close());
    part("filters-clear").addEventListener("click", () => this.clear());
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.close();
    });
    this.panel.addEventListener("close", () => this.button.setAttribute("aria-expanded", "false"));
    narrow.addEventListener("change", () => this.panel.open && this.close());
    part("fold").addEventListener("change", ({ target }) => onChange({ fold: target.checked }));
    part("moments").addEventListener("change", ({ target }) => onChange({ moments: target.value }));
    this.listenToWhere();
  }

  get isOpen() {
    return this.panel.open;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  // Beside the hits where there is room, over them on a phone.
  async open() {
    if (narrow.matches) this.panel.showModal();
    else this.panel.show();
    this.button.setAttribute("aria-expanded", "true");
    part("filters-close").focus();
    await this.load();
  }

  close() {
    if (!this.isOpen) return;
    this.panel.close();
    this.button.focus();
  }

  clear() {
    this.onChange({ ranges: {}, values: {}, where: "" });
    part("where").value = "";
    this.sayOfWhere("", false);
  }

  // Reads what can be filtered by, once an index.
  async load() {
    const { index } = this.state();
    if (this.index === index && this.known.length) return;
    this.index = index;
    try {
      const answer = await fields();
      const rank = ({ name }) => (FIRST.indexOf(name) + 1 || FIRST.length + 1);
      this.known = answer.fields.filter(isUseful).sort((one, other) => rank(one) - rank(other));
      part("fields").replaceChildren(...this.known.map((field) => this.group(field)));
      this.show(this.state());
    } catch (error) {
      part("fields").replaceChildren(make("p", { class: "soft" }, error.message));
    }
  }

  // Brings the panel and the chips up to date.
  show(question, total = undefined) {
    part("fold").checked = question.fold;
    part("moments").value = question.moments;
    const where = part("where");
    if (document.activeElement !== where) where.value = question.where;
    for (const input of part("fields").querySelectorAll("input[data-bound]")) {
      const bounds = question.ranges[input.dataset.field] ?? [null, null];
      if (document.activeElement !== input) input.value = bounds[Number(input.dataset.bound)] ?? "";
    }
    for (const input of part("fields").querySelectorAll("input[data-value]")) {
      input.checked = (question.values[input.dataset.field] ?? []).includes(input.dataset.value);
    }
    const clauses = clausesOf(question);
    part("filters-count").textContent = clauses.length || "";
    part("filters-clear").hidden = !clauses.length;
    if (total !== undefined) part("filters-done").textContent = `Show ${plural(total, "motion")}`;
    this.showChips(clauses);
  }

  showChips(clauses) {
    const list = part("clauses");
    const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.hidden = !clauses.length;
    const chip = ({ words, without }) =>
      make("li", { class: "chip" }, make("span", { class: "words" }, words),
        make("button", { type: "button", "aria-label": `Drop the filter ${words}`, onclick: () => this.drop(without) }, icon("close")));
    const all = make("li", {}, make("button", { type: "button", class: "link", onclick: () => this.clear() }, "Clear filters"));
    list.replaceChildren(...clauses.map(chip), ...(clauses.length > 1 ? [all] : []));
    const buttons = list.querySelectorAll("button");
    if (focused >= 0) (buttons[Math.min(focused, buttons.length - 1)] ?? this.button).focus();
  }

  drop(without) {
    if ("where" in without) {
      part("where").value = "";
      this.sayOfWhere("", false);
    }
    this.onChange(without);
  }

  group(field) {
    const rows = field.kind === "number" ? [this.range(field)] : this.choices(field);
    return make("fieldset", {}, make("legend", {}, fieldName(field.name), make("span", { class: "soft" }, ` ${fieldUnit(field.name)}`)), ...rows);
  }

  range({ name, lowest, highest }) {
    const [low, high] = [Math.floor(lowest * 100) / 100, Math.ceil(highest * 100) / 100];
    const input = (bound, placeholder, label) =>
      make("input", {
        type: "number", step: "any", inputmode: "decimal", placeholder, "aria-label": `${fieldName(name)} ${label}`,
        "data-field": name, "data-bound": bound, oninput: () => this.rangeTyped(name), onblur: () => this.takeRange(),
      });
    return make("div", { class: "range" }, input(0, low, "from"), make("span", { "aria-hidden": "true" }, "–"), input(1, high, "to"));
  }

  rangeTyped(name) {
    clearTimeout(this.typing);
    this.typed = name;
    this.typing = setTimeout(() => this.takeRange(), TYPING_MILLISECONDS);
  }

  // Takes over what was typed last. Whoever goes on to another control does not wait for it, and must not lose it.
  takeRange() {
    clearTimeout(this.typing);
    const name = this.typed;
    if (name === undefined) return;
    this.typed = undefined;
    const inputs = [...part("fields").querySelectorAll("input[data-bound]")].filter((input) => input.dataset.field === name);
    const bounds = inputs.map((input) => (input.value === "" ? null : Number(input.value)));
    const { [name]: _, ...ranges } = this.state().ranges;
    this.onChange({ ranges: bounds.some((bound) => bound !== null) ? { ...ranges, [name]: bounds } : ranges });
  }

  choices({ name, values }) {
    const rows = Object.entries(values).map(([value, count]) => {
      const input = make("input", { type: "checkbox", "data-field": name, "data-value": value, onchange: () => this.chosen(name) });
      return make("label", { class: "choice" }, input, make("span", { class: "words", title: value }, value),
        make("span", { class: "count" }, count.toLocaleString("en")));
    });
    if (rows.length <= SHOWN_VALUES + 2) return rows;
    const rest = make("div", { hidden: true }, ...rows.slice(SHOWN_VALUES));
    const button = make("button", { type: "button", class: "link", onclick: () => {
      rest.hidden = false;
      rest.querySelector("input").focus();
      button.remove();
    } }, `${rows.length - SHOWN_VALUES} more`);
    return [...rows.slice(0, SHOWN_VALUES), rest, button];
  }

  chosen(name) {
    const inputs = [...part("fields").querySelectorAll("input[data-value]")].filter((input) => input.dataset.field === name);
    const chosen = inputs.filter((input) => input.checked).map((input) => input.dataset.value);
    const { [name]: _, ...values } = this.state().values;
    this.onChange({ values: chosen.length ? { ...values, [name]: chosen } : values });
  }

  // A filter that is typed is tried alone first: what is wrong with it is said where it stands.
  listenToWhere() {
    const where = part("where");
    where.addEventListener("input", () => {
      clearTimeout(this.trying);
      this.trying = setTimeout(() => this.tryWhere(where.value.trim()), TYPING_MILLISECONDS);
    });
    where.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      clearTimeout(this.trying);
      this.tryWhere(where.value.trim());
    });
  }

  async tryWhere(text) {
    this.running?.abort();
    this.running = new AbortController();
    const { signal } = this.running;
    try {
      const { total } = text ? await items({ where: text, k: 1 }, signal) : { total: 0 };
      this.sayOfWhere(text ? `${plural(total, "motion")} pass${total === 1 ? "es" : ""}` : "", false);
      if (text !== this.state().where) this.onChange({ where: text });
    } catch (error) {
      if (error.name !== "AbortError") this.sayOfWhere(error.message, true);
    }
  }

  sayOfWhere(text, isWrong) {
    part("where-said").textContent = text;
    part("where-said").classList.toggle("wrong", isWrong);
    part("where").setAttribute("aria-invalid", String(isWrong));
  }

  // Finds what each filter keeps out of an empty result: pairs of a clause and how many there are without it.
  static async withoutEach(question, signal) {
    const clauses = clausesOf(question);
    const totals = clauses.map(async ({ without }) => {
      const where = clausesOf({ ...question, ...without }).map((clause) => clause.where).join(" and ");
      return (await items({ where: where || undefined, k: 1 }, signal)).total;
    });
    return (await Promise.all(totals)).map((total, place) => ({ ...clauses[place], total }));
  }
}

function isUseful({ name, kind, lowest, highest, values, items: count }) {
  if (LEFT_OUT.has(name) || name.includes("`")) return false;
  if (kind === "number") return lowest !== highest;
  const numbers = Object.values(values);
  // Texts that are all different are names.
  return numbers.length > 1 ? numbers[0] > 1 : numbers.length === 1 && numbers[0] < count;
}
