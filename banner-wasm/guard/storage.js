// Declared keys of localStorage and sessionStorage, and declared databases. Keys are set by method or by property, so a
// page is handed a stand-in for each area; it is the same one each time.

const areas = { localStorage: 'local', sessionStorage: 'session' };
const behind = new WeakMap();

const mayKeep = (area, label, again) => may(lookUp(rules.keys[area], `${String(label)}`), again);

function standIn(store, area) {
  if (!behind.has(store)) {
    const shown = new Proxy(store, {
      get: (target, label) => target[label],
      set(target, label, text) {
        if (mayKeep(area, label, () => { shown[label] = text; })) target[label] = text;
        return true;
      },
    });
    behind.set(store, shown).set(shown, [store, area]);
  }
  return behind.get(store);
}

function guardStorage(w) {
  for (const member in areas) hook(w, member, (self, args, go) => standIn(go(), areas[member]), 'get');
  for (const member of ['getItem', 'setItem', 'removeItem', 'clear', 'key']) {
    hook(w.Storage.prototype, member, (self, args, go) => {
      const [store, area] = behind.get(self) ?? [];
      const goes = !area || member !== 'setItem' || mayKeep(area, args[0], () => self.setItem(...args));
      return goes ? go(args, store) : undefined;
    });
  }
  hook(w.IDBFactory?.prototype, 'open', (self, args, go) => {
    if (mayKeep('indexeddb', args[0])) return go();
    // A database that is never made: its request fails as one that was given up.
    const request = go(['consent']);
    request.addEventListener('upgradeneeded', (event) => {
      event.stopImmediatePropagation();
      request.transaction.abort();
    });
    return request;
  });
}
