// The program comes after the first paint. A page that scrolls as it comes, or lies in the background, may never
// report one: then a moment after it has loaded.
{
  let asked = false;
  const load = () => {
    if (!asked) document.head.append(document.getElementById("program").content);
    asked = true;
  };
  const painted = (entries, observer) => {
    if (entries.getEntriesByName("first-contentful-paint").length) {
      observer.disconnect();
      load();
    }
  };
  if (globalThis.PerformanceObserver?.supportedEntryTypes?.includes("paint")) {
    new PerformanceObserver(painted).observe({ type: "paint", buffered: true });
  }
  addEventListener("load", () => setTimeout(load, 1000));

  // It takes over what the server sent, so what others added to that (password managers do) steps aside for the
  // moment. What they took away or moved nobody brings back: there the program breaks, and is given up.
  let added = [];
  let changed = false;
  const note = records => {
    for (const { addedNodes, removedNodes } of records) {
      added.push(...addedNodes);
      changed ||= removedNodes.length > 0;
    }
  };
  const observer = new MutationObserver(note);
  addEventListener("DOMContentLoaded", () => observer.observe(document.body, { childList: true, subtree: true }), true);
  addEventListener("program-starts", () => {
    note(observer.takeRecords());
    observer.disconnect();
    if (changed) return;
    const places = added.map(node => [node, node.parentNode, node.nextSibling]);
    for (const node of added) node.remove();
    setTimeout(() => {
      for (const [node, parent, next] of places.reverse()) parent.insertBefore(node, next?.parentNode === parent ? next : null);
    });
  });
}
