/* Plots: the numbers of a chart, read from the block beside its picture, and how they are drawn. */

/** @typedef {Float64Array | Float32Array} Numbers */

/**
 * @typedef {object} Trace one run's points
 * @property {string} run
 * @property {string} look the classes of its colour and dashes
 * @property {Numbers} x
 * @property {Numbers} y
 * @property {number} total how many points were logged
 * @property {Numbers | undefined} smooth as the picture shows them, where x and y are not all points
 */

/**
 * @typedef {object} Data
 * @property {string} axis
 * @property {[number, number]} x
 * @property {[number, number]} y
 * @property {boolean} log
 * @property {number} weight
 * @property {Trace[]} traces
 */

/** @typedef {{x: [number, number], y: [number, number], log: boolean}} View */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/** @type {WeakMap<Element, Data>} */
const read = new WeakMap();
/** @type {[string, string][] | undefined} */
let names;

/**
 * @param {string | [number, number, number]} packed
 * @returns {Numbers}
 */
function unpack(packed) {
  if (typeof packed !== "string") {
    const [first, distance, length] = packed;
    return Float64Array.from({ length }, (_, place) => first + distance * place);
  }
  const bytes = Uint8Array.from(atob(packed.slice(1)), (char) => char.charCodeAt(0));
  return packed[0] === "f" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
}

/**
 * @param {Element | null | undefined} figure
 * @returns {Data | undefined} the numbers of its chart, if the page has them
 */
function dataOf(figure) {
  const block = figure?.querySelector("script");
  if (!figure || !block) return undefined;
  let data = read.get(figure);
  if (data) return data;
  names ??= JSON.parse(byId("page-runs").textContent ?? "[]");
  const said = JSON.parse(block.textContent ?? "");
  const steps = said.steps.map(unpack);
  const traces = said.traces.map((/** @type {any[]} */ [run, place, y, total, smooth]) => ({
    run: names?.[run][0] ?? "",
    look: names?.[run][1] ?? "",
    x: steps[place],
    y: unpack(y),
    total,
    smooth: smooth && unpack(smooth),
  }));
  data = /** @type {Data} */ ({ ...said, traces });
  read.set(figure, data);
  return data;
}

/**
 * TensorBoard's debiased moving average. Where points were left out each stands for as many as
 * there were on average: about right, and exact at the weight of the picture.
 * @param {Trace} trace
 * @param {number} weight
 * @param {Data} data
 * @returns {Numbers}
 */
function smoothed(trace, weight, data) {
  if (!weight) return trace.y;
  if (trace.smooth && weight === data.weight) return trace.smooth;
  const decay = weight ** (trace.total / trace.y.length);
  let average = 0;
  let bias = 1;
  const constant = trace.y.every((y) => y === trace.y[0]);
  return Float64Array.from(trace.y, (y) => {
    if (constant || !Number.isFinite(y)) return y;
    average = decay * average + (1 - decay) * y;
    bias *= decay;
    return average / (1 - bias);
  });
}

/**
 * Numbers to pixels, and back.
 * @param {View} view
 * @param {Box} box
 */
function scales(view, box) {
  const lift = view.log ? Math.log10 : Number;
  const [low, high] = view.y.map(lift);
  const tall = (high - low || 1) / (box.bottom - box.top);
  // A single place on the x axis stands in the middle.
  const alone = view.x[0] === view.x[1] ? 0.5 : 0;
  const first = view.x[0] - alone;
  const wide = (view.x[1] + alone - first) / (box.right - box.left);
  return {
    across: (/** @type {number} */ x) => box.left + (x - first) / wide,
    up: (/** @type {number} */ y) => box.bottom - (lift(y) - low) / tall,
    x: (/** @type {number} */ pixel) => first + (pixel - box.left) * wide,
    y: (/** @type {number} */ pixel) => {
      const value = low + (box.bottom - pixel) * tall;
      return view.log ? 10 ** value : value;
    },
  };
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...Node} content
 */
function shape(name, attributes, ...content) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, content);
}

/**
 * The path of a curve; it breaks at what is no number or has no place on the axis.
 * @param {Numbers} x
 * @param {Numbers} y
 * @param {ReturnType<typeof scales>} to
 */
function pathOf(x, y, to) {
  let path = "";
  let pen = false;
  for (let place = 0; place < x.length; place++) {
    const up = to.up(y[place]);
    if (!Number.isFinite(up)) {
      pen = false;
      continue;
    }
    const at = `${to.across(x[place]).toFixed(1)} ${Math.max(-1e5, Math.min(1e5, up)).toFixed(1)}`;
    path += pen ? `L${at}` : `M${at}h0`;
    pen = true;
  }
  return path;
}

/**
 * @param {Trace} trace
 * @param {Data} data
 * @param {View} view
 * @param {Box} box
 * @param {number} weight
 */
function curves(trace, data, view, box, weight) {
  const to = scales(view, box);
  const curve = smoothed(trace, weight, data);
  const made = [shape("path", { class: `line ${trace.look}`, d: pathOf(trace.x, curve, to) })];
  if (weight) {
    const d = pathOf(trace.x, trace.y, to);
    made.unshift(shape("path", { class: `line raw ${trace.look}`, d }));
  }
  return made;
}

/**
 * @param {Numbers} x ascending
 * @param {number} wanted
 * @returns {number} the place of the nearest
 */
function nearest(x, wanted) {
  let low = 0;
  let high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= wanted) low = middle;
    else high = middle;
  }
  return high >= 0 && Math.abs(x[high] - wanted) < Math.abs(x[low] - wanted) ? high : low;
}
