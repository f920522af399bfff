// The report's controls. Without them the report is whole all the same: worst first, side by side.
"use strict";

(() => {
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const tasks = all(".task");
  const items = all(".item");
  const control = Object.fromEntries(["text", "task", "worst", "sort", "theme", "slide", "context"].map(
    (name) => [name, document.getElementById(name)],
  ));
  root.classList.add("scripted");

  // A file of its own has no storage in some browsers; the theme is then the system's at each start.
  const storage = (() => {
    try {
      return window.localStorage;
    } catch (error) {
      if (error instanceof DOMException) return null;
      throw error;
    }
  })();

  function setTheme(theme) {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    control.theme.value = theme;
  }

  function filter() {
    const words = control.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const worst = control.worst.value === "all" ? Infinity : Number(control.worst.value);
    let shown = 0;
    for (const task of tasks) {
      const wanted = control.task.value === "all" || control.task.value === task.id;
      let here = 0;
      for (const item of all(".item", task)) {
        const text = `${item.dataset.key} ${task.dataset.title.toLowerCase()}`;
        item.hidden = !wanted || Number(item.dataset.rank) > worst || !words.every((word) => text.includes(word));
        here += item.hidden ? 0 : 1;
      }
      shown += here;
      const filtered = words.length > 0;
      task.hidden = !wanted || (filtered && here === 0);
      find(".nothing", task).hidden = here > 0 || !filtered;
    }
    find("#count").textContent = `${shown} of ${items.length} items`;
  }

  // Those without a number come last, whichever way is asked for.
  const byNumber = (name, sign) => (one, other) => {
    const [a, b] = [one, other].map((item) => item.dataset[name]);
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return sign * (Number(a) - Number(b)) || one.dataset.rank - other.dataset.rank;
  };
  const orders = {
    worst: byNumber("rank", 1),
    best: byNumber("rank", -1),
    gain: byNumber("gain", 1),
    name: (one, other) => one.dataset.key.localeCompare(other.dataset.key, "en", { numeric: true }),
  };

  function sort() {
    for (const task of tasks) {
      const list = find(".items", task);
      list.append(...all(".item", list).sort(orders[control.sort.value]));
    }
  }

  function slide(item, sliding) {
    item.classList.toggle("sliding", sliding);
    find(".compare", item).setAttribute("aria-pressed", String(sliding));
  }

  function cut(input) {
    input.parentElement.style.setProperty("--cut", `${input.value}%`);
    input.setAttribute("aria-valuetext", `${input.value} percent prediction`);
  }

  function showFrame(input) {
    const place = Number(input.value) - 1;
    for (const picture of all(".picture", input.closest(".row"))) {
      const frames = all("img", picture);
      const shown = Math.min(place, frames.length - 1);
      frames.forEach((frame, number) => { frame.hidden = number !== shown; });
    }
    find("output", input.parentElement).textContent = `${input.value} of ${input.max}`;
  }

  control.text.addEventListener("input", filter);
  for (const name of ["task", "worst"]) control[name].addEventListener("change", filter);
  control.sort.addEventListener("change", sort);
  control.theme.addEventListener("change", () => {
    setTheme(control.theme.value);
    storage?.setItem("lavin-report-theme", control.theme.value);
  });
  control.slide.addEventListener("change", () => items.forEach((item) => slide(item, control.slide.checked)));
  control.context.addEventListener("change", () => root.classList.toggle("no-context", !control.context.checked));
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".item button");
    if (!button) return;
    const item = button.closest(".item");
    if (button.classList.contains("compare")) {
      slide(item, !item.classList.contains("sliding"));
      return;
    }
    button.setAttribute("aria-pressed", String(item.classList.toggle("larger")));
  });
  document.addEventListener("input", (event) => {
    if (event.target.classList.contains("cut")) cut(event.target);
    if (event.target.classList.contains("frame")) showFrame(event.target);
  });

  setTheme(storage?.getItem("lavin-report-theme") ?? "system");
  filter();
})();
