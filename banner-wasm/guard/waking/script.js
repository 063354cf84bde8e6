// Runs a held script: made anew, since a script that has been in the page never runs again.
// What it writes with document.write stands behind it and runs in order; at this hour the browser would empty the page.
// Refuses to lose the page: a write that comes too late to have a place is dropped, and loading the page again is offered.

const javaScript = /^(|module|(text|application)\/(x-)?(java|ecma)script|text\/(javascript1\.[0-5]|jscript|livescript))$/i;
const inHead = /^(base|link|meta|noscript|script|style|template|title)$/;
const writers = new WeakMap();

// A page may demand that scripts and markup come from a named maker.
let trusted = { createScriptURL: (v) => v, createScript: (v) => v, createHTML: (v) => v };
try {
  trusted = window.trustedTypes.createPolicy('consent', trusted);
} catch {
  // No such demand, or this maker is not on the page's list: then the browser judges the plain text.
}

// Puts in a script of the gateway's own, which a page's demand would else forbid; a promise of when it has run.
function addScript(address, nonce = '') {
  const script = document.createElement('script');
  script.nonce = nonce;
  script.src = trusted.createScriptURL(address);
  document.head.append(script);
  return new Promise((done) => { script.onload = script.onerror = done; });
}

// `asleep`: a tag that the gateway held; otherwise one that a script wrote.
function madeAnew(held, asleep) {
  const script = document.createElement('script');
  script.async = false;
  const drawn = held.namespaceURI.endsWith('/svg');
  let source = '';
  let type = '';
  for (const { name, value } of held.attributes) {
    const own = asleep ? heldAttribute.exec(name)?.[1] : name;
    if (drawn ? own?.endsWith('href') : own === 'src') source = value;
    else if (own === 'type') script.type = type = value;
    else if (own || !['type', 'nonce', heldMark].includes(name)) {
      const kept = own ?? name;
      script.setAttribute(kept, kept.startsWith('on') ? trusted.createScript(value) : value);
    }
  }
  script.nonce = held.nonce;
  if (source) script.src = trusted.createScriptURL(source);
  else script.text = trusted.createScript(held.textContent);
  const runs = javaScript.test(type.trim()) && !(script.noModule && type !== 'module');
  return { script, runs, source, module: type === 'module' };
}

// Runs it; a promise where the next one must wait for it.
function runScript(held, asleep) {
  const { script, runs, source, module } = madeAnew(held, asleep);
  if (!runs) {
    held.replaceWith(script);
    return undefined;
  }
  woken.add(script);
  if (script.src) wokenAddresses.add(script.src);
  const changed = handlers();
  const writer = module ? null : writerBehind(script);
  if (writer) writers.set(script, writer.write);
  const over = () => {
    changed();
    return writer?.end();
  };
  if (!source && !module) {
    held.replaceWith(script);
    return over();
  }
  const ran = new Promise((done) => {
    const after = () => done(over());
    script.addEventListener('load', after);
    script.addEventListener('error', after);
    // A host that never answers must not keep the others asleep.
    setTimeout(done, 10000);
  });
  held.replaceWith(script);
  // Nobody tells when an inline module has run, but what is made after it in order runs after it.
  return script.async || !source ? undefined : ran;
}

function writerBehind(script) {
  const waiting = [];
  let anchor;
  let text = '';
  let pending;

  function pump() {
    while (waiting.length) {
      const ran = runScript(waiting.shift(), false);
      if (ran) return ran.then(pump);
    }
    pending = undefined;
    return undefined;
  }

  function put(template) {
    const nodes = [...template.content.childNodes];
    if (!nodes.length) return;
    if (!anchor) {
      anchor = new Text();
      if (script.isConnected) script.after(anchor);
      else document.body.append(anchor);
    }
    // Where the parser would have begun the body.
    const belongs = (node) => node.nodeType !== Node.ELEMENT_NODE || inHead.test(node.localName);
    if (anchor.parentNode === document.head && !nodes.every(belongs)) document.body.prepend(anchor);
    // Scripts that came as text don't run by themselves.
    waiting.push(...template.content.querySelectorAll('script'));
    anchor.before(...nodes);
    if (!pending) pending = pump();
  }

  return {
    write(more) {
      text += more;
      // A script may use at once what it wrote: whatever is whole, with every element closed, is put in.
      const template = document.createElement('template');
      template.innerHTML = trusted.createHTML(`${text}<!--consent-end-->`);
      const mark = template.content.lastChild;
      if (mark?.data !== 'consent-end') return;
      mark.remove();
      text = '';
      put(template);
    },
    end() {
      if (text) {
        const template = document.createElement('template');
        template.innerHTML = trusted.createHTML(text);
        text = '';
        put(template);
      }
      anchor?.remove();
      return pending;
    },
  };
}

function catchWrites() {
  for (const name of ['write', 'writeln']) {
    const native = document[name];
    document[name] = function write(...parts) {
      const behind = writers.get(document.currentScript);
      if (behind) behind(parts.join('') + (name === 'writeln' ? '\n' : ''));
      else if (isWoken()) offerReload();
      else native.apply(this, parts);
    };
  }
  for (const name of ['open', 'close']) {
    const native = document[name];
    document[name] = function open(...parts) {
      // With three arguments it opens a window.
      return parts.length < 3 && isWoken() ? document : native.apply(this, parts);
    };
  }
}
