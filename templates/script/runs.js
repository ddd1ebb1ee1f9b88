/* Runs: choosing some in the legend, or by their names anywhere, makes the others step back. */

/** @type {Set<string>} */
const chosen = new Set();

/** Every place where a choice of runs shows. */
function showChoice() {
  document.documentElement.classList.toggle("choice", chosen.size > 0);
  for (const part of all("figure[data-runs], .sound, .words, tbody tr[data-runs], .remark")) {
    const runs = part.dataset.runs?.split("\n") ?? [];
    const others = part.dataset.runs && !runs.some((run) => chosen.has(run));
    part.classList.toggle("dim", chosen.size > 0 && Boolean(others));
  }
  for (const item of all(".legend li")) {
    const pressed = String(chosen.has(item.dataset.run ?? ""));
    item.querySelector("button")?.setAttribute("aria-pressed", pressed);
  }
  overlayChosen();
}

/** @param {string} run */
function choose(run) {
  if (!chosen.delete(run)) chosen.add(run);
  remember({ chosen: [...chosen] });
  showChoice();
}

function setUpRuns() {
  const legend = /** @type {HTMLElement | null} */ (document.querySelector(".legend"));
  for (const item of all(".legend li")) {
    const run = item.dataset.run ?? "";
    const made = button("", () => choose(run), { "aria-pressed": "false" });
    made.append(...item.childNodes);
    item.append(made);
  }
  // A name elsewhere is a short way for a mouse; the legend is there for every hand.
  on("click", "main .run", (name, _, target) => {
    const run = name.textContent ?? "";
    if (target.closest("a, button, label")) return;
    if (all(".legend li").some(({ dataset }) => dataset.run === run)) choose(run);
  });

  const measure = () => {
    const height = legend?.offsetHeight ?? 0;
    document.documentElement.style.setProperty("--legend", `${height}px`);
  };
  addEventListener("resize", measure);
  measure();
  for (const run of history.state?.chosen ?? []) chosen.add(run);
  if (chosen.size) showChoice();
}
