// Codes that are shown once are copied, kept as a file, or printed. Without scripts they can be selected and printed.
{
  const shown = document.querySelector("[data-codes]");
  if (shown) {
    const list = shown.querySelector("ol");
    const status = shown.querySelector("[role=status]");
    const text = () => [shown.dataset.codes, "", ...[...list.children].map(code => code.textContent.trim()), ""].join("\n");
    const acts = {
      copy: async () => {
        // What is said a second time is read out only if it was gone.
        status.textContent = "";
        const copied = await navigator.clipboard?.writeText(text()).then(() => true, () => false);
        // Whoever may not copy by script copies by hand.
        if (!copied) getSelection().selectAllChildren(list);
        status.textContent = copied ? shown.dataset.copied : shown.dataset.selected;
      },
      download: () => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
        link.download = "recovery-codes.txt";
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      },
      print: () => print(),
    };
    shown.addEventListener("click", ({ target }) => acts[target.closest("button")?.dataset.act]?.());
    shown.querySelector("[hidden]").hidden = false;
  }
}
