// A program that broke is given up for good: from then on links load documents and forms are plain posts, as
// without it. What was typed stays. It follows the other scripts, whose listeners it leaves alone.
{
  const busy = ["aria-disabled", "aria-busy", "data-slow"];
  const here = () => location.pathname + location.search;
  let broken = false;
  let shown;
  // What somebody asked the program for last: whether it took that on, and how a browser does it.
  let asked;

  const release = () => {
    for (const button of document.querySelectorAll("[data-busy]")) {
      for (const name of busy) button.removeAttribute(name);
      const words = button.querySelector("span");
      if (words && words.textContent !== button.dataset.label) words.textContent = button.dataset.label;
    }
  };
  const giveUp = () => {
    if (broken) return;
    broken = true;
    shown = here();
    document.documentElement.dataset.broken = "";
    release();
    // Its timers may still run.
    new MutationObserver(release).observe(document, { subtree: true, attributeFilter: busy });
    if (asked?.taken()) asked.act();
  };

  // Whoever has just signed in or out does not belong here any more, and the server knows where.
  const look = async () => {
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => undefined);
    const elsewhere = answer?.type === "opaqueredirect" || here() !== shown;
    if (elsewhere || !document.querySelector("main h1")) location.reload();
  };
  const answered = entries => entries.getEntries().some(({ name }) => name.includes("/fn/")) && look();
  const note = event => {
    const taken = () => event.defaultPrevented;
    const link = event.type === "click" && event.target.closest?.("a[href]");
    if (link) asked = { taken, act: () => location.assign(link.href) };
    if (event.type === "submit") {
      asked = { taken, act: () => new PerformanceObserver(answered).observe({ type: "resource", buffered: true }) };
    }
    // With a fragment it was a step within the document, as the skip link is.
    if (event.type === "popstate" && !location.hash) asked = { taken: () => true, act: () => location.reload() };
  };
  for (const type of ["pointerdown", "keydown", "input"]) {
    addEventListener(type, () => (asked = undefined), true);
  }

  const heard = ["click", "submit", "input", "change", "focusin", "focusout", "keydown", "keyup"];
  for (const type of [...heard, "popstate", "beforeunload", "visibilitychange", "storage"]) {
    addEventListener(type, event => {
      if (!broken) return note(event);
      event.stopImmediatePropagation();
      if (type === "popstate" && here() !== shown) location.reload();
    }, true);
  }

  const suspect = thrown => {
    const trap = globalThis.WebAssembly?.RuntimeError;
    if ((trap && thrown instanceof trap) || `${thrown?.stack}`.includes("/pkg/")) giveUp();
  };
  addEventListener("error", ({ error }) => suspect(error));
  addEventListener("unhandledrejection", ({ reason }) => suspect(reason));
  // Said by frontend/src/lib.rs.
  addEventListener("program-broke", giveUp);
  addEventListener("program-starts", () => {
    setTimeout(() => document.documentElement.hasAttribute("data-hydrated") || giveUp(), 3000);
  });
}
