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
}
