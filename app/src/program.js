{
  const load = () => document.head.append(document.getElementById("program").content);
  const painted = (entries, observer) => {
    if (entries.getEntriesByName("first-contentful-paint").length) {
      observer.disconnect();
      load();
    }
  };
  if (globalThis.PerformanceObserver?.supportedEntryTypes?.includes("paint")) {
    new PerformanceObserver(painted).observe({ type: "paint", buffered: true });
  } else {
    load();
  }
}
