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

/** @param {HTMLElement} table */
function makeSortable(table) {
  const heads = all("thead > tr > th", table);
  if (table.closest(".prose") || table.querySelector("thead button")) return;
  if (all("tbody > tr", table).length < 2) return;
  for (const head of heads) {
    if (head.classList.contains("picture")) continue;
    head.append(element("button", { type: "button" }, ...head.childNodes));
  }
}

function setUpTables() {
  // Those of folded parts wait until they are unfolded: there may be thousands.
  for (const table of all(".panel table")) {
    if (!table.closest("details:not([open])")) makeSortable(table);
  }
  const unfolded = (/** @type {Event} */ event) => {
    for (const table of all("table", /** @type {Element} */ (event.target))) makeSortable(table);
  };
  document.addEventListener("toggle", unfolded, true);
  on("click", "thead button", (pressed) => {
    const head = pressed.closest("th");
    const table = head?.closest("table");
    if (!head || !table) return;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of all("[aria-sort]", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    sort(table, head.cellIndex, down ? -1 : 1);
  });
}
