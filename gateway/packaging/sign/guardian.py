"""Tells the consent gateway that a guardian, whom your site has verified, agreed for a visitor (RFC 9421, hmac-sha256).

tell() is for an application. As a command:
    python3 guardian.py KEY_FILE URL REFERENCE PURPOSE...
URL is the address on your site, such as https://shop.example/.consent/guardian, REFERENCE the code that the visitor's page
showed. Telling the same again is safe. The name of the visitor or the guardian has no place in it.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

COVERED = '("@method" "@authority" "@path" "content-digest")'


def read_key(path):
    text = open(path, encoding="ascii").read().strip()
    return base64.b64decode(text.removeprefix("whsec_"), validate=True)


def signed(key, url, body, now=None):
    """The header fields of a POST of `body` (bytes) to `url`."""
    parts = urllib.parse.urlsplit(url)
    own_port = ":443" if parts.scheme == "https" else ":80"
    authority = parts.netloc.lower().removesuffix(own_port)
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    key_id = hashlib.sha256(key).hexdigest()[:16]
    created = int(time.time() if now is None else now)
    parameters = f'{COVERED};created={created};keyid="{key_id}";alg="hmac-sha256"'
    base = (
        f'"@method": POST\n"@authority": {authority}\n"@path": {parts.path}\n'
        f'"content-digest": {digest}\n"@signature-params": {parameters}'
    )
    value = base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "Content-Digest": digest,
        "Signature-Input": f"consent={parameters}",
        "Signature": f"consent=:{value}:",
    }


def tell(key, url, reference, purposes, ground=None):
    """The gateway's status and answer: 200 and the record, or a status and why not."""
    told = {"reference": reference, "purposes": purposes}
    if ground is not None:
        told["ground"] = ground
    body = json.dumps(told).encode()
    request = urllib.request.Request(url, data=body, headers=signed(key, url, body), method="POST")
    return send(request)


def send(request):
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


if __name__ == "__main__":
    status, answer = tell(read_key(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
    print(status, answer.strip())
    sys.exit(status != 200)
