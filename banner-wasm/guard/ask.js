// Confirms cookies one by one: hears that some wait, shows them in one prompt with a list, posts each answer.
// Refuses to ask twice about one thing, to take the focus away from the page, and to close without an answer: what is
// not answered keeps waiting. It makes no markup out of text, so a page's Trusted Types have nothing to forbid.

const home = new URL('.', document.currentScript.src);
const marks = ['consent-held', 'consent-lost'];
const rows = new Map();
let prompt, list, all, note, told, lost, looking, again;

// Answers of the site say so themselves (Server-Timing), whichever way they were asked for.
const watch = (type) => {
  new PerformanceObserver((list) => {
    const entries = list.getEntries().flatMap((entry) => entry.serverTiming ?? []);
    const said = entries.filter((timing) => marks.includes(timing.name));
    lost ||= said.some((timing) => timing.name === marks[1]);
    if (said.length) look();
  }).observe({ type, buffered: true });
};

// Names of cookies that the page's own scripts wait to set.
const inPage = () => window[Symbol.for('consent.waiting')]?.() ?? [];

async function look() {
  // Several answers may say it at once; one that says it meanwhile is looked after afterwards.
  again = looking;
  if (looking) return;
  looking = true;
  try {
    const address = new URL('held', home);
    address.searchParams.append('lang', document.documentElement.lang);
    for (const name of inPage()) address.searchParams.append('name', name);
    const answer = await fetch(address, { cache: 'no-store', credentials: 'same-origin' });
    if (answer.ok) show(await answer.json());
  } catch {
    // The next answer that holds something says so again.
  }
  looking = false;
  if (again) look();
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  return made;
}

function button(text, label, fields) {
  const made = element('button', text, { type: 'button', 'aria-label': label });
  made.onclick = () => send(fields(), made);
  return made;
}

const carried = (items) => items.map((item) => ['held', item.envelope]).filter(([, envelope]) => envelope);
const answers = (items, word) => [...items.map((item) => ['item', `${item.key}:${word}`]), ...carried(items)];

function row(item) {
  const { words } = told;
  const made = element('li');
  const facts = element('dl');
  for (const key of ['what', 'whose', 'lifetime']) {
    // What the policy says may be in another language than the rest.
    const lang = key !== 'lifetime' && item.lang;
    facts.append(element('dt', words[key]), element('dd', item[key], lang ? { lang } : {}));
  }
  const group = element('p');
  group.append(
    button(words.allow, `${words.allow}: ${item.name}`, () => answers([item], 'yes')),
    button(words.refuse, `${words.refuse}: ${item.name}`, () => answers([item], 'no')),
    button(item.always, `${item.name}: ${item.always}`, () => [['purpose', item.purpose], ...carried(told.items)]),
  );
  made.append(element('b', item.name), facts, group);
  return made;
}

function open() {
  const { words, lang } = told;
  prompt = element('consent-ask', '', {
    id: 'consent-ask', role: 'region', 'aria-label': words.title, lang, dir: 'auto', 'data-nosnippet': '',
  });
  all = element('p');
  all.append(
    button(words.allow_all, words.allow_all, () => answers(told.items, 'yes')),
    button(words.refuse_all, words.refuse_all, () => answers(told.items, 'no')),
  );
  list = element('ul');
  note = element('p', '', { role: 'status' });
  prompt.append(element('h2', words.title), element('p', words.about), list, all, note);
  document.head.append(element('link', '', { rel: 'stylesheet', href: new URL('{{sheet}}', home) }));
}

// Rows that stay are left alone: somebody may be about to press a button there.
function show(now) {
  told = now;
  const { words, items } = told;
  if (!items.length && !lost) return prompt?.remove();
  if (!prompt) open();
  const ids = items.map((item) => `${item.key} ${item.name}`);
  for (const [id, shown] of rows) {
    if (ids.includes(id)) continue;
    shown.remove();
    rows.delete(id);
  }
  ids.forEach((id, place) => {
    if (rows.has(id)) return;
    rows.set(id, row(items[place]));
    list.append(rows.get(id));
  });
  all.hidden = items.length < 2;
  note.textContent = lost ? words.lost : '';
  if (!prompt.isConnected) (document.body ?? document.documentElement).prepend(prompt);
}

async function send(fields, pressed) {
  const body = new URLSearchParams([
    ['policy', told.policy], ['lang', told.lang], ['seal', told.seal], ['act', 'single'], ...fields,
  ]);
  pressed.disabled = true;
  let said = told.words.failed;
  try {
    const headers = { Accept: 'text/plain' };
    const answer = await fetch(new URL('choice', home), { method: 'POST', headers, body, credentials: 'same-origin' });
    const [first, second] = (await answer.text()).split('\n');
    if (answer.ok) {
      lost = second;
      // It tells the other tabs too.
      window.consentGuard?.refresh();
      return look();
    }
    if (answer.status < 500) said = first;
  } catch {
    // No connection: the sentence says to press again.
  }
  pressed.disabled = false;
  note.textContent = said;
}

document.addEventListener('consent-held', look);
for (const type of ['navigation', 'resource']) watch(type);
if (inPage().length) look();
