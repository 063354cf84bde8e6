// The guard asks the gateway what holds now and wakes what that grants; only a page without one takes the banner's word.
function wakeAnswered(granted) {
  if (window.consentGuard) window.consentGuard.refresh();
  else import(new URL('{{wake}}', import.meta.url)).then((waking) => waking.wakeHeld(granted));
}

// Where browsers don't say what they load (http, other than loopback), a frame looks like a page to the gateway.
if (window.top !== window) for (const own of document.querySelectorAll('#consent-banner, #consent-settings')) own.remove();
else __wbg_init({ module_or_path: new URL('{{wasm}}', import.meta.url) }).then(() => {
  start(document, navigator.cookieEnabled);
  // From here on the element is defined: a page can tell that the form has been taken over.
  if (!customElements.get('consent-banner')) customElements.define('consent-banner', class extends HTMLElement {});
});

// How high the banner stands, for bars that a site keeps at the bottom, and so that what the keyboard reaches is scrolled clear of it. An adopted
// sheet changes no attribute, which a framework that takes the page over would miss. The page grows only for who comes by keyboard.
const banner = document.getElementById('consent-banner');
if (banner && document.adoptedStyleSheets) {
  const sheet = new CSSStyleSheet();
  let room = '';
  const tell = () => {
    const height = `${banner.offsetHeight}px`;
    sheet.replaceSync(banner.offsetHeight ? `:root{--consent-banner-height:${height};scroll-padding-bottom:${height};${room && room + height}}` : '');
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
