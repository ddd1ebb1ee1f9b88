/* Filter: what of the page is about some tag or run. */

/**
 * @typedef {object} Part a row of a table or a figure of one run
 * @property {HTMLElement} part
 * @property {string} text
 */

/**
 * @typedef {object} Entry
 * @property {HTMLElement} panel
 * @property {string} text what the panel as a whole is called
 * @property {Part[]} parts
 */

/** @returns {Entry[]} */
function entries() {
  return all(".panel").map((panel) => {
    const heading = panel.querySelector("header, summary")?.textContent ?? "";
    const about = [heading, panel.dataset.tag, panel.dataset.runs];
    const parts = all("tbody tr, figure[data-step], .sound, .words", panel).map((part) => ({
      part,
      text: `${part.dataset.runs}\n${part.textContent}`.toLowerCase(),
    }));
    return { panel, text: about.join("\n").toLowerCase(), parts };
  });
}

/**
 * One test for each word: as a text, or as a regular expression where it is one.
 * @param {string} wanted
 * @returns {((text: string) => boolean)[]}
 */
function tests(wanted) {
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      let pattern = /$^/;
      try {
        pattern = new RegExp(word, "m");
      } catch {
        // "loss[" is on its way to something, or just a name
      }
      return (text) => text.includes(word) || pattern.test(text);
    });
}

/**
 * Hide what does not fit and say how much does.
 * @param {Entry[]} known
 * @param {((text: string) => boolean)[]} words
 */
function sift(known, words) {
  const tags = new Set();
  let panels = 0;
  for (const { panel, text, parts } of known) {
    let some = words.every((fits) => fits(text));
    for (const { part, text: own } of parts) {
      part.hidden = !words.every((fits) => fits(own) || fits(text));
      some ||= !part.hidden;
    }
    panel.hidden = !some;
    panels += Number(some);
    if (some && panel.dataset.tag) tags.add(panel.dataset.tag);
  }
  const counted = (/** @type {number} */ count, /** @type {string} */ noun) =>
    `${count} ${noun}${count === 1 ? "" : "s"}`;
  const runs = all(".legend li").filter(({ dataset }) =>
    words.every((fits) => fits((dataset.run ?? "").toLowerCase())),
  ).length;
  if (!panels) return "Nothing matches";
  return `${counted(tags.size, "tag")} and ${counted(runs, "run")} in ${panels} of ${known.length} panels`;
}

/** @param {boolean} filtered */
function hideEmpty(filtered) {
  const links = new Map(all(".sections a").map((link) => [link.getAttribute("href"), link]));
  for (const part of all(".group, .chapter")) {
    const gone = filtered && !part.querySelector(".panel:not([hidden])");
    part.hidden = gone;
    const entry = links.get(`#${part.id}`)?.closest("li");
    if (entry) entry.hidden = gone;
  }
}

const filter = {
  input: () => /** @type {HTMLInputElement} */ (byId("page-filter")),

  /** @type {Entry[] | undefined} */
  known: undefined,

  /** @param {string} wanted */
  apply(wanted) {
    const input = filter.input();
    const result = /** @type {HTMLElement} */ (document.querySelector(".result"));
    const words = tests(wanted);
    if (input.value !== wanted) input.value = wanted;
    remember({ filter: wanted });
    result.hidden = words.length === 0;
    if (result.hidden && !filter.known) return;
    filter.known ??= entries();
    const said = sift(filter.known, words);
    hideEmpty(words.length > 0);
    const clear = button("Clear", () => {
      filter.apply("");
      input.focus();
    });
    result.replaceChildren(element("span", { dir: "auto" }, `${said}: “${wanted.trim()}”`), clear);
  },
};

function setUpFilter() {
  const input = filter.input();
  let waiting = 0;
  input.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => filter.apply(input.value));
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    filter.apply("");
    input.blur();
  });
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const typing = target?.closest("input:not([type=range]), textarea, select, dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  const before = history.state?.filter || input.value; // a browser may keep what was typed
  if (before) filter.apply(before);
}
