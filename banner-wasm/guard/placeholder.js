// Runs in a held frame's place, in a page of the gateway's own: gives the frame back to what it held, once or always.
// Refuses to act where it can't reach its own frame (a page that was opened by itself): there the link to the settings remains.

const form = document.getElementById('consent-frame');
const error = document.getElementById('consent-error');
const buttons = document.getElementById('consent-buttons');
const frame = window.frameElement;
const asIs = { createHTML: (value) => value };

const isHeld = (element) => element?.hasAttribute(heldMark);
// Not `elements.item`, which is a method.
const itemIn = (page) => page.querySelector('#consent-frame [name=item]')?.value;

// The held frames beside this one that wait for the same. Windows are asked, since an embed doesn't give its document.
function likeThis() {
  const beside = Array.from({ length: parent.length }, (_, at) => parent[at]);
  return beside.filter((other) => {
    try {
      return other !== window && itemIn(other.document) === itemIn(document);
    } catch {
      // Another site's frame.
      return false;
    }
  }).map((other) => other.frameElement);
}

function load(held) {
  if (!isHeld(held)) return;
  held.removeAttribute(heldMark);
  // What watches the page for refused requests lets this one pass.
  setAttribute.call(held, 'data-consent-once', '');
  wakeElement(held, asIs);
}

function say(sentence) {
  error.textContent = sentence || form.dataset.failed;
  error.hidden = false;
  for (const button of form.querySelectorAll('button')) button.disabled = false;
}

async function allow() {
  const headers = { Accept: 'text/plain' };
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: 'POST', headers, body, credentials: 'same-origin' });
  // Somebody must be asked something first: that is a page.
  if (answer.status === 428) return form.submit();
  if (!answer.ok) {
    const sentence = await answer.text();
    return say(sentence.includes('<') ? '' : sentence);
  }
  new BroadcastChannel('consent').postMessage('choice');
  likeThis().forEach(load);
  return loadAndFocus();
}

function loadAndFocus() {
  load(frame);
  frame.focus();
}

if (isHeld(frame)) {
  if ('allowed' in document.body.dataset) load(frame);
  buttons.hidden = false;
  document.getElementById('consent-once').addEventListener('click', loadAndFocus);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    error.hidden = true;
    for (const button of form.querySelectorAll('button')) button.disabled = true;
    allow().catch(() => say());
  });
}
