// @ts-check
/** What the page can do beyond being read: everything here is an addition, nothing is needed. */
"use strict";

document.documentElement.classList.add("js");

/**
 * @template {Element} T
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T[]}
 */
const all = (selector, within = document) => /** @type {T[]} */ ([...within.querySelectorAll(selector)]);

/**
 * @param {Element} element
 * @returns {string[]} the names of the runs that the element is about
 */
function runsOf(element) {
  const runs = element.getAttribute("data-runs");
  return runs ? runs.split("\n") : [];
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string>} [attributes]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

/* Filter: what of the page is about some tag or run. */

/**
 * @typedef {object} Entry
 * @property {HTMLElement} panel
 * @property {string} text what the panel as a whole is called
 * @property {{row: HTMLElement, text: string}[]} rows
 */

/** @returns {Entry[]} */
function entries() {
  return all(".panel").map((panel) => {
    const heading = panel.querySelector("header, summary")?.textContent ?? "";
    const about = [heading, panel.getAttribute("data-tag"), panel.getAttribute("data-runs")];
    const figures = all("[data-runs]", panel).filter((part) => part.localName !== "tr");
    for (const figure of figures) about.push(figure.getAttribute("data-runs"));
    const rows = all("tbody tr", panel).map((row) => ({
      row: /** @type {HTMLElement} */ (row),
      text: (row.textContent ?? "").toLowerCase(),
    }));
    return { panel: /** @type {HTMLElement} */ (panel), text: about.join("\n").toLowerCase(), rows };
  });
}

function setUpFilter() {
  const input = /** @type {HTMLInputElement} */ (document.getElementById("page-filter"));
  const result = /** @type {HTMLElement} */ (document.querySelector(".result"));
  const links = new Map(all(".sections a").map((link) => [link.getAttribute("href"), link]));
  /** @type {Entry[] | undefined} */
  let known;

  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    known ??= entries();
    let found = 0;
    for (const { panel, text, rows } of known) {
      const whole = words.every((word) => text.includes(word));
      let some = whole;
      for (const row of rows) {
        const fits = whole || words.every((word) => row.text.includes(word) || text.includes(word));
        row.row.hidden = !fits;
        some ||= fits;
      }
      panel.hidden = !some;
      found += Number(some);
    }
    for (const part of all(".group, .chapter")) {
      const gone = words.length > 0 && !part.querySelector(".panel:not([hidden])");
      /** @type {HTMLElement} */ (part).hidden = gone;
      const entry = links.get(`#${part.id}`)?.closest("li");
      if (entry) entry.hidden = gone;
    }
    result.hidden = words.length === 0;
    const clear = element("button", { type: "button" }, "Clear");
    clear.addEventListener("click", () => {
      input.value = "";
      apply();
      input.focus();
    });
    const said = found ? `${found} of ${known.length} match` : "Nothing matches";
    result.replaceChildren(`${said} “${input.value.trim()}”`, clear);
  };

  let waiting = 0;
  input.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(apply);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    input.value = "";
    apply();
    input.blur();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  if (input.value) apply(); // a browser keeps what was typed when it comes back to a page
}

/* Legend: choosing runs dims what is about others only. */

function setUpLegend() {
  /** @type {Set<string>} */
  const chosen = new Set();
  const parts = () => all("figure[data-runs], .sound, .words, tbody tr[data-runs], .remark");

  const apply = () => {
    document.documentElement.classList.toggle("choice", chosen.size > 0);
    for (const part of parts()) {
      const runs = runsOf(part);
      const other = chosen.size > 0 && runs.length > 0 && !runs.some((run) => chosen.has(run));
      part.classList.toggle("dim", other);
    }
  };

  for (const item of all(".legend li")) {
    const run = item.getAttribute("data-run") ?? "";
    const button = element("button", { type: "button", "aria-pressed": "false" });
    button.append(...item.childNodes);
    item.append(button);
    button.addEventListener("click", () => {
      if (!chosen.delete(run)) chosen.add(run);
      button.setAttribute("aria-pressed", String(chosen.has(run)));
      apply();
    });
  }

  const legend = /** @type {HTMLElement | null} */ (document.querySelector(".legend"));
  const measure = () => {
    document.documentElement.style.setProperty("--legend", `${legend?.offsetHeight ?? 0}px`);
  };
  addEventListener("resize", measure);
  measure();
}

/* Tables: a click on a heading sorts. */

/**
 * @param {Element | undefined} cell
 * @returns {number | string | null} null sorts last
 */
function keyOf(cell) {
  if (!cell) return null;
  const value = cell.getAttribute("data-value");
  const text = (value ?? cell.textContent ?? "").trim();
  const number = Number(text.replace(/^([+-]?)inf$/, "$1Infinity"));
  if (text === "" || text === "nan") return null;
  return Number.isNaN(number) ? text : number;
}

/**
 * @param {number | string} a
 * @param {number | string} b
 */
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/**
 * @param {HTMLTableElement} table
 * @param {number} column
 * @param {number} sign 1 or -1
 */
function sort(table, column, sign) {
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return sign * compare(a.key, b.key);
  });
  body.append(...keyed.map(({ row }) => row));
}

function setUpTables() {
  for (const table of /** @type {HTMLTableElement[]} */ (all(".panel table"))) {
    const heads = all("thead > tr > *", table);
    if (table.closest(".prose") || (table.tBodies[0]?.rows.length ?? 0) < 2) continue;
    heads.forEach((head, column) => {
      if (head.localName !== "th" || head.classList.contains("picture")) return;
      const button = element("button", { type: "button" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, column, down ? -1 : 1);
      });
    });
  }
}

/* Pictures: open one large. */

/** @param {Element} figure */
function nameOf(figure) {
  const heading = figure.closest(".panel")?.querySelector("h3, h4")?.textContent ?? "";
  return figure.getAttribute("data-tag") || heading.trim();
}

function setUpPictures() {
  const dialog = element("dialog", { "aria-label": "Picture" });
  const title = element("strong", { dir: "auto" });
  const close = element("button", { type: "button" }, "Close");
  const header = element("header");
  const frame = element("div", { class: "frame", tabindex: "0" });
  header.append(title, close);
  dialog.append(header, frame);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  /** @param {HTMLElement} figure */
  const open = (figure) => {
    const image = figure.querySelector("img");
    if (!image) return;
    const large = /** @type {HTMLImageElement} */ (image.cloneNode());
    // As large as the window allows, as a picture holds no more than its own pixels; on a phone
    // at full size, to be moved about under the window.
    const [width, height] = ["width", "height"].map((side) => Number(image.getAttribute(side)));
    const room = Math.min((innerWidth * 0.92) / width, (innerHeight * 0.78) / height);
    const scale = Math.max(1, Math.min(room, image.classList.contains("pixelated") ? 16 : 2.5));
    large.width = Math.round(width * scale);
    large.height = Math.round(height * scale);
    large.loading = "eager";
    title.textContent = nameOf(figure);
    frame.replaceChildren(large);
    const caption = figure.querySelector("figcaption");
    if (caption) frame.append(caption.cloneNode(true));
    if (!dialog.isConnected) document.body.append(dialog);
    dialog.showModal();
  };

  const button = element("button", { class: "enlarge", type: "button" }, "⤢");
  for (const figure of all("figure:has(> img)")) {
    const mine = /** @type {HTMLElement} */ (button.cloneNode(true));
    mine.setAttribute("aria-label", `Enlarge ${nameOf(figure)}`);
    figure.append(mine);
  }
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const figure = target?.closest("figure > img, .enlarge")?.parentElement;
    if (figure) open(figure);
  });
}

/* Where the reader is, in the list of sections. */

function setUpPlace() {
  const list = /** @type {HTMLElement} */ (document.querySelector(".sections"));
  const links = new Map(all(".sections > li > a").map((link) => [link.getAttribute("href"), link]));
  /** @type {Set<Element>} */
  const seen = new Set();
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) seen.add(target);
        else seen.delete(target);
      }
      const now = all(".chapter").find((chapter) => seen.has(chapter));
      if (!now) return;
      for (const link of links.values()) link.removeAttribute("aria-current");
      const link = /** @type {HTMLElement | undefined} */ (links.get(`#${now.id}`));
      link?.setAttribute("aria-current", "true");
      // On a phone the list is one line that scrolls sideways.
      if (link) list.scrollLeft += link.getBoundingClientRect().left - list.clientWidth / 3;
    },
    { rootMargin: "-20% 0px -70% 0px" },
  );
  for (const chapter of all(".chapter")) watcher.observe(chapter);
}

/* Folded parts: open for print and for a link that leads into them. */

function setUpFolds() {
  /** @type {HTMLDetailsElement[]} */
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = /** @type {HTMLDetailsElement[]} */ (all("details:not([open])"));
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
  });
  const reveal = () => {
    const target = document.querySelector(":target");
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", reveal);
  addEventListener("load", reveal);
}

document.addEventListener("DOMContentLoaded", () => {
  setUpFilter();
  setUpLegend();
  setUpTables();
  setUpPictures();
  setUpPlace();
  setUpFolds();
});
