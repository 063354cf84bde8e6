"""A choice, as the consent gateway tells it to those whom a site names: a webhook signed after Standard Webhooks 1.0.

told() is for an application. As a command it reads a request (header lines, a blank line, the body) from standard input:
    python3 webhook.py KEY_FILE < request
A message may come more than once: keep the ids of those you have for as long as TOLERANCE and a while.
"""

import base64
import hashlib
import hmac
import json
import sys
import time

TOLERANCE = 300  # seconds that the gateway's clock and yours may be apart


def read_key(path):
    text = open(path, encoding="ascii").read().strip()
    return base64.b64decode(text.removeprefix("whsec_"), validate=True)


def told(headers, body, key, now=None):
    """The message; None where nobody we trust sent it. `headers` maps lower-case names to values, `body` is bytes."""
    message, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not sent.isdecimal():
        return None
    if abs((time.time() if now is None else now) - int(sent)) > TOLERANCE:
        return None
    signed = hmac.new(key, f"{message}.{sent}.".encode() + body, hashlib.sha256).digest()
    right = "v1," + base64.b64encode(signed).decode()
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(right.encode(), one.encode()) for one in given):
        return None
    return json.loads(body)


if __name__ == "__main__":
    head, _, body = sys.stdin.buffer.read().partition(b"\n\n")
    lines = (line.partition(":") for line in head.decode("latin-1").splitlines())
    message = told({name.strip().lower(): value.strip() for name, _, value in lines}, body, read_key(sys.argv[1]))
    print("not the gateway's word" if message is None else f"{message['type']} {message['data']['act']}")
    sys.exit(message is None)
