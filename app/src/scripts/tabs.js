// What was typed is not left by a slip, and what other tabs do to the session is seen here.
{
  const root = document.documentElement;
  const channel = globalThis.BroadcastChannel && new BroadcastChannel("session");
  let state = root.dataset.session;
  let sent = false;

  const typed = field =>
    field.name && field.type !== "hidden" && "defaultValue" in field &&
    (field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
  const isUnsaved = form =>
    "unsaved" in form.dataset || [...form.elements].some(field => typed(field) && !/password/.test(field.autocomplete));
  const unsaved = () =>
    [...document.querySelectorAll("form")].find(form => form.elements.namedItem("account") && isUnsaved(form));
  const stays = () => !confirm("Leave without saving? What you typed here will be lost.");

  addEventListener("beforeunload", event => {
    if (!sent && unsaved()) event.preventDefault();
  }, true);
  // Links that the program follows; the browser asks for all others.
  addEventListener("click", event => {
    const link = event.target.closest?.("a[href]");
    const program = "hydrated" in root.dataset && !("broken" in root.dataset);
    const routed = program && link?.origin === location.origin && !link.target && link.rel !== "external";
    const plain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!routed || !plain || !unsaved()) return;
    if (stays()) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  globalThis.navigation?.addEventListener("navigate", event => {
    const back = event.navigationType === "traverse" && event.destination.sameDocument && event.cancelable;
    if (back && unsaved() && stays()) event.preventDefault();
  });
  addEventListener("submit", event => {
    const form = unsaved();
    if (form && form !== event.target && stays()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent = true;
    setTimeout(() => event.defaultPrevented && (sent = false));
  }, true);
  addEventListener("sent", () => (sent = true), true);
  addEventListener("input", () => (sent = false), true);
  addEventListener("saved", event => {
    delete event.target.dataset.unsaved;
    for (const field of event.target.elements) if (typed(field)) field.defaultValue = field.value;
  }, true);

  const ask = async () => {
    const answer = await fetch("/whoami", { cache: "no-store" }).catch(() => {});
    return answer?.ok ? answer.json() : undefined;
  };
  const say = name => {
    const words = document.createElement("p");
    words.className = "notice";
    words.dir = "auto";
    words.textContent = `${name ? `You are signed in as ${name} now.` : "You are signed out now."} What you typed here is not saved.`;
    document.getElementById("session-notice")?.replaceChildren(words);
  };
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    const now = await ask();
    if (!now || now.state === state || sent) return;
    const kept = [...document.forms].some(form => isUnsaved(form) || [...form.elements].some(typed));
    if (kept) say(now.name);
    else location.reload();
  };
  channel?.addEventListener("message", look);
  addEventListener("visibilitychange", look, true);
  addEventListener("pageshow", event => {
    sent = false;
    if (event.persisted) look();
  });
  addEventListener("session", async () => {
    state = (await ask())?.state ?? state;
    channel?.postMessage("");
  }, true);
  // Whatever led here may have changed something.
  channel?.postMessage("");
}
