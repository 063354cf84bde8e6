// Wakes held tags: gives them back the attributes that the gateway put aside, in document order.
// Refuses to wake a tag twice (its mark is taken away first) and a tag that waits for a purpose that is not named.
// The same code serves the banner and the small script of the cacheable mode.

const heldAttribute = /^data-consent-(?!hold$)(.+)$/;
const javaScript = /^(|module|(text|application)\/(x-)?(java|ecma)script|text\/(javascript1\.[0-5]|jscript|livescript))$/i;
const xlink = 'http://www.w3.org/1999/xlink';

// A page may demand that script addresses come from a named maker.
let trusted = { createScriptURL: (v) => v, createScript: (v) => v, createHTML: (v) => v };
try {
  trusted = window.trustedTypes.createPolicy('consent', trusted);
} catch {
  // No such demand, or this maker is not on the page's list: then the browser judges the plain text.
}

let waking = Promise.resolve();

function wakeHeld(granted) {
  const purposes = new Set(granted.split(' '));
  waking = waking.then(async () => {
    // Tags that are still on their way are held as well.
    if (document.readyState === 'loading') {
      await new Promise((done) => document.addEventListener('DOMContentLoaded', done));
    }
    for (const held of document.querySelectorAll('[data-consent-hold]')) {
      if (!held.getAttribute('data-consent-hold').split(' ').every((purpose) => purposes.has(purpose))) continue;
      held.removeAttribute('data-consent-hold');
      try {
        if (held.localName === 'script') await wakeScript(held);
        else wakeElement(held);
      } catch (error) {
        // One tag that the page's own rules forbid must not keep back the others.
        console.warn(error);
      }
    }
  });
}

function wakeElement(held) {
  for (const { name, value } of [...held.attributes]) {
    const own = heldAttribute.exec(name);
    if (!own) continue;
    held.removeAttribute(name);
    if (/.[-:]href$/.test(own[1])) held.setAttributeNS(xlink, 'xlink:href', value);
    else held.setAttribute(own[1], own[1] === 'srcdoc' ? trusted.createHTML(value) : value);
  }
}

// A script runs only when it is made anew. Those that a page runs in order are waited for.
function wakeScript(held) {
  const script = document.createElement('script');
  script.async = false;
  const drawn = held.namespaceURI.endsWith('/svg');
  let source = '';
  let type = '';
  for (const { name, value } of held.attributes) {
    const own = heldAttribute.exec(name)?.[1];
    if (drawn ? own?.endsWith('href') : own === 'src') source = value;
    else if (own === 'type') script.type = type = value;
    else if (own) script.setAttribute(own, value);
    else if (name !== 'type' && name !== 'nonce') script.setAttribute(name, value);
  }
  script.nonce = held.nonce;
  if (source) script.src = trusted.createScriptURL(source);
  else script.text = trusted.createScript(held.textContent);

  const runs = javaScript.test(type.trim()) && !(script.noModule && type !== 'module');
  const external = source || type === 'module';
  if (!runs || !external || script.async) {
    if (runs && !external) writeBehind(script, held);
    else held.replaceWith(script);
    return undefined;
  }
  return new Promise((done) => {
    script.onload = script.onerror = done;
    // A host that never answers must not keep the others asleep.
    setTimeout(done, 10000);
    held.replaceWith(script);
  });
}

// An old tag's document.write would now empty the page: what it writes is put behind it instead.
function writeBehind(script, held) {
  let written = '';
  const write = document.write;
  document.write = document.writeln = (...parts) => {
    written += parts.join('');
  };
  held.replaceWith(script);
  delete document.write;
  delete document.writeln;
  if (document.write !== write) document.write = write;
  if (written) {
    const range = document.createRange();
    range.setStartAfter(script);
    script.after(range.createContextualFragment(trusted.createHTML(written)));
  }
}
