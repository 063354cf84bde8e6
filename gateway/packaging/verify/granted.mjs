// What a visitor granted, as the consent gateway says it: Consent-Granted, signed (RFC 9421, hmac-sha256).
//
// granted() is for an application: pass it request.headers of node:http. As a command it reads header lines:
//     node granted.mjs KEY_FILE AUTHORITY < headers
// AUTHORITY is the host that the request asks for, in lower case, with its port unless that is the scheme's own.
// Anything that isn't the gateway's word is no grant.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TOLERANCE = 300; // seconds that the gateway's clock and yours may be apart
const OURS = /(?:^|,)[ \t]*consent=(\("consent-granted" "@authority"\);created=(\d+);keyid="[0-9a-f]+";alg="hmac-sha256")/g;
const VALUE = /(?:^|,)[ \t]*consent=:([A-Za-z0-9+/=]+):/g;

export function readKey(path) {
  return Buffer.from(readFileSync(path, 'ascii').trim().replace(/^whsec_/, ''), 'base64');
}

/** The granted purposes; null where nobody we trust says so. */
export function granted(headers, authority, key, now = Date.now() / 1000) {
  const told = headers['consent-granted'];
  const input = [...(headers['signature-input'] ?? '').matchAll(OURS)].at(-1);
  const value = [...(headers.signature ?? '').matchAll(VALUE)].at(-1);
  if (told === undefined || !input || !value) return null;
  const base = `"consent-granted": ${told}\n"@authority": ${authority}\n"@signature-params": ${input[1]}`;
  const right = createHmac('sha256', key).update(base).digest();
  const given = Buffer.from(value[1], 'base64');
  const same = given.length === right.length && timingSafeEqual(given, right);
  if (!same || Math.abs(now - Number(input[2])) > TOLERANCE) return null;
  return told.split(',').map((purpose) => purpose.trim());
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const headers = {};
  for (const line of readFileSync(0, 'utf8').split('\n')) {
    const at = line.indexOf(':');
    if (at < 1) continue;
    const [name, value] = [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const purposes = granted(headers, process.argv[3], readKey(process.argv[2]));
  console.log(purposes === null ? "not the gateway's word" : `granted: ${purposes.join(' ')}`);
  process.exitCode = purposes === null ? 1 : 0;
}
