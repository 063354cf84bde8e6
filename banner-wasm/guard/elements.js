// Elements that scripts make, and markup that they write. A refused address becomes a held one, marked as the gateway marks
// those of the page, so that it wakes with them. Whoever listens to the element hears that it could not be loaded.

const kinds = 'script|i?frame|img|link|embed|object|source|video|audio|track|input';
const names = '(src|srcset|href|data)';
const loading = RegExp(`^(${kinds})$`);
const addresses = RegExp(`^${names}$`, 'i');
const written = RegExp(`(<(?:${kinds})\\b[^>]*?\\s)${names}(\\s*=\\s*["']?\\s*)([^\\s"'>]+)`, 'gi');

function isHeld(element, attribute, address) {
  if (!addresses.test(attribute) || !loading.test(element.localName)) return false;
  const rule = placeRule(`${address}`.split(' ')[0], element.baseURI);
  // A visitor may load one held frame once; its mark says so.
  if (element.hasAttribute('data-consent-once') || may(rule)) return false;
  element.setAttribute('data-consent-hold', purposeOf(rule));
  element.setAttribute(`data-consent-${attribute.toLowerCase()}`, address);
  if (!pending) setTimeout(() => element.dispatchEvent(new Event('error')));
  return true;
}

// Only what has a refused address is handed on as other text: a page may demand trusted makers of markup.
function judged(args, at) {
  const before = `${args[at]}`;
  const markup = before.replace(written, (all, start, attribute, middle, address) => {
    const rule = placeRule(address.replace(/&amp;/g, '&'));
    return may(rule) ? all : `${start}data-consent-hold="${purposeOf(rule)}" data-consent-${attribute}${middle}${address}`;
  });
  return markup === before ? args : Object.assign([...args], { [at]: markup });
}

function guardElements(w) {
  for (const source of 'Script.src Image.src Image.srcset IFrame.src Link.href Media.src Source.src Source.srcset Embed.src Object.data Track.src Input.src'.split(' ')) {
    const [kind, attribute] = source.split('.');
    hook(w[`HTML${kind}Element`].prototype, attribute, (self, args, go) => isHeld(self, attribute, args[0]) || go(), 'set');
  }
  const frames = w.HTMLIFrameElement.prototype;
  hook(w.Element.prototype, 'setAttribute', (self, args, go) => { if (!isHeld(self, ...args)) go(); });
  const markup = (object, member, part, at = 0) => hook(w[object].prototype, member, (self, args, go) => go(judged(args, at)), part);
  markup('Element', 'innerHTML', 'set');
  markup('Element', 'outerHTML', 'set');
  markup('Element', 'insertAdjacentHTML', 'value', 1);
  markup('ShadowRoot', 'innerHTML', 'set');
  markup('Range', 'createContextualFragment');
  markup('HTMLIFrameElement', 'srcdoc', 'set');
  for (const member of ['write', 'writeln']) {
    hook(w.Document.prototype, member, (self, args, go) => go(judged([args.join('')], 0)));
  }
  // A frame without an address of its own shares this origin: its window is guarded as soon as anybody can have it.
  const inside = Object.getOwnPropertyDescriptor(frames, 'contentWindow').get;
  for (const member of ['contentWindow', 'contentDocument']) {
    hook(frames, member, (self, args, go) => {
      protect(apply(inside, self, []));
      return go();
    }, 'get');
  }
  const reach = () => {
    for (const frame of w.document.getElementsByTagName('iframe')) protect(apply(inside, frame, []));
  };
  new MutationObserver(reach).observe(w.document, { childList: true, subtree: true });
  w.document.addEventListener('load', reach, true);
  hook(w, 'open', (self, args, go) => {
    const other = go();
    protect(other);
    return other;
  });
}

const known = new WeakSet();

// Guards a window of this origin, once for each of its lives.
function protect(w) {
  try {
    if (!w || w.consentGuard || known.has(w.Document)) return;
    known.add(w.Document);
  } catch {
    // Another origin's.
    return;
  }
  for (const guard of [guardCookies, guardStorage, guardRequests, guardElements]) guard(w);
}
