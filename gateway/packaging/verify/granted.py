"""What a visitor granted, as the consent gateway says it: Consent-Granted, signed (RFC 9421, hmac-sha256).

granted() is for an application. As a command it reads header lines from standard input:
    python3 granted.py KEY_FILE AUTHORITY < headers
AUTHORITY is the host that the request asks for, in lower case, with its port unless that is the scheme's own.
Anything that isn't the gateway's word is no grant.
"""

import base64
import hashlib
import hmac
import re
import sys
import time

TOLERANCE = 300  # seconds that the gateway's clock and yours may be apart
OURS = re.compile(r'(?:^|,)[ \t]*consent=(\("consent-granted" "@authority"\);created=(\d+);keyid="([0-9a-f]+)";alg="hmac-sha256")')
VALUE = re.compile(r"(?:^|,)[ \t]*consent=:([A-Za-z0-9+/=]+):")


def read_key(path):
    text = open(path, encoding="ascii").read().strip()
    return base64.b64decode(text.removeprefix("whsec_"), validate=True)


def granted(headers, authority, key, now=None):
    """The granted purposes; None where nobody we trust says so. `headers` maps lower-case names to whole values."""
    told = headers.get("consent-granted")
    inputs = OURS.findall(headers.get("signature-input", ""))
    values = VALUE.findall(headers.get("signature", ""))
    if told is None or not inputs or not values:
        return None
    parameters, created, _key_id = inputs[-1]
    base = f'"consent-granted": {told}\n"@authority": {authority}\n"@signature-params": {parameters}'
    right = hmac.new(key, base.encode(), hashlib.sha256).digest()
    fresh = abs((time.time() if now is None else now) - int(created)) <= TOLERANCE
    if not fresh or not hmac.compare_digest(base64.b64encode(right).decode(), values[-1]):
        return None
    return [purpose.strip() for purpose in told.split(",")]


if __name__ == "__main__":
    lines = {}
    for line in sys.stdin:
        name, found, value = line.partition(":")
        if found:
            name, value = name.strip().lower(), value.strip()
            lines[name] = f"{lines[name]}, {value}" if name in lines else value
    purposes = granted(lines, sys.argv[2], read_key(sys.argv[1]))
    print("not the gateway's word" if purposes is None else "granted: " + " ".join(purposes))
    sys.exit(purposes is None)
