// Requests that scripts make. What fails, fails as it would without a network; a beacon says that it was taken, since a
// script that hears no would try other ways. What may turn out to be granted waits, where its caller can wait.

// The rule for an address: the longest host that a rule names, then its longest path.
function placeRule(address, base) {
  let url;
  try {
    url = new URL(address, base ?? document.baseURI);
  } catch {
    return;
  }
  if (!/^(http|ws)s?:$/.test(url.protocol)) return;
  let host = url.hostname.replace(/\.$/, '');
  while (host) {
    const found = rules.hosts[host]?.find(([path]) => url.pathname.startsWith(path));
    if (found) return found[1];
    host = host.split('.').slice(1).join('.');
  }
  return;
}

const opened = new WeakMap();
const failing = { EventSource: 'about:invalid', WebSocket: 'wss://localhost:1' };

function guardRequests(w) {
  hook(w, 'fetch', (self, args, go) => {
    const rule = placeRule(args[0]?.url ?? args[0]);
    if (!rule || verdict(rule) === GO) return go();
    return new w.Promise((done, fail) => {
      if (!may(rule, () => done(w.fetch(...args))) && !pending) fail(new w.TypeError('Failed to fetch'));
    });
  });
  hook(w.Navigator.prototype, 'sendBeacon', (self, args, go) => {
    return may(placeRule(args[0]), () => self.sendBeacon(...args)) ? go() : true;
  });
  const request = w.XMLHttpRequest.prototype;
  const { open } = request;
  hook(request, 'open', (self, args, go) => {
    opened.set(self, [placeRule(args[1]), args[2] ?? true]);
    return go();
  });
  hook(request, 'send', (self, args, go) => {
    const [rule, waits] = opened.get(self) ?? [];
    if (may(rule, waits && (() => self.send(...args)))) return go();
    if (pending && waits) return;
    apply(open, self, ['GET', 'about:invalid', waits]);
    return go([]);
  });
  for (const member in failing) {
    w[member] = new Proxy(w[member], {
      construct: (native, args, maker) => construct(native, may(placeRule(args[0])) ? args : [failing[member]], maker),
    });
    w[member].prototype.constructor = w[member];
  }
}
