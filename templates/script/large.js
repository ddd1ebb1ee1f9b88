/* Large: a picture or a chart in a dialog, a chart with its values, its zoom and its switches. */

/** @type {HTMLDialogElement | undefined} */
let dialog;

/** @param {Element} figure */
function nameOf(figure) {
  const heading = figure.closest(".panel")?.querySelector("h3, h4")?.textContent;
  return figure.getAttribute("data-tag") || (heading ?? "").trim();
}

/** @param {Element | null} figure */
const idOf = (figure) => figure?.id || figure?.closest("[id]")?.id || "";

/** @param {Element} figure */
function enlarged(figure) {
  const image = /** @type {HTMLImageElement} */ (figure.querySelector("img"));
  const large = /** @type {HTMLImageElement} */ (image.cloneNode());
  // As large as the window allows, as a picture holds no more than its own pixels; on a phone
  // at full size, to be moved about under the window.
  const [width, height] = ["width", "height"].map((side) => Number(image.getAttribute(side)));
  const room = Math.min((innerWidth * 0.92) / width, (innerHeight * 0.78) / height);
  const scale = Math.max(1, Math.min(room, image.classList.contains("pixelated") ? 16 : 2.5));
  large.width = Math.round(width * scale);
  large.height = Math.round(height * scale);
  large.loading = "eager";
  const frame = element("div", { class: "frame", tabindex: "0" }, large);
  const caption = figure.querySelector("figcaption");
  if (caption) frame.append(caption.cloneNode(true));
  return frame;
}

/**
 * @param {string} id of the figure or of the panel around it
 * @param {boolean} [again] whether the history has it already
 */
function openLarge(id, again = false) {
  const target = document.getElementById(id);
  const figure = target?.localName === "figure" ? target : target?.querySelector("figure");
  if (!figure?.querySelector("img")) return;
  dialog?.remove();
  const made = element("dialog", { "aria-label": nameOf(figure) });
  const tools = element("div", { class: "tools" });
  const data = dataOf(figure);
  const content = data ? liveChart(figure, data, tools) : enlarged(figure);
  tools.append(
    button("Copy link", () => copyLink(id)),
    button("Close", () => made.close()),
  );
  const title = element("strong", { dir: "auto" }, nameOf(figure));
  made.append(element("header", {}, title, tools), content);
  made.addEventListener("click", (event) => event.target === made && made.close());
  made.addEventListener("close", () => {
    document.body.append(byId("page-status"));
    made.remove();
    if (history.state?.large) history.back();
  });
  dialog = made;
  document.body.append(made);
  made.showModal();
  /** @type {SVGElement | null} */ (made.querySelector("svg.live"))?.focus();
  if (!again) history.pushState({ ...history.state, large: id }, "");
}

function setUpLarge() {
  on("click", "main figure", (figure, _, target) => {
    if (target.closest(".copy")) copyLink(idOf(figure));
    else if (target.closest("img, .plot, .enlarge")) openLarge(idOf(figure));
  });
}
