/* Numbers: how they are said, and where an axis has its ticks. */

/** @param {number} value exactly as logged, but for digits that a float of 32 bits does not have */
function exact(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : String(value);
}

/** @param {number} seconds */
function duration(seconds) {
  const whole = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (whole < 60) return `${sign}${Number(whole.toPrecision(3))} s`;
  const [size, large, small] =
    whole < 3600 ? [60, "m", "s"] : whole < 86400 ? [3600, "h", "m"] : [86400, "d", "h"];
  const first = Math.floor(whole / size);
  const rest = Math.floor((whole - first * size) / (size === 86400 ? 3600 : size / 60));
  return `${sign}${first} ${large}${rest ? ` ${rest} ${small}` : ""}`;
}

/**
 * @param {string} axis "step", "relative" or "wall"
 * @param {number} x
 * @returns {string} where on the x axis something is, in full
 */
function whereOf(axis, x) {
  if (axis === "wall")
    return `${new Date(x * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  return axis === "relative" ? duration(x) : `step ${x.toLocaleString("en")}`;
}

// Seconds: what a clock is read in, from a second to a year.
const SPANS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400];
const DAYS = [2, 7, 14, 30, 90, 365].map((days) => days * 86400);

/**
 * Round numbers of the range, about `count`.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @param {boolean} clock whether they are seconds
 */
function ticks(low, high, count, clock = false) {
  const rough = (high - low) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((by) => by * power).find((by) => by >= rough) ?? rough;
  if (clock && rough > 0.5) step = [...SPANS, ...DAYS].find((by) => by >= rough) ?? step;
  const first = Math.ceil(low / step);
  const length = Math.max(0, Math.min(50, Math.floor(high / step) - first + 1));
  return Array.from({ length }, (_, place) => (first + place) * step);
}

/**
 * @param {number} low above 0
 * @param {number} high
 * @param {number} count
 */
function decades(low, high, count) {
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  if (last - first < 1) return ticks(low, high, count).filter((value) => value > 0);
  const by = Math.ceil((last - first + 1) / count);
  const length = Math.floor((last - first) / by) + 1;
  return Array.from({ length }, (_, place) => Number(`1e${first + place * by}`));
}

/** @param {number} value */
function short(value) {
  const whole = Math.abs(value);
  if (whole >= 1e5 || (whole < 1e-3 && whole > 0)) {
    return value
      .toExponential(3)
      .replace(/\.?0+e/, "e")
      .replace("-", "−");
  }
  return String(Number(value.toPrecision(5))).replace("-", "−");
}

/**
 * What the ticks of an x axis say; of times of day as little as tells them apart.
 * @param {string} axis
 * @param {number[]} places
 */
function labels(axis, places) {
  if (axis === "relative") return places.map(duration);
  if (axis !== "wall") return places.map(short);
  const [from, to] = places.length > 1 && places[1] - places[0] >= 86400 ? [0, 10] : [5, 19];
  return places.map((x) => new Date(x * 1000).toISOString().slice(from, to).replace("T", " "));
}
