// The account's menu closes as menus do: on Escape, outside, where the focus leaves it, and when it has led somewhere.
{
  const menu = () => document.querySelector("details.menu[open]");
  const shut = outside => {
    const open = menu();
    if (open && outside(open)) open.open = false;
  };
  addEventListener("click", ({ target }) => shut(open => !open.contains(target) || target.closest("a")), true);
  addEventListener("focusin", ({ target }) => shut(open => !open.contains(target)), true);
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu()) return;
    const summary = menu().firstElementChild;
    shut(() => true);
    summary.focus();
  }, true);
}
