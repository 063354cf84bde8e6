// The guard asks the gateway what holds now and wakes what that grants; only a page without one takes the banner's word.
function wakeAnswered(granted) {
  if (window.consentGuard) window.consentGuard.refresh();
  else import(new URL('{{wake}}', import.meta.url)).then((waking) => waking.wakeHeld(granted));
}

// Compiled while it comes; where a browser or a proxy in front doesn't allow that, once it is there.
async function takeOver() {
  const address = new URL('{{wasm}}', import.meta.url);
  const imports = __wbg_get_imports();
  const streamed = async () => WebAssembly.instantiateStreaming(fetch(address), imports);
  const whole = async () => WebAssembly.instantiate(await (await fetch(address)).arrayBuffer(), imports);
  const { instance } = await streamed().catch(whole);
  wasm = instance.exports;
  wasm.__wbindgen_start();
  start(document, navigator.cookieEnabled);
  tellShown();
  // From here on the element is defined: a page can tell that the form has been taken over.
  if (!customElements.get('consent-banner')) customElements.define('consent-banner', class extends HTMLElement {});
}

// That the banner is shown is told without a cookie, and how long the answer took along with it, as coarsely as it is counted. A page that
// was fetched ahead is counted apart, and tells nothing.
function tellShown() {
  const form = document.getElementById('consent-form');
  if (!form || document.prerendering) return;
  const since = performance.now();
  fetch(new URL('rendered', form.action), { method: 'POST', credentials: 'omit', keepalive: true }).catch(() => {});
  form.addEventListener('formdata', ({ formData }) => {
    const waited = (performance.now() - since) / 1000;
    formData.set('waited', [300, 60, 30, 10, 5, 2].find((mark) => mark <= waited) ?? 0);
  });
}

// Where browsers don't say what they load (http, other than loopback), a frame looks like a page to the gateway.
if (window.top !== window) document.querySelectorAll('#consent-banner, #consent-settings').forEach((own) => own.remove());
else takeOver();

// How high the banner stands, for bars that a site keeps at the bottom, and so that what the keyboard reaches is scrolled clear of it. An adopted
// sheet changes no attribute, which a framework that takes the page over would miss. The page grows only for who comes by keyboard.
const banner = document.getElementById('consent-banner');
if (banner && document.adoptedStyleSheets) {
  const sheet = new CSSStyleSheet();
  // What only a script brings about: it isn't part of the form's own sheet.
  const own = '#consent-banner :disabled{opacity:.6}#consent-error{padding:8px;border-inline-start:4px solid;font-weight:600}#consent-end{outline:0!important}';
  let room = '';
  const tell = () => {
    const height = `${banner.offsetHeight}px`;
    sheet.replaceSync(banner.offsetHeight ? `${own}:root{--consent-banner-height:${height};scroll-padding-bottom:${height};${room && room + height}}` : '');
  };
  document.adoptedStyleSheets.push(sheet);
  new ResizeObserver(tell).observe(banner);
  document.addEventListener('focusin', ({ target }) => {
    if (!banner.offsetHeight || banner.contains(target) || !target.matches(':focus-visible')) return;
    room = 'padding-bottom:';
    tell();
    target.scrollIntoView({ block: 'nearest' });
  });
}
