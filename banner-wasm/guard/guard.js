// The guard: the first script of a page. It makes the visitor's decision true for the scripts that come after it:
// their cookies, their storage keys, and their requests to trackers.
//
// It is put together from this file and its neighbours (cookies.js, storage.js, requests.js, elements.js, fresh.js).
// The rules come from a file of their own, which stands before it in the page; the decision stands in its own tag.
// Refuses to know any library by name, and to touch what is necessary or what no rule speaks of. A refused write does
// nothing and says nothing; a refused request fails as a broken network would. Invariant: only an answer of the gateway,
// made for this very question, can open what was closed; events and messages only make it ask.
//
// What it can't reach:
// - workers, service workers and worklets: they have no document, and globals of their own;
// - import() and static imports of a refused host by modules that the gateway has not held; addresses in styles,
//   in SVG animations, and in attributes set by setAttributeNode;
// - connections that are no requests (WebRTC), and top-level navigation: links, forms, location;
// - in browsers other than Chromium, a script inside a srcdoc frame that runs before the frame's load event;
// - frames of other origins: what they store is theirs (their address is judged like any other);
// - pages whose sandbox forbids scripts.

const own = document.currentScript;
// Taken before a page's <base> can make something else of it.
const home = own.src;
const rules = window.consentRules;
delete window.consentRules;
if (!rules || window.consentGuard) return;

const { apply, construct } = Reflect;
const GO = 1;
const STOP = 0;
const WAIT = 2;

// Sets of purposes are bits, by their place in the policy.
const words = (text) => text?.split(' ') ?? [];
const places = (ids) => words(ids).reduce((bits, id) => bits | (1 << rules.purposes.indexOf(id)) & 65535, 0);
let allowed;
let forbidden;
let asking;
let keeping;
let told;
// Answers for single services and cookies, by number.
let singles;
// What holds, as one word.
let standing;
// While it isn't sure what holds, everything optional waits.
let pending = false;
let waiting = [];
// For what elements were put to sleep meanwhile.
let asleep = 0;
const counts = {};
// Names of cookies that scripts set and no rule speaks of.
const strange = new Set();

// The gateway tells a decision in the same words in the guard's tag and in its answers.
function take(word) {
  told = word;
  allowed = places(told.granted);
  forbidden = places(told.denied);
  asking = places(told.ask);
  keeping = told.mode;
  singles = [];
  for (const number of words(told.single)) singles[Math.abs(number)] = number > 0 ? GO : STOP;
  standing = Object.values(told).join();
}

// A rule is [place of its purpose, number of its service, number of the cookie, longest life in seconds, goes until refused].
const isIn = (set, rule) => (set >> rule[0]) & 1;
const single = (rule) => singles[rule[2]] ?? singles[rule[1]];

function verdict(rule) {
  if (isIn(rules.always, rule)) return GO;
  if (pending) return WAIT;
  const usual = isIn(allowed, rule) || (rule[4] && !isIn(forbidden, rule)) ? GO : isIn(asking, rule) ? WAIT : STOP;
  return single(rule) ?? usual;
}

// Whether something may be done now. If not, `again` is kept for the next answer where it could change that; the name
// is that of a cookie, which waits for the visitor too.
function may(rule, again, label) {
  const word = rule ? verdict(rule) : GO;
  if (word === GO) return true;
  if (label) forget(label);
  if (word === WAIT && again && (pending || label) && waiting.length < (pending ? 200 : 50)) {
    waiting.push([again, label]);
    if (!pending) tell('held');
  } else {
    asleep |= pending << rule[0];
    const id = purposeOf(rule);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return false;
}

const purposeOf = (rule) => rules.purposes[rule[0]];
const tell = (word) => document.dispatchEvent(new CustomEvent(`consent-${word}`));

function forget(label) {
  if (!pending) waiting = waiting.filter((held) => held[1] !== label);
}

// An exact name, or the first family that it belongs to: the gateway has put them in order.
function lookUp([exact, families], label) {
  return exact[label] ?? families.find(([ending, text]) => (ending ? label.endsWith(text) : label.startsWith(text)))?.[2];
}

// Stands between a page and one of the browser's own functions. To scripts it looks like the function itself.
function hook(object, member, act, part = 'value') {
  const slot = object && Object.getOwnPropertyDescriptor(object, member);
  if (!slot?.[part] || !slot.configurable) return;
  slot[part] = new Proxy(slot[part], {
    apply: (native, self, args) => act(self, args, (given = args, owner = self) => apply(native, owner, given)),
  });
  Object.defineProperty(object, member, slot);
}
