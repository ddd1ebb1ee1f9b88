/* Steps: a slider over pictures that were logged at several steps shows one moment of every run. */

/**
 * @param {Element} panel
 * @param {number | undefined} step the moment to show, or all of them
 */
function showStep(panel, step) {
  const figures = all("figure[data-step]", panel);
  /** @type {Map<string, number>} the newest step of each run that is not later */
  const newest = new Map();
  for (const figure of figures) {
    const [run, own] = [figure.dataset.runs ?? "", Number(figure.dataset.step)];
    if (step === undefined || own > step) continue;
    newest.set(run, Math.max(own, newest.get(run) ?? Number.NEGATIVE_INFINITY));
  }
  for (const figure of figures) {
    const current = newest.get(figure.dataset.runs ?? "");
    figure.classList.toggle("later", step !== undefined && Number(figure.dataset.step) !== current);
  }
  panel.classList.toggle("moment", step !== undefined);
}

function setUpSteps() {
  on("input", ".stepper input", (input) => {
    const slider = /** @type {HTMLInputElement} */ (input);
    const step = slider.dataset.steps?.split(" ").map(Number)[Number(slider.value)];
    const said = step === undefined ? "all steps" : `step ${step.toLocaleString("en")}`;
    slider.setAttribute("aria-valuetext", said);
    slider.parentElement?.querySelector("output")?.replaceChildren(said);
    showStep(/** @type {Element} */ (slider.closest(".panel")), step);
  });
}
