// Small ways to find and make elements. Text is always set as text: a name with HTML in it stays a name.

export const part = (name) => document.getElementById(name);

// Makes an element: `make("button", { class: "quiet", onclick }, "Remove")`. Properties that begin with `on` are
// listeners, the others attributes; one that is false or undefined is left out.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined && value !== null) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// A picture of index.html's sprite.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.append(use);
  return svg;
}

// What screen readers are told without anything changing its place.
export function announce(text) {
  part("said").textContent = "";
  // A text that is set again is only read if it was away in between.
  requestAnimationFrame(() => (part("said").textContent = text));
}

// What is kept in the browser from visit to visit; where that is forbidden, nothing is.
export const kept = {
  get(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`tmr-${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`tmr-${name}`, JSON.stringify(value));
    } catch {
      // Full or forbidden: the page works all the same.
    }
  },
};
