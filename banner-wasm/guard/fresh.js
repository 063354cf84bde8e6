// Asks the gateway what holds, and lets it hold. Whatever makes the decision in the page doubtful closes what is optional
// until an answer has come: a page out of a cache, a worker or the browser's memory, a word from another tab.

const call = window.fetch;
const jar = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
let turn = 0;
let answered = Promise.resolve();
let channel;

const load = (name) => import(new URL(name, home));

function ask() {
  const mine = ++turn;
  const question = Math.random().toString(36).slice(2);
  pending = true;
  // A worker that keeps what it has seen keeps no posts, and no answer to another question counts.
  const options = { method: 'POST', cache: 'no-store', credentials: 'same-origin' };
  answered = apply(call, window, [new URL(`state?${question}`, home), options])
    .then((answer) => answer.json())
    .then((word) => {
      if (word.asked !== question) throw word;
      if (mine === turn) settle(word);
      return word;
    })
    .catch(() => {});
  return answered;
}

function settle(word) {
  const before = standing;
  const had = allowed | rules.always;
  // Under other rules the same numbers mean something else.
  take(word.edition === rules.edition ? word.guard : {});
  pending = false;
  const list = waiting;
  waiting = [];
  for (const [again] of list) {
    try {
      again();
    } catch {
      // Its page has gone on without it.
    }
  }
  clear();
  // What scripts put in while it wasn't sure sleeps too, and may have been allowed all along.
  // Where one page serves everybody, its own loader wakes what the first answer grants.
  if (allowed & (~had | asleep) && (turn > 1 || !forAll)) load('{{wake}}').then((waking) => waking.wakeHeld(word.guard.granted));
  asleep = 0;
  if (before !== standing) channel?.postMessage(standing);
  tell('change');
}

// Only what the visitor's own answer refused is taken away.
async function clear() {
  if (!forbidden && !singles.includes(STOP)) return;
  const { withdraw } = await load('{{later}}');
  withdraw(rules, lookUp, (rule) => rule && (single(rule) === STOP || isIn(forbidden, rule)) && verdict(rule) === STOP, jar);
}

function listen() {
  channel = new BroadcastChannel('consent');
  channel.onmessage = (event) => event.data !== standing && ask();
}

const [visit] = performance.getEntriesByType('navigation');
const isFresh = visit?.transferSize && !visit.workerStart && !visit.deliveryType && visit.type !== 'back_forward';

const forAll = !own.dataset.granted;
take({ ...own.dataset });
protect(window);
// Names of cookies that wait for the visitor's word, for the prompt; never values.
window[Symbol.for('consent.waiting')] = () => waiting.flatMap((held) => held[1] ?? []);
Object.defineProperty(window, 'consentGuard', {
  value: Object.freeze({
    refresh: ask,
    state: () => answered,
    refused: () => ({ ...counts }),
    told: () => (pending ? undefined : told),
    unknown: () => [...strange],
  }),
});
addEventListener('pagehide', () => channel?.close());
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  listen();
  ask();
});
document.addEventListener('prerenderingchange', () => ask());
if (forAll || !isFresh) ask();
// Opening a channel can take a browser longer than all of the above: the page needn't wait for it.
setTimeout(() => {
  listen();
  if (pending || turn) return;
  channel.postMessage(standing);
  clear();
});
