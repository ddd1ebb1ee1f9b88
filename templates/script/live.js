/* A live chart: drawn from its numbers, with values, zoom, switches and runs on and off. */

/**
 * @param {string} label
 * @param {Record<string, string>} attributes
 * @param {(input: HTMLInputElement) => void} does
 */
function control(label, attributes, does) {
  const made = element("input", attributes);
  made.addEventListener("input", () => does(made));
  return element("label", {}, label, made);
}

/**
 * @param {Element} figure
 * @param {Data} data
 * @param {HTMLElement} tools where its switches go
 */
function liveChart(figure, data, tools) {
  const wanted = data.traces.filter((trace) => !chosen.size || chosen.has(trace.run));
  const on = new Set(wanted.length ? wanted : data.traces);
  /** @type {View} */
  const view = { x: data.x, y: data.y, log: data.log };
  let weight = data.weight;
  let stops = new Float64Array(0);
  let at = data.x[1];
  const svg = shape("svg", { class: "live", tabindex: 0, role: "slider" });
  svg.setAttribute("aria-label", "Place on the x axis: arrows move, + and - zoom, 0 shows all");
  const box = { left: 62, top: 10, right: 0, bottom: 0 };
  const table = valuesTable(data, on, () => change());

  /** Make the y axis that of what is between the ends of x. */
  const fit = () => {
    if (view.x === data.x && view.log === data.log && on.size === data.traces.length) {
      view.y = data.y;
      return;
    }
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const trace of on) {
      smoothed(trace, weight, data).forEach((y, place) => {
        const x = trace.x[place];
        if (x < view.x[0] || x > view.x[1] || !Number.isFinite(y) || (view.log && y <= 0)) return;
        low = Math.min(low, y);
        high = Math.max(high, y);
      });
    }
    if (low > high) [low, high] = [0.1, 1];
    const edge = (high - low || Math.abs(high) || 1) * 0.05;
    view.y = view.log ? [low / 1.2, high * 1.2] : [low - edge, high + edge];
  };

  const draw = () => {
    if (svg.clientWidth < 100) return;
    box.right = svg.clientWidth - 14;
    box.bottom = svg.clientHeight - 26;
    // A frame of its own cuts off what the zoom leaves out.
    const frame = { left: 0, top: 0, right: box.right - box.left, bottom: box.bottom - box.top };
    const size = { x: box.left, y: box.top, width: frame.right, height: frame.bottom };
    const lines = [...on].flatMap((trace) => curves(trace, data, view, frame, weight));
    const raw = (/** @type {Element} */ line) => Number(line.classList.contains("raw"));
    lines.sort((a, b) => raw(b) - raw(a));
    svg.replaceChildren(axes(data, view, box), shape("svg", size, ...lines));
    point();
  };

  /** Show what is at the place of the cursor. */
  const point = () => {
    for (const old of all(".pointer", svg)) old.remove();
    const to = scales(view, box);
    const { rows } = readings(data, [...on], at, weight);
    const x = to.across(at);
    if (x >= box.left && x <= box.right) {
      svg.append(shape("line", { x1: x, x2: x, y1: box.top, y2: box.bottom, class: "pointer" }));
      for (const row of rows) {
        const cy = to.up(row.curve);
        if (row.x !== at || !(cy >= box.top - 1 && cy <= box.bottom + 1)) continue;
        svg.append(shape("circle", { cx: x, cy, r: 3.5, class: `pointer ${row.trace.look}` }));
      }
    }
    table.tell(at, rows, weight);
    const [valuemin, valuemax] = data.x;
    const said = { valuemin, valuemax, valuenow: at, valuetext: whereOf(data.axis, at) };
    for (const [key, value] of Object.entries(said)) svg.setAttribute(`aria-${key}`, `${value}`);
  };

  /** @param {number} x */
  const move = (x) => {
    at = stops[nearest(stops, x)] ?? at;
    point();
  };

  const change = () => {
    const every = new Set([...on].flatMap((trace) => [...trace.x]));
    stops = Float64Array.from(every).sort();
    fit();
    draw();
    move(at);
  };

  /** @param {number[]} x @param {[number, number]} [y] */
  const zoom = (x, y) => {
    const [first, last] = [Math.max(x[0], data.x[0]), Math.min(x[1], data.x[1])];
    view.x = last > first && last - first < data.x[1] - data.x[0] ? [first, last] : data.x;
    if (y) view.y = y;
    else fit();
    draw();
  };

  /** @type {Record<string, string>} */
  const checked = view.log ? { checked: "" } : {};
  const log = control("log y ", { type: "checkbox", ...checked }, (input) => {
    view.log = input.checked;
    fit();
    draw();
  });
  const shown = element("output", {}, String(weight));
  const range = { type: "range", min: "0", max: "0.999", step: "0.001", value: String(weight) };
  const slider = control("Smoothing ", range, (input) => {
    weight = Number(input.value);
    shown.textContent = input.value;
    fit();
    draw();
  });
  slider.append(shown);
  tools.append(
    log,
    slider,
    button("Whole", () => zoom(data.x)),
  );

  steerByPointer(svg, box, () => scales(view, box), move, zoom);
  svg.addEventListener("dblclick", () => zoom(data.x));
  svg.addEventListener("keydown", (event) => {
    const half = (view.x[1] - view.x[0]) / 4;
    const by = (/** @type {number} */ count) => {
      const place = nearest(stops, at) + count * (event.shiftKey ? 10 : 1);
      move(stops[Math.max(0, Math.min(stops.length - 1, place))]);
    };
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => by(-1),
      ArrowRight: () => by(1),
      Home: () => move(data.x[0]),
      End: () => move(data.x[1]),
      "+": () => zoom([at - half, at + half]),
      "-": () => zoom([at - 4 * half, at + 4 * half]),
      0: () => zoom(data.x),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  new ResizeObserver(change).observe(svg);

  const note = element("p", { class: "note" }, "Drag to zoom in, double-click to see all.");
  const kept = data.traces.reduce((sum, trace) => sum + trace.y.length, 0);
  const total = data.traces.reduce((sum, trace) => sum + trace.total, 0);
  if (kept < total) {
    note.append(
      ` ${kept.toLocaleString("en")} of ${total.toLocaleString("en")} points are here, the`,
    );
    note.append(" extremes among them; another smoothing than the picture's is only about right.");
  }
  const alt = element("p", { class: "hide" }, figure.querySelector("img")?.alt ?? "");
  const side = element("div", { class: "live-side" }, svg, note, alt);
  return element("div", { class: "frame live-frame" }, side, table.node);
}

/**
 * @param {Data} data
 * @param {View} view
 * @param {Box} box
 */
function axes(data, view, box) {
  const to = scales(view, box);
  const made = shape("g", { class: "axes" });
  const tall = box.bottom - box.top;
  const rows = view.log ? decades(view.y[0], view.y[1], tall / 45) : ticks(...view.y, tall / 55);
  for (const y of rows) {
    const up = to.up(y);
    made.append(shape("line", { x1: box.left, x2: box.right, y1: up, y2: up }));
    const label = shape("text", { x: box.left - 8, y: up + 4, "text-anchor": "end" });
    label.textContent = short(y);
    made.append(label);
  }
  const count = (box.right - box.left) / (data.axis === "wall" ? 150 : 90);
  const columns = ticks(...view.x, Math.max(2, count), data.axis !== "step");
  const said = labels(data.axis, columns);
  columns.forEach((x, place) => {
    const label = shape("text", { x: to.across(x), y: box.bottom + 18, "text-anchor": "middle" });
    label.textContent = said[place];
    made.append(label);
  });
  const [x1, x2, y] = [box.left, box.right, box.bottom];
  made.append(shape("line", { class: "base", x1, x2, y1: y, y2: y }));
  return made;
}
