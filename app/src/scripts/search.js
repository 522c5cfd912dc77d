// What is looked for is shown while somebody types, and stands in the address; Enter and the button load it as a page.
{
  const results = page => page.querySelector("[data-results]");
  let timer;
  let latest = 0;
  const look = async form => {
    const asked = [...new FormData(form)].filter(([, value]) => value);
    const url = `${form.getAttribute("action")}?${new URLSearchParams(asked)}`;
    const turn = ++latest;
    const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => {});
    const text = await answer?.text().catch(() => {});
    if (turn !== latest) return;
    // Whatever came instead, such as the sign-in page, is shown as a page.
    const found = text && results(new DOMParser().parseFromString(text, "text/html"));
    if (!found) return form.requestSubmit();
    results(document).replaceWith(found);
    history.replaceState(null, "", url);
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
