// Wakes held tags: gives them back the attributes that the gateway put aside, scripts in the order of the page.
// Refuses to wake a tag twice (its mark is taken away first) and a tag that waits for a purpose that is not granted.
// A module of its own, so that it stands once in a page whoever asks for it: the banner, the cacheable mode's loader, the guard.
// Out of reach: closed shadow roots, and open ones that are attached after the first waking.

let purposes = new Set();
let before;
let waking = Promise.resolve();
let watcher;

function wakeHeld(granted) {
  purposes = new Set(granted.split(' '));
  before ??= runBefore().catch((error) => console.warn(error));
  waking = waking.then(() => before).then(wakeGranted).catch((error) => console.warn(error));
  return waking;
}

// What the gateway wants to have run before anything it held.
async function runBefore() {
  const rules = document.querySelector('script[data-consent-first]');
  const late = new Promise((done) => setTimeout(done, 10000));
  if (rules) await Promise.race([addScript(new URL(rules.dataset.consentFirst, import.meta.url).href, rules.nonce), late]);
}

async function wakeGranted() {
  // Tags that are still on their way are held as well.
  if (isParsing()) await new Promise((done) => document.addEventListener('DOMContentLoaded', done));
  if (!watcher) {
    catchWrites();
    listenForLate();
    watcher = new MutationObserver(wakeAdded);
  }
  sessions += 1;
  const scripts = { at_once: [], in_order: [], deferred: [] };
  for (const root of roots(document)) {
    watcher.observe(root, { childList: true, subtree: true });
    for (const held of root.querySelectorAll(`[${heldMark}]`)) {
      if (!isGranted(held, heldMark)) continue;
      if (held.localName !== 'script') wakeNow(held, () => wakeElement(held, trusted));
      else if (held.hasAttribute('data-consent-reload')) offerReload();
      else scripts[turnOf(held)].push(held);
    }
    if ([...root.querySelectorAll('[data-consent-next]')].some((tag) => isGranted(tag, 'data-consent-next'))) offerReload();
  }
  for (const held of [...scripts.at_once, ...scripts.in_order, ...scripts.deferred]) {
    // While others were waited for, it may have been taken out, or the choice changed.
    if (held.isConnected && isGranted(held, heldMark)) await wakeNow(held, () => runScript(held, true));
  }
  sessions -= 1;
  callLate();
}

async function wakeNow(held, wake) {
  held.removeAttribute(heldMark);
  try {
    await wake();
  } catch (error) {
    // One tag that the page's own rules forbid must not keep back the others.
    console.warn(error);
    offerReload();
  }
}

function isParsing() {
  if (document.readyState !== 'interactive') return document.readyState === 'loading';
  // Deferred scripts of the page run between the two.
  return performance.getEntriesByType('navigation')[0]?.domContentLoadedEventStart === 0;
}

function isGranted(tag, mark) {
  const named = tag.getAttribute(mark)?.split(' ');
  return named?.every((purpose) => purposes.has(purpose));
}

// When a browser would have run it.
function turnOf(held) {
  const module = /^\s*module\s*$/i.test(held.getAttribute('data-consent-type'));
  const fetched = module || held.hasAttribute('data-consent-src');
  if (fetched && held.hasAttribute('async')) return 'at_once';
  return module || (fetched && held.hasAttribute('defer')) ? 'deferred' : 'in_order';
}

function* roots(root) {
  yield root;
  for (const element of root.querySelectorAll('*')) if (element.shadowRoot) yield* roots(element.shadowRoot);
}

// A page's script may put in what was made before the grant, such as a template's copy.
function wakeAdded(changes) {
  const marked = (node) => node.nodeType === Node.ELEMENT_NODE && (node.hasAttribute(heldMark) || node.querySelector(`[${heldMark}]`));
  if (changes.some(({ addedNodes }) => [...addedNodes].some(marked))) wakeHeld([...purposes].join(' '));
}
