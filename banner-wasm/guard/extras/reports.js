// Tells the site's owner which names of cookies scripts set that nobody speaks of: names alone, with their numbers folded, once
// for each page, when it is left.

function reports() {
  const sent = new Set();
  const fold = (name) => name.replace(/[\da-f]{4,}/gi, (run) => (run.length >= 12 || /\d/.test(run) ? '#' : run));
  document.addEventListener('visibilitychange', () => {
    const names = new Set(guard.unknown().map(fold));
    const fresh = [...names].filter((name) => !sent.has(name));
    if (document.visibilityState !== 'hidden' || !fresh.length) return;
    for (const name of fresh) sent.add(name);
    navigator.sendBeacon(new URL('seen', home), fresh.join('\n'));
  });
}
