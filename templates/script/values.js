/* The large chart's table of runs, and what pointer and keys do on it. */

/**
 * @param {Data} data
 * @param {Set<Trace>} on the runs that are drawn
 * @param {() => void} changed
 */
function valuesTable(data, on, changed) {
  const where = element("caption");
  const heads = ["Run", "Smoothed", "Value", data.axis === "step" ? "Step" : "Time"];
  const head = element("tr");
  for (const text of heads) head.append(element("th", { scope: "col" }, text));
  const body = element("tbody");
  /** @type {Map<Trace, {row: HTMLElement, cells: HTMLElement[]}>} */
  const rows = new Map();
  /** @type {HTMLInputElement[]} */
  const boxes = [];
  for (const trace of data.traces) {
    const box = element("input", { type: "checkbox" });
    box.checked = on.has(trace);
    box.addEventListener("change", () => {
      if (box.checked) on.add(trace);
      else on.delete(trace);
      changed();
    });
    boxes.push(box);
    const cells = heads.slice(1).map(() => element("td", { class: "number" }));
    const own = element("th", { scope: "row" }, element("label", {}, box, named(trace)));
    const row = element("tr", {}, own, ...cells);
    rows.set(trace, { row, cells });
    body.append(row);
  }
  const turn = (/** @type {boolean} */ state) => {
    for (const box of boxes) box.checked = state;
    for (const trace of data.traces) {
      if (state) on.add(trace);
      else on.delete(trace);
    }
    changed();
  };
  const table = element("table", {}, where, element("thead", {}, head), body);
  const node = element("div", { class: "scroll values", tabindex: "0", role: "group" }, table);
  node.setAttribute("aria-label", "Values");
  if (data.traces.length > 1) {
    const every = [button("All runs", () => turn(true)), button("None", () => turn(false))];
    node.prepend(element("div", { class: "tools" }, ...every));
  }

  /**
   * @param {number} at
   * @param {Reading[]} told
   * @param {number} weight
   */
  const tell = (at, told, weight) => {
    where.textContent = `At ${whereOf(data.axis, at)}`;
    table.classList.toggle("unsmoothed", !weight);
    const known = new Map(told.map((row) => [row.trace, row]));
    for (const [trace, { row, cells }] of rows) {
      const reading = known.get(trace);
      row.classList.toggle("off", !reading);
      const said = reading
        ? [
            exact(reading.curve),
            exact(reading.y),
            whereOf(data.axis, reading.x).replace("step ", ""),
          ]
        : ["", "", ""];
      cells.forEach((cell, place) => {
        cell.textContent = said[place];
      });
    }
  };
  return { node, tell };
}

/**
 * Moving tells values, dragging zooms: into a rectangle, or into a stretch of x where the pointer
 * hardly leaves its height.
 * @param {SVGElement} svg
 * @param {Box} box
 * @param {() => ReturnType<typeof scales>} to
 * @param {(x: number) => void} move
 * @param {(x: number[], y?: [number, number]) => void} zoom
 */
function steerByPointer(svg, box, to, move, zoom) {
  /** @type {number[] | undefined} */
  let start;
  const frame = shape("rect", { class: "zoom" });
  const here = (/** @type {PointerEvent} */ event) => {
    const area = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - area.left, event.clientY - area.top];
    return [Math.max(box.left, Math.min(box.right, x)), Math.max(box.top, Math.min(box.bottom, y))];
  };
  /** @param {number[]} from @param {number[]} now */
  const between = (from, now) => {
    const [left, right] = [from[0], now[0]].sort((a, b) => a - b);
    const [top, bottom] = [from[1], now[1]].sort((a, b) => a - b);
    const flat = bottom - top < 25;
    return flat ? { ...box, left, right, flat } : { left, right, top, bottom, flat };
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    start = here(event);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    const now = here(event);
    if (!start) return move(to().x(now[0]));
    const { left: x, top: y, right, bottom } = between(start, now);
    svg.append(furnish(frame, { x, y, width: right - x, height: bottom - y }));
  });
  const end = (/** @type {PointerEvent} */ event) => {
    if (start && event.type === "pointerup") {
      const { left, right, top, bottom, flat } = between(start, here(event));
      const { x, y } = to();
      if (right - left > 5) zoom([x(left), x(right)], flat ? undefined : [y(bottom), y(top)]);
    }
    start = undefined;
    frame.remove();
  };
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointercancel", end);
}
