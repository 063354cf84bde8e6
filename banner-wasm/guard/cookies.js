// Cookies that scripts write and read. Deletions always pass. What is refused to the site's server is hidden from its
// scripts as well. A line is judged by the name that a browser would send: `=_ga=1` sends `_ga=1`.

const cookieRule = (label) => lookUp(rules.cookies, label);
const cookieName = (pair) => pair.trim().replace(/^=/, '').split('=')[0].trim();

// The pair, the attributes but those of its life, its name, and its life in seconds: none where it ends with the browser.
function readLine(line) {
  const [pair, ...rest] = line.split(';');
  let age;
  let ends;
  const others = rest.filter((part) => {
    const [attribute, time] = part.split('=').map((text) => text.trim().toLowerCase());
    if (attribute === 'expires') ends = Date.parse(time) - Date.now() || ends;
    else if (attribute === 'max-age') age = time === '0' ? -1 : parseInt(time) || age;
    else return true;
    return false;
  });
  return [pair, others, cookieName(pair), age ?? ends / 1000];
}

// How long a cookie may stay, in seconds; 0: until the browser closes.
function longest(rule) {
  if (!rule) return Infinity;
  return keeping === 'session' && !isIn(rules.always, rule) ? 0 : rule[3] ?? Infinity;
}

// Whether a cookie of this name and life may be written.
function mayWrite(label, life, again) {
  const rule = cookieRule(label);
  if (life <= 0) {
    forget(label);
    return true;
  }
  if (rule) return may(rule, again, label);
  if (strange.size < 50) strange.add(label);
  return rules.unknown > 1;
}

function isReadable(label) {
  const rule = cookieRule(label);
  return rule ? pending || verdict(rule) === GO : rules.unknown > 0;
}

function guardCookies(w) {
  const page = w.Document.prototype;
  hook(page, 'cookie', (self, args, go) => {
    const line = `${args[0]}`;
    const [pair, others, label, life] = readLine(line);
    if (!mayWrite(label, life, line.length <= 4096 && (() => { self.cookie = line; }))) return;
    const limit = longest(cookieRule(label));
    if (life > limit && limit) others.push(`max-age=${limit}`);
    go([life > limit ? [pair, ...others].join(';') : line]);
  }, 'set');
  hook(page, 'cookie', (self, args, go) => go().split('; ').filter((pair) => isReadable(cookieName(pair))).join('; '), 'get');
  const jar = w.CookieStore?.prototype;
  hook(jar, 'set', async (self, args, go) => {
    const given = args.length > 1 ? { name: args[0], value: args[1] } : { ...args[0] };
    const life = given.expires == null ? NaN : (given.expires - Date.now()) / 1000;
    if (!mayWrite(`${given.name}`, life, () => self.set(given))) return;
    const limit = longest(cookieRule(given.name));
    if (life > limit) given.expires = limit ? Date.now() + limit * 1000 : null;
    await go([given]);
  });
  hook(jar, 'get', async (self, args, go) => {
    const found = await go();
    return found && isReadable(found.name) ? found : null;
  });
  hook(jar, 'getAll', async (self, args, go) => (await go()).filter((found) => isReadable(found.name)));
}
