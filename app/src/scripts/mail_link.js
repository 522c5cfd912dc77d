// The link of a mail carries its token in the fragment, which browsers send to nobody. It goes into the page's form and
// out of the address bar. It stays with this place in the tab's history, so a page that is loaded again still has it.
// Nothing is sent here: a person presses the button.
{
  const root = document.documentElement;
  const take = () => {
    if (/^#[\w-]{43}$/.test(location.hash)) {
      const state = { ...history.state, token: location.hash.slice(1) };
      history.replaceState(state, "", location.pathname + location.search);
    }
    // The fields for the code are hidden from the first paint on, not only once the form has come.
    if (history.state?.token) root.dataset.mailLink = "";
  };
  const fill = () => {
    const field = document.querySelector("[name='form[token]']");
    if (field && history.state?.token) field.value = history.state.token;
    delete root.dataset.mailLink;
  };
  take();
  addEventListener("DOMContentLoaded", fill);
  addEventListener("hashchange", () => {
    take();
    fill();
  });
}
