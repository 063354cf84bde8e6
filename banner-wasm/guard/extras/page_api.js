// window.consent: what the visitor granted, for the page's own scripts. Its types stand in consent.d.ts.

function pageApi() {
  const listeners = new Set();

  function get() {
    const told = guard.told();
    return {
      purposes: Object.fromEntries(site.purposes.map((id) => [id, isGranted(id)])),
      answered: Boolean(told && !told.owed),
      mode: told?.mode ?? 'as_set',
      settled: Boolean(told),
    };
  }

  function on(type, listener) {
    if (type !== 'change') throw new TypeError(`consent.on: there is no "${type}", only "change"`);
    if (typeof listener !== 'function') throw new TypeError('consent.on: the listener is no function');
    const entry = [listener];
    listeners.add(entry);
    return () => { listeners.delete(entry); };
  }

  function open() {
    const banner = document.getElementById('consent-banner');
    const first = banner && !banner.hidden && banner.querySelector('a, button, summary');
    const back = encodeURIComponent(location.pathname + location.search);
    if (first) first.focus();
    else location.assign(document.getElementById('consent-settings-link')?.href ?? new URL(`settings?back=${back}`, home));
  }

  let last = JSON.stringify(get());
  document.addEventListener('consent-change', () => {
    const state = get();
    const text = JSON.stringify(state);
    if (text === last) return;
    last = text;
    for (const [listener] of [...listeners]) {
      try {
        listener(state);
      } catch (error) {
        // One listener's mistake must not keep the others from hearing.
        reportError(error);
      }
    }
  });
  // A page with a name of its own for something else keeps it.
  Object.defineProperty(window, 'consent', {
    value: Object.freeze({ get, on, open }), configurable: true, writable: true,
  });
}
