/* Place: where the reader is, links to it, and the way back to it. */

function setUpPlace() {
  const list = /** @type {HTMLElement} */ (document.querySelector(".sections"));
  const links = new Map(all(".sections > li > a").map((link) => [link.getAttribute("href"), link]));
  /** @type {Set<Element>} */
  const seen = new Set();
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) seen.add(target);
        else seen.delete(target);
      }
      const now = all(".chapter").find((chapter) => seen.has(chapter));
      if (!now) return;
      for (const link of links.values()) link.removeAttribute("aria-current");
      const link = links.get(`#${now.id}`);
      link?.setAttribute("aria-current", "true");
      // On a phone the list is one line that scrolls sideways.
      if (link) list.scrollLeft += link.getBoundingClientRect().left - list.clientWidth / 3;
    },
    { rootMargin: "-20% 0px -70% 0px" },
  );
  for (const chapter of all(".chapter")) watcher.observe(chapter);
}

/** @param {string} id */
async function copyLink(id) {
  const address = `${location.href.split("#")[0]}#${encodeURI(id)}`;
  try {
    await navigator.clipboard.writeText(address);
    say("Link copied");
  } catch {
    // No clipboard for a page of this origin: the address bar has it, without a jump.
    history.replaceState(history.state, "", address);
    say("The link is in the address bar");
  }
}

/** Open the folded part that a link leads into, and end a filter that hides it. */
function reveal() {
  const target = document.querySelector(":target");
  if (!target) return;
  if (target.closest("[hidden]")) {
    filter.apply("");
    target.scrollIntoView();
  }
  const fold = target.closest("details");
  if (fold) fold.open = true;
}

function setUpHistory() {
  addEventListener("hashchange", reveal);
  addEventListener("load", reveal);
  addEventListener("popstate", ({ state }) => {
    const large = state?.large;
    if (large) openLarge(large, true);
    else if (dialog?.open) dialog.close();
    if (state && (state.filter ?? "") !== filter.input().value) filter.apply(state.filter ?? "");
  });
  if (history.state?.large) openLarge(history.state.large, true);
}

/** Folded parts are open for print. */
function setUpPrint() {
  /** @type {HTMLDetailsElement[]} */
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = /** @type {HTMLDetailsElement[]} */ (all("details:not([open])"));
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
  });
}

document.addEventListener("DOMContentLoaded", () => {
  setUpFilter();
  setUpRuns();
  setUpTables();
  setUpHover();
  setUpLarge();
  setUpSteps();
  setUpPlace();
  setUpHistory();
  setUpPrint();
});
