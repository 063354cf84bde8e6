// What stands beside the guard where a site has switched it on: this beginning, then page_api.js, consent_mode.js, reports.js.
// The gateway writes `site` before it (which purposes there are, and which parts run). It learns what holds from the guard
// alone. Refuses to grant anything. Invariant: while the guard waits for the gateway's word, nothing optional is granted.

const guard = window.consentGuard;
const once = Symbol.for('consent.extras');
// A page that the guard doesn't run in has nothing to tell, and a page tells it once.
if (!guard || window[once]) return;
Object.defineProperty(window, once, { value: true });

// Whatever a page's <base> makes of paths.
const home = new URL('.', document.currentScript.src);
const words = (text) => text?.split(' ') ?? [];

function isGranted(id) {
  return site.always.includes(id) || words(guard.told()?.granted).includes(id);
}
