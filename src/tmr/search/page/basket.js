// The basket: motions that are kept from question to question, to be taken away together. It lies in the browser.

import { fileAddress, zip } from "./api.js";
import { announce, icon, kept, make, part } from "./dom.js";
import { duration, plural, shortName } from "./words.js";

const MOST = 100; // what the service packs at once
const dialog = part("basket");

const entryOf = ({ id, item, start_seconds, end_seconds, seconds, has_file }) => ({ id, item, start_seconds, end_seconds, seconds, has_file });
const keyOf = (hit) => `${hit.id} ${hit.start_seconds}`;
const isPart = (hit) => hit.end_seconds - hit.start_seconds < hit.seconds - 0.1;

export class Basket {
  // `onOpen(hit)` looks at one, `onCompare(one, other)` at two, `onChange()` is told when something comes or goes.
  constructor({ onOpen, onCompare, onChange }) {
    Object.assign(this, { onOpen, onCompare, onChange, name: "basket", entries: [] });
    part("basket-button").addEventListener("click", () => this.open());
    part("basket-close").addEventListener("click", () => dialog.close());
    part("basket-empty").addEventListener("click", () => this.set([]));
    part("basket-zip").addEventListener("click", () => this.download());
    part("basket-copy").addEventListener("click", () => this.copy());
    part("basket-compare").addEventListener("click", () => {
      dialog.close();
      this.onCompare(this.entries[0], this.entries[1]);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    // Another tab has changed it.
    addEventListener("storage", ({ key }) => key === `tmr-${this.name}` && this.read());
  }

  get isOpen() {
    return dialog.open;
  }

  // Each index has a basket of its own.
  use(index) {
    this.name = index ? `basket-${index}` : "basket";
    this.read();
  }

  read() {
    const entries = kept.get(this.name, []);
    this.entries = Array.isArray(entries) ? entries.filter((entry) => entry?.id && entry?.item).slice(0, MOST) : [];
    this.show();
  }

  has(hit) {
    return this.entries.some((entry) => keyOf(entry) === keyOf(hit));
  }

  // Keeps a hit, or gives it back if it is kept already.
  toggle(hit) {
    if (this.has(hit)) this.set(this.entries.filter((entry) => keyOf(entry) !== keyOf(hit)));
    else this.keep([hit]);
  }

  keep(hits) {
    const wanted = hits.flatMap((hit) => (hit.parts?.length ? hit.parts.map((one) => ({ ...hit, ...one })) : [hit]));
    const fresh = wanted.filter((hit) => !this.has(hit)).map(entryOf);
    if (this.entries.length + fresh.length > MOST) announce(`The basket holds ${MOST} motions; the rest was left out`);
    this.set([...this.entries, ...fresh].slice(0, MOST));
  }

  set(entries) {
    this.entries = entries;
    kept.set(this.name, entries);
    announce(`${plural(entries.length, "motion")} in the basket`);
    this.show();
  }

  open() {
    this.show();
    part("basket-said").textContent = "";
    dialog.showModal();
  }

  show() {
    const count = this.entries.length;
    part("basket-count").textContent = count || "";
    part("basket-button").setAttribute("aria-label", `Basket, ${plural(count, "motion")}`);
    part("basket-nothing").hidden = count > 0;
    part("basket-bar").hidden = !count;
    part("basket-compare").hidden = count !== 2;
    const rows = this.entries.map((entry) => this.row(entry));
    part("basket-list").replaceChildren(...rows);
    part("basket-title").textContent = count ? `Basket · ${plural(count, "motion")}` : "Basket";
    this.onChange();
  }

  row(entry) {
    const { base } = shortName(entry.item);
    const open = () => {
      dialog.close();
      this.onOpen(entry);
    };
    const cut = isPart(entry) ? { format: "bvh", start: entry.start_seconds, end: entry.end_seconds } : {};
    return make(
      "li", {},
      make("button", { type: "button", class: "link", title: entry.item, onclick: open }, base),
      make("span", { class: "soft" }, duration(entry)),
      entry.has_file ? make("a", { class: "round", href: fileAddress(entry.id, cut), download: true, "aria-label": `Download ${base}` }, icon("download")) : null,
      make("button", { type: "button", class: "round", "aria-label": `Remove ${base}`, onclick: () => this.remove(entry) }, icon("close")),
    );
  }

  remove(entry) {
    const place = this.entries.indexOf(entry);
    this.set(this.entries.filter((other) => other !== entry));
    const rows = [...part("basket-list").children];
    (rows[Math.min(place, rows.length - 1)]?.querySelector("button") ?? part("basket-close")).focus();
  }

  async download() {
    const [button, said, format] = [part("basket-zip"), part("basket-said"), part("basket-format").value];
    button.disabled = true;
    said.textContent = "Packing …";
    try {
      const items = this.entries.map((entry) => ({
        item: entry.id,
        ...(isPart(entry) && format !== "original" ? { start_seconds: entry.start_seconds, end_seconds: entry.end_seconds } : {}),
      }));
      const packed = await zip({ items, format }, (bytes) => (said.textContent = `${(bytes / 1e6).toFixed(1)} MB …`));
      const href = URL.createObjectURL(packed);
      make("a", { href, download: "motions.zip" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
      said.textContent = `Packed: ${(packed.size / 1e6).toFixed(1)} MB. What could not be packed is named inside.`;
    } catch (error) {
      said.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  }

  async copy() {
    const text = listAs(part("basket-list-format").value, this.entries);
    try {
      await navigator.clipboard.writeText(text);
      part("basket-said").textContent = `Copied ${plural(this.entries.length, "line")}.`;
    } catch {
      // Only secure pages may use the clipboard; the text can then be copied by hand.
      part("basket-text").value = text;
      part("basket-text").hidden = false;
      part("basket-text").select();
      part("basket-said").textContent = "The browser keeps its clipboard to itself; copy the text below.";
    }
  }
}

// The list as text (a name a line, with the seconds of parts), CSV or JSON.
export function listAs(format, entries) {
  const rows = entries.map(({ item, start_seconds, end_seconds, seconds }) => ({ item, start_seconds, end_seconds, seconds }));
  if (format === "json") return JSON.stringify(rows, null, 2);
  if (format === "csv") {
    const cell = (value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const lines = rows.map((row) => [cell(row.item), row.start_seconds, row.end_seconds, row.seconds].join(","));
    return ["item,start_seconds,end_seconds,seconds", ...lines, ""].join("\n");
  }
  return rows.map((row) => (isPart(row) ? `${row.item}\t${row.start_seconds}\t${row.end_seconds}` : row.item)).join("\n");
}
