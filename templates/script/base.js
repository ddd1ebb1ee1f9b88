// @ts-check
/** What the page can do beyond being read: everything here is an addition, nothing is needed. */

document.documentElement.classList.add("js");

// What stands on top is painted first, without the rest, whose layout would put it off by a third.
// Who comes by a link into the page, or back to a place in it, needs all of it to get there.
const [visit] = performance.getEntriesByType("navigation");
if (!location.hash && /** @type {PerformanceNavigationTiming} */ (visit)?.type === "navigate") {
  document.documentElement.classList.add("early");
  requestAnimationFrame(() => setTimeout(() => document.documentElement.classList.remove("early")));
}

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
const all = (selector, within = document) =>
  /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Do something whenever an event of some type meets an element of some selector; `target` is what
 * it met, within that element.
 * @template {keyof DocumentEventMap} T
 * @param {T} type
 * @param {string} selector
 * @param {(found: HTMLElement, event: DocumentEventMap[T], target: Element) => void} does
 */
function on(type, selector, does) {
  document.addEventListener(type, (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const found = /** @type {HTMLElement | null} */ (target?.closest(selector));
    if (target && found) does(found, event, target);
  });
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} content
 * @returns {HTMLElementTagNameMap[K]}
 */
function element(name, attributes = {}, ...content) {
  return furnish(document.createElement(name), attributes, content);
}

/**
 * @template {Element} T
 * @param {T} made
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} [content]
 */
function furnish(made, attributes, content = []) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...content);
  return made;
}

/**
 * A name in the colour of its run, as everywhere in the page.
 * @param {{run: string, look: string}} trace
 */
function named({ run, look }) {
  const said = run.trim() ? run : "(no name)";
  return element("span", { class: `run ${look}` }, element("span", { dir: "auto" }, said));
}

/**
 * @param {string} text
 * @param {() => void} does
 * @param {Record<string, string>} [attributes]
 */
function button(text, does, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", does);
  return made;
}

/**
 * Keep something of the page's state with this entry of the history: it is there again after going
 * back or loading anew.
 * @param {Record<string, unknown>} part
 */
function remember(part) {
  history.replaceState({ ...history.state, ...part }, "");
}

let saying = 0;

/**
 * Say something in passing, aloud too.
 * @param {string} text
 */
function say(text) {
  const status = byId("page-status");
  // What stands behind a dialog is neither seen nor read out.
  (document.querySelector("dialog[open]") ?? document.body).append(status);
  status.textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => {
    status.textContent = "";
  }, 4000);
}
