// What is asked for twice is asked for in a dialog, over the page that it was chosen on, by the form of its own page. Where
// that page cannot be had, or asks for something else first, the link leads to it as it does without scripts.
{
  // One for each link: what was typed is still there after Escape.
  const made = new Map();
  const fetched = async link => {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } }).catch(() => {});
    const text = answer?.ok && !answer.redirected && (await answer.text().catch(() => {}));
    const page = text && new DOMParser().parseFromString(text, "text/html");
    const asked = page && page.querySelector("[data-asks]");
    if (!asked) return;
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    // No `header`: that would be the document's own.
    const head = document.createElement("div");
    head.className = "column-head";
    head.append(...page.querySelector(".column-head").childNodes);
    dialog.append(head, asked);
    const title = dialog.querySelector("h1");
    title.id = `${dialog.querySelector("form").elements["form[act]"].value}-title`;
    dialog.setAttribute("aria-labelledby", title.id);
    document.body.append(dialog);
    return dialog;
  };
  const ask = async link => {
    const pending = made.get(link) ?? fetched(link);
    made.set(link, pending);
    const dialog = await pending;
    if (!dialog) return location.assign(link.href);
    if (dialog.open) return;
    link.focus();
    dialog.showModal();
    // Not on the button that does it: Enter is pressed too easily.
    (dialog.querySelector("textarea") ?? dialog.querySelector("[data-cancel]")).focus();
  };
  addEventListener("click", event => {
    const plain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    const link = plain && event.target.closest?.("a[data-dialog], dialog [data-cancel]");
    if (!link) return;
    event.preventDefault();
    if (link.matches("[data-dialog]")) ask(link);
    else link.closest("dialog").close();
  });
  // Whatever it led to may have changed the account.
  addEventListener("pageshow", ({ persisted }) => persisted && document.querySelector("dialog[open]") && location.reload());
}
