// Light, dark, or as the system has it. No module: it runs before the page is drawn, so that nothing flashes.

(() => {
  const CHOICES = ["system", "light", "dark"];
  const KEY = "tmr-theme";
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  function chosen() {
    try {
      const choice = JSON.parse(localStorage.getItem(KEY));
      return CHOICES.includes(choice) ? choice : "system";
    } catch {
      return "system";
    }
  }

  let choice = chosen();

  function apply() {
    const theme = choice === "system" ? (darkness.matches ? "dark" : "light") : choice;
    const button = document.getElementById("theme");
    button?.setAttribute("data-choice", choice);
    button?.setAttribute("aria-label", `Colours: ${choice}`);
    button?.setAttribute("title", `Colours: ${choice} (t)`);
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    document.dispatchEvent(new Event("themechange"));
  }

  function next() {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    try {
      localStorage.setItem(KEY, JSON.stringify(choice));
    } catch {
      // Forbidden: the choice holds for this visit.
    }
    apply();
  }

  darkness.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", next);
  });
  apply();
})();
