#!/usr/bin/env python3
"""Checks a receipt of the consent gateway with the published keys, and asks nobody.

    receipt.py receipt.jsonld keys.json

keys.json is what the site publishes at /.consent/keys.json. Only Python's own library is needed.
"""

import calendar
import hashlib
import json
import sys
import time

# Ed25519 (RFC 8032), checking alone: a public key and a signature are no secrets, so that speed and side channels don't matter.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one, two):
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    sum_ = (0, 1, 1, 0)
    while number:
        if number & 1:
            sum_ = add(sum_, point)
        point = add(point, point)
        number >>= 1
    return sum_


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(public, message, signature):
    key, r = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(h, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    """RFC 8785 for what stands on receipts: texts, whole numbers, lists and objects with ASCII keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def once(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key stands twice")
    return fields


def published(text):
    import base64

    keys = [key for key in json.loads(text)["keys"] if key.get("crv") == "Ed25519"]
    publics = [base64.urlsafe_b64decode(key["x"] + "=") for key in keys]
    return {sha(public)[:8].hex(): public for public in publics}


def root_of(leaf, place, size, path):
    """RFC 9162 2.1.3.2: the root that a path leads to; None where its length is wrong."""
    at, last, value = place, size - 1, leaf
    for beside in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            value = sha(b"\x01", beside, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = sha(b"\x01", value, beside)
        at, last = at >> 1, last >> 1
    return value if last == 0 else None


def seconds(moment):
    return calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))


def check(text, keys):
    """What the receipt says; a ValueError says why it is none."""
    receipt = json.loads(text, object_pairs_hook=once)
    signature = bytes.fromhex(receipt.pop("signature"))
    about = receipt["receipt"]
    if about["key"] not in keys:
        raise ValueError("the receipt names the key %s, which is none of the published keys" % about["key"])
    if not signed_by(keys[about["key"]], canonical(receipt), signature):
        raise ValueError("the signature does not fit")
    log = receipt["log"]
    if "head" not in log:
        return receipt, "no proof yet: ask again after %s" % log["ask_again"]
    head = log["head"]
    root = bytes.fromhex(head["root"])
    data = (seconds(head["made"]) * 1000).to_bytes(8, "big") + head["size"].to_bytes(8, "big") + b"\x20" + root + b"\0\0"
    if head["key"] not in keys or not signed_by(keys[head["key"]], data, bytes.fromhex(head["signature"])):
        raise ValueError("the head of the log was not signed by a published key")
    leaf = sha(b"\0", sha(bytes.fromhex(about["salt"]), canonical(receipt["consent_record"])))
    path = [bytes.fromhex(beside) for beside in log["path"]]
    if not 0 <= log["place"] < head["size"] or root_of(leaf, log["place"], head["size"], path) != root:
        raise ValueError("the record does not stand in the log as the receipt says")
    return receipt, "entry %d of %d in the log" % (log["place"] + 1, head["size"])


def main():
    with open(sys.argv[1], "rb") as receipt, open(sys.argv[2], "rb") as keys:
        try:
            receipt, place = check(receipt.read(), published(keys.read()))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            print("no receipt of theirs: %s" % error)
            return 1
    record = receipt["consent_record"]
    given = [purpose["purpose"] for purpose in record["pii_processing"]["purposes"] if purpose["state"] == "given"]
    print("genuine: record %s, %s" % (record["record"]["record_id"], place))
    print("granted: %s" % " ".join(given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
