// What is looked for is shown while somebody types, and stands in the address; Enter and the button load it as a page.
{
  const results = page => page.querySelector("[data-results]");
  let timer;
  let underWay = false;
  let waiting;
  const ask = async form => {
    const asked = [...new FormData(form)].filter(([, value]) => value);
    const url = `${form.getAttribute("action")}?${new URLSearchParams(asked)}`;
    const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => {});
    const text = await answer?.text().catch(() => {});
    // Whoever has to sign in again, or may not look any more, is told by a page.
    if (answer && (answer.redirected || answer.status === 401 || answer.status === 403)) return form.requestSubmit();
    const found = answer?.ok && text && results(new DOMParser().parseFromString(text, "text/html"));
    const status = form.querySelector("[role=status]");
    if (!found) return (status.textContent = form.dataset.search);
    results(document).replaceWith(found);
    history.replaceState(null, "", url);
    status.textContent = found.dataset.results;
  };
  // One at a time: the next begins when the last has ended, with what stands in the fields by then.
  const look = async form => {
    if (underWay) return (waiting = form);
    underWay = true;
    await ask(form);
    underWay = false;
    const next = waiting;
    waiting = undefined;
    if (next) look(next);
  };
  const soon = (target, wait) => {
    const form = target.closest("form[data-search]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(look, wait, form);
  };
  addEventListener("input", ({ target }) => soon(target, target.localName === "select" ? 0 : 300));
  addEventListener("submit", () => clearTimeout(timer), true);
}
