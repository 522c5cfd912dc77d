// Passkeys: the browser is asked for one, and what it answers is sent by an ordinary form. Without this script, or where a
// browser knows no passkeys, the sentence stays that says what else can be done.
{
  const words = document.getElementById("passkey-words")?.dataset;
  const able = words && globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials;
  const signIn = () => document.querySelector("[data-passkey=sign_in]");
  // A challenge counts for five minutes.
  const fresh = 240_000;
  let busy = false;
  // What the browser offers in the field of the name, and when its challenge was asked for.
  let offer;
  let asked = 0;
  let renewal;

  const ask = async (place, signal) => {
    const purpose = place.dataset.passkey;
    const account = place.elements?.namedItem("account")?.value;
    const body = new URLSearchParams({ "form[purpose]": purpose, ...(account && { account }) });
    const headers = { Accept: "application/json" };
    const answer = await fetch("/fn/passkey/options", { method: "POST", headers, body, signal });
    const options = await answer.json();
    if (!answer.ok) throw options;
    return options;
  };
  const read = options => PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const used = async place => {
    const options = await ask(place);
    if (place.dataset.passkey !== "add") return navigator.credentials.get({ publicKey: read(options) });
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  };

  // The form of the password holds no form: what it says beside the password goes along in one that is made for it.
  const made = (place, answer, pressed) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: "/fn/login/passkey", hidden: true });
    const typed = new FormData(place.closest("form"));
    const fields = { passkey: answer, next: typed.get("form[next]"), remember: typed.get("form[remember]"), restore: pressed && place.dataset.restore };
    for (const [name, value] of Object.entries(fields)) {
      if (value) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: `form[${name}]`, value }));
    }
    document.body.append(form);
    return form;
  };
  // What is offered in the field restores no account: nobody has pressed that. From then on the next page is on its way:
  // asked again, it would undo what that brings.
  // Where it does not come, it may be pressed again.
  const send = (place, credential, pressed) => {
    busy = true;
    setTimeout(() => (busy = false), 10_000);
    const answer = JSON.stringify(credential);
    if (!place.elements) {
      const form = made(place, answer, pressed);
      form.requestSubmit();
      setTimeout(() => form.remove());
      return;
    }
    // It is worth nothing a second time.
    const field = place.querySelector("[data-answer]");
    field.value = answer;
    place.requestSubmit();
    field.value = "";
  };

  // The text node stays: a page whose nodes were taken away is given up (load_wasm.js).
  const say = (place, text) => {
    const status = place.querySelector("[role=status]");
    if (!status.firstChild) status.append("");
    status.firstChild.data = text;
  };
  const refused = (place, error) => {
    if (error.code === "reauthenticate") return location.assign(`/confirm?next=${encodeURIComponent(location.pathname)}`);
    if (error.code === "sign_in_needed" || error.code === "challenge_invalid") return location.reload();
    say(place, error.detail ?? words[error.name?.replace(/^./, first => first.toLowerCase())] ?? words.failed);
  };

  const stop = () => {
    clearTimeout(renewal);
    offer?.abort();
    offer = undefined;
  };
  const offerInField = async () => {
    const place = signIn();
    if (!able || !place || busy || document.visibilityState !== "visible") return;
    stop();
    const own = (offer = new AbortController());
    asked = Date.now();
    renewal = setTimeout(offerInField, fresh);
    try {
      if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return stop();
      const publicKey = read(await ask(place, own.signal));
      if (own !== offer) return;
      send(place, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: own.signal }));
    } catch {
      // Nobody has asked for it, so nothing is said. Whoever comes back to the field is offered it again.
    }
    if (own === offer) offer = undefined;
  };

  const choose = async place => {
    if (busy || place.reportValidity?.() === false) return;
    busy = true;
    stop();
    say(place, "");
    const outcome = await used(place).then(credential => send(place, credential, true), error => ({ error }));
    if (!outcome?.error) return;
    busy = false;
    refused(place, outcome.error);
    offerInField();
  };

  const prepare = place => {
    place.dataset.ready = "";
    if (!place.elements) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button button-quiet" });
      button.textContent = "restore" in place.dataset ? words.restore : words.signIn;
      const status = document.createElement("p");
      status.className = "help";
      status.setAttribute("role", "status");
      place.replaceChildren(button, status);
    }
    place.hidden = false;
    for (const sentence of document.querySelectorAll("[data-no-passkey]")) sentence.hidden = true;
    // It is all that the second step asks for, unless something is to be read out first.
    const free = document.activeElement === document.body && !place.querySelector("[autofocus]");
    if (place.dataset.passkey === "factor" && free) place.querySelector("button").focus();
  };
  const look = () => {
    for (const place of document.querySelectorAll("[data-passkey]:not([data-ready])")) {
      prepare(place);
      if (place === signIn()) offerInField();
    }
    // The program has gone on to another page.
    if (offer && !signIn()) stop();
  };

  if (able) {
    // Before load_wasm.js begins to watch: what is added here stays where it is. Later pages come without a document.
    addEventListener("DOMContentLoaded", () => {
      look();
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    }, true);
    addEventListener("click", event => {
      const place = event.target.closest?.("[data-passkey] button")?.closest("[data-passkey]");
      if (!place) return;
      event.preventDefault();
      choose(place);
    }, true);
    const stale = () => Date.now() - asked >= fresh;
    addEventListener("visibilitychange", () => stale() && offerInField(), true);
    addEventListener("pageshow", ({ persisted }) => {
      busy = false;
      if (persisted) offerInField();
    });
    addEventListener("focusin", ({ target }) => {
      if (!offer && target.matches?.("[autocomplete~=webauthn]")) offerInField();
    }, true);
  }
}
