/* Hovering over a chart tells its values; choosing runs draws them over its faded picture. */

/**
 * @typedef {object} Reading
 * @property {Trace} trace
 * @property {number} x
 * @property {number} y
 * @property {number} curve the smoothed value
 */

/**
 * What each run holds nearest to a place on the x axis, and the place nearest to it of all.
 * @param {Data} data
 * @param {Trace[]} traces
 * @param {number} wanted
 * @param {number} weight
 * @returns {{at: number, rows: Reading[]}}
 */
function readings(data, traces, wanted, weight) {
  let at = Number.POSITIVE_INFINITY;
  const rows = traces.map((trace) => {
    const place = nearest(trace.x, wanted);
    const x = trace.x[place];
    if (Math.abs(x - wanted) < Math.abs(at - wanted)) at = x;
    return { trace, x, y: trace.y[place], curve: smoothed(trace, weight, data)[place] };
  });
  return { at, rows };
}

/**
 * @param {Element} plot
 * @returns {Box} where the axes of its picture are, in CSS pixels of the picture
 */
function frameOf(plot) {
  const [left, top, right, bottom] = (plot.getAttribute("data-frame") ?? "").split(" ").map(Number);
  return { left, top, right, bottom };
}

const MOST_TOLD = 10; // runs beside a pointer; the large chart has them all

function setUpHover() {
  const tip = element("div", { class: "tip", "aria-hidden": "true" });
  const line = element("div", { class: "cursor" });
  const hide = () => {
    tip.remove();
    line.remove();
  };

  /**
   * @param {Element} plot
   * @param {PointerEvent} event
   */
  const tell = (plot, event) => {
    const data = dataOf(plot.closest("figure"));
    const area = plot.getBoundingClientRect();
    const scale = area.width / Number(plot.querySelector("img")?.getAttribute("width"));
    const box = frameOf(plot);
    const over = (event.clientX - area.left) / scale;
    if (!data || over < box.left - 9 || over > box.right + 9) return hide();
    const to = scales(data, box);
    const shown = data.traces.filter((trace) => chosen.size === 0 || chosen.has(trace.run));
    const { at, rows } = readings(data, shown, to.x(over), data.weight);
    if (!rows.length) return hide();
    const high = (event.clientY - area.top) / scale;
    const far = (/** @type {Reading} */ row) => Math.abs(to.up(row.curve) - high) || 0;
    const told = [...rows].sort((a, b) => far(a) - far(b)).slice(0, MOST_TOLD);
    const body = element("tbody");
    for (const row of rows.filter((one) => told.includes(one))) {
      const elsewhere = row.x === at ? "" : whereOf(data.axis, row.x);
      const near = row === told[0] && rows.length > 1 ? "near" : "";
      const cells = [named(row.trace), exact(row.y), elsewhere].map((said) =>
        element("td", {}, said),
      );
      body.append(element("tr", { class: near }, ...cells));
    }
    const more = rows.length - told.length;
    tip.replaceChildren(element("strong", {}, whereOf(data.axis, at)), element("table", {}, body));
    if (more) tip.append(element("small", {}, `and ${more} more runs`));
    line.style.left = `${to.across(at) * scale}px`;
    line.style.top = `${box.top * scale}px`;
    line.style.height = `${(box.bottom - box.top) * scale}px`;
    plot.append(line);
    document.body.append(tip);
    const beside = event.clientX + 18;
    const fits = beside + tip.offsetWidth < innerWidth;
    tip.style.left = `${Math.max(4, fits ? beside : event.clientX - 18 - tip.offsetWidth)}px`;
    tip.style.top = `${Math.max(4, Math.min(event.clientY - 12, innerHeight - tip.offsetHeight - 4))}px`;
  };

  on("pointermove", "html", (_, event, target) => {
    const plot = event.pointerType === "touch" ? null : target.closest(".plot");
    if (plot) tell(plot, event);
    else if (tip.isConnected) hide();
  });
  document.addEventListener("scroll", hide, { passive: true });
  document.addEventListener("pointerdown", hide);
}

/** @type {IntersectionObserver | undefined} */
let overlays;

/** Draw the chosen runs over the pictures that are about to be seen. */
function overlayChosen() {
  overlays?.disconnect();
  for (const old of all("svg.over")) old.remove();
  for (const plot of all(".plot.faded")) plot.classList.remove("faded");
  if (chosen.size === 0) return;
  overlays = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        const data = isIntersecting ? dataOf(target.closest("figure")) : undefined;
        if (!data) continue;
        overlays?.unobserve(target);
        const image = target.querySelector("img");
        const traces = data.traces.filter((trace) => chosen.has(trace.run));
        if (!image || !traces.length) continue;
        const [width, height] = [image.getAttribute("width"), image.getAttribute("height")];
        const box = frameOf(target);
        const at = { x: box.left, y: box.top, width: box.right - box.left };
        const inside = { left: 0, top: 0, right: at.width, bottom: box.bottom - box.top };
        const drawn = traces.flatMap((trace) => curves(trace, data, data, inside, data.weight));
        const frame = shape("svg", { ...at, height: inside.bottom }, ...drawn);
        target.append(shape("svg", { class: "over", viewBox: `0 0 ${width} ${height}` }, frame));
        target.classList.add("faded");
      }
    },
    { rootMargin: "300px" },
  );
  for (const plot of all(".plot")) overlays.observe(plot);
}
