// Shows and hides passwords, and tells of Caps Lock.
{
  const field = ".password > .input";
  const on = (type, act) => addEventListener(type, event => event.target.closest && act(event.target, event), true);
  const inputOf = button => button.parentElement.querySelector(field);
  const turn = button => {
    const input = inputOf(button);
    const label = button.getAttribute("aria-label");
    const words = button.firstElementChild;
    // The text node stays, and the marker behind it: hydration looks for both, and `textContent` would remove them.
    const text = words.firstChild;
    input.type = input.type === "text" ? "password" : "text";
    button.setAttribute("aria-label", button.dataset.other);
    button.dataset.other = label;
    [words.dataset.other, text.data] = [text.data, words.dataset.other];
  };
  const hide = within => {
    for (const button of within.querySelectorAll(".password-toggle")) if (inputOf(button).type === "text") turn(button);
  };
  const tell = (input, locked) => {
    const notice = document.getElementById(`${input.id}-caps`);
    const words = locked ? notice.dataset.words : "";
    if (notice.textContent !== words) notice.textContent = words;
  };
  on("click", target => {
    const button = target.closest(".password-toggle");
    if (button) turn(button);
  });
  // What was sent is over: the next password is not typed in clear, and no browser keeps this one as a text.
  on("submit", hide);
  on("reset", hide);
  addEventListener("pagehide", () => hide(document));
  const typed = (target, event) => target.matches(field) && tell(target, event.getModifierState?.("CapsLock"));
  on("keydown", typed);
  on("keyup", typed);
  on("focusout", target => target.matches(field) && tell(target, false));
  document.documentElement.dataset.scripted = "";
}
