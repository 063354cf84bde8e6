// The cacheable mode: one page for all visitors, with the form hidden and the tags asleep.
// Asks the gateway who this is, then wakes the granted tags or shows the form.
// Without an answer nothing wakes and nobody is asked: doubt keeps the page as it came.

const base = document.currentScript.src;

// A page for all is the same in a frame: held tags wake there too, but nobody is asked.
function show(id) {
  const element = window.top === window && document.getElementById(id);
  if (element) element.hidden = false;
}

// Who answered an earlier version holds that answer still: the form repeats it.
function repeat(kept) {
  const form = document.getElementById('consent-form');
  for (const [name, value] of kept) {
    const box = form.querySelector(`[name="${name}"][value="${value}"]`);
    if (box) box.checked = true;
    else form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
}

function ask() {
  const sheet = document.createElement('link');
  sheet.rel = 'stylesheet';
  sheet.href = new URL('{{sheet}}', base);
  // The form is seen once its sheet is there, or could not be had.
  sheet.onload = sheet.onerror = () => {
    show('consent-banner');
    // Who asked for less data has the plain form.
    if (!navigator.connection?.saveData) import(new URL('{{glue}}', base));
  };
  document.head.append(sheet);
}

async function start() {
  // The guard has asked already.
  const state = (await window.consentGuard?.state())
    ?? (await (await fetch(new URL('state', base), { cache: 'no-store', credentials: 'same-origin' })).json());
  const asks = state.mode === 'ask' && window.top === window;
  if (state.granted.length || asks) {
    import(new URL('{{wake}}', base)).then((waking) => {
      waking.wakeHeld(state.granted.join(' '));
      if (asks) waking.addScript(new URL('{{ask}}', base).href);
    });
  }
  if (document.getElementById('consent-notice')?.dataset.version === state.notice) show('consent-notice');
  if (state.prompt && !state.decided && window.top === window) {
    repeat(state.kept);
    ask();
  } else show('consent-settings');
}

start().catch(() => show('consent-settings'));
