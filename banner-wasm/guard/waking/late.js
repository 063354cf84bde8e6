// What a woken script waits for may be over: it is called all the same, once, when the page is complete.
// Refuses the page's own listeners: only what a woken script adds is called.

const over = ['DOMContentLoaded', 'readystatechange', 'load', 'pageshow'];
const woken = new WeakSet();
const wokenAddresses = new Set();
let late = [];
let sessions = 0;

// Callbacks and modules have no current script: there the stack names the file.
function isWoken() {
  if (woken.has(document.currentScript)) return true;
  const stack = wokenAddresses.size ? new Error().stack || '' : '';
  return [...wokenAddresses].some((address) => stack.includes(address));
}

function callLater(target, type, heard, options) {
  if (late.some((other) => other.target === target && other.type === type && other.heard === heard)) return;
  late.push({ target, type, heard, signal: options?.signal });
  if (!sessions) setTimeout(callLate);
}

function callLate() {
  if (document.readyState !== 'complete') {
    addLoadListener(() => setTimeout(callLate));
    return;
  }
  const due = late.sort((a, b) => over.indexOf(a.type) - over.indexOf(b.type));
  late = [];
  for (const { target, type, heard, signal } of due) {
    const event = new Event(type, { bubbles: type === over[0] });
    for (const key of ['target', 'currentTarget', 'srcElement']) Object.defineProperty(event, key, { value: target });
    const call = heard ?? target[`on${type}`];
    try {
      if (!call || signal?.aborted) continue;
      if (call.handleEvent) call.handleEvent(event);
      else call.call(target, event);
    } catch (error) {
      reportError(error);
    }
  }
}

let addLoadListener;

function listenForLate() {
  addLoadListener = window.addEventListener.bind(window, 'load');
  for (const target of [document, window]) {
    const { addEventListener, removeEventListener } = target;
    target.addEventListener = function add(type, heard, options) {
      if (heard && over.includes(type) && isWoken()) callLater(target, type, heard, options);
      else addEventListener.call(this ?? target, type, heard, options);
    };
    target.removeEventListener = function remove(type, heard, options) {
      late = late.filter((other) => other.target !== target || other.type !== type || other.heard !== heard);
      removeEventListener.call(this ?? target, type, heard, options);
    };
  }
}

// The handlers that a script sets as properties: `changed()` tells of those that are others now.
function handlers() {
  const slots = [[document, over[1]], [window, over[2]], [window, over[3]]];
  const before = slots.map(([target, type]) => target[`on${type}`]);
  return function changed() {
    slots.forEach(([target, type], at) => {
      const now = target[`on${type}`];
      const missed = type === 'readystatechange' || document.readyState === 'complete';
      if (now && now !== before[at] && missed) callLater(target, type);
    });
  };
}
