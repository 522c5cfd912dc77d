// A form under way is not sent a second time: a browser would drop the first answer, cookies and all.
{
  const sent = new Map();
  const forget = form => {
    clearTimeout(sent.get(form));
    sent.delete(form);
  };
  const forgetAll = () => [...sent.keys()].forEach(forget);
  addEventListener("submit", event => {
    const form = event.target;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    // A post that was stopped says nothing: after a while it can be sent again.
    sent.set(form, setTimeout(forget, 10_000, form));
    // The program took it, which keeps count itself.
    setTimeout(() => event.defaultPrevented && forget(form));
  }, true);
  // Escape stops a post; Back may bring this very document again.
  addEventListener("keydown", ({ key }) => key === "Escape" && forgetAll(), true);
  addEventListener("pageshow", ({ persisted }) => persisted && forgetAll());
}
