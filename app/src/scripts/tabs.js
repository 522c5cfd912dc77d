// Asks before typed text is left, and follows what other tabs do to the session.
{
  const root = document.documentElement;
  const words = document.currentScript.dataset;
  const channel = globalThis.BroadcastChannel && new BroadcastChannel("session");
  let state = root.dataset.session;
  let sent = false;

  // What stands in a field, and what stood in it when it came or was saved last.
  const ticks = field => /^(checkbox|radio)$/.test(field.type);
  const chosen = (select, of) => {
    const places = [...select.options].flatMap((option, place) => (option[of] ? [place] : []));
    return places.length || select.multiple ? places : [0];
  };
  const now = field =>
    field.options ? `${chosen(field, "selected")}` : ticks(field) ? field.checked : field.value;
  const before = field =>
    field.options ? `${chosen(field, "defaultSelected")}` : ticks(field) ? field.defaultChecked : field.defaultValue;
  const keep = (field, saved) => {
    if (field.options) {
      const places = saved.split(",");
      [...field.options].forEach((option, place) => (option.defaultSelected = places.includes(`${place}`)));
    } else field[ticks(field) ? "defaultChecked" : "defaultValue"] = saved;
  };
  const isField = field => field.name && field.type !== "hidden" && ("defaultValue" in field || "options" in field);
  const typed = field => isField(field) && now(field) !== before(field);
  const isUnsaved = form =>
    "unsaved" in form.dataset || [...form.elements].some(field => typed(field) && !/password|one-time-code/.test(field.autocomplete));
  const unsaved = () =>
    [...document.querySelectorAll("form")].find(form => form.elements.namedItem("account") && isUnsaved(form));
  const stays = () => !confirm(words.leave);

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
  // Without that the browser has gone already when it says so, and the program has not followed yet.
  const path = () => location.pathname + location.search;
  let typedOn = path();
  if (!globalThis.navigation) {
    addEventListener("input", () => (typedOn = path()), true);
    addEventListener("popstate", event => {
      if (path() === typedOn || !unsaved() || !stays()) return;
      event.stopImmediatePropagation();
      history.pushState(null, "", typedOn);
    }, true);
  }
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
  // What is saved is what was sent: somebody may have typed on since.
  const underWay = new Map();
  addEventListener("sending", ({ target }) => {
    underWay.set(target, [...target.elements].filter(isField).map(field => [field, now(field)]));
  }, true);
  addEventListener("reset", ({ target }) => underWay.delete(target), true);
  addEventListener("saved", ({ target }) => {
    delete target.dataset.unsaved;
    for (const [field, saved] of underWay.get(target) ?? []) if (saved !== before(field)) keep(field, saved);
    underWay.delete(target);
    say("");
  }, true);

  const ask = async () => {
    const answer = await fetch("/whoami", { cache: "no-store" }).catch(() => {});
    return answer?.ok ? answer.json() : undefined;
  };
  // The same words again would be read out again.
  const say = words => {
    const place = document.getElementById("session-notice");
    if (!place || place.textContent === words) return;
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.dir = "auto";
    notice.textContent = words;
    place.replaceChildren(...(words ? [notice] : []));
  };
  // A name is isolated, whichever way its letters run.
  const told = name => (name ? words.signedInAs.replace("{}", () => `\u2068${name}\u2069`) : words.signedOut);
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    const answer = await ask();
    if (!answer || sent) return;
    if (answer.state === state) return say("");
    const kept = [...document.forms].some(form => isUnsaved(form) || [...form.elements].some(typed));
    if (kept) say(`${told(answer.name)} ${words.notSaved}`);
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
