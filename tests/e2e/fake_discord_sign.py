# SPDX-License-Identifier: Apache-2.0
"""Signed calls of an interactions endpoint, as Discord makes them, and as somebody else would.

Ed25519 after RFC 8032, section 5.1, in plain integers: slow and not secret, good for a test. A Signer makes
the two headers; forge() makes a call that must not be believed, and there is one way for each mistake that
an endpoint can make.
"""
import hashlib
import random
import time
import urllib.parse

import wire

P = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)  # points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(n, p):
    out = NEUTRAL
    while n:
        if n & 1:
            out = _add(out, p)
        p, n = _add(p, p), n >> 1
    return out


def _x_of(y, odd):
    """The x of a point of the curve, or None: there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return P - x if x & 1 != odd else x


_Y = 4 * pow(5, -1, P) % P
BASE = (_x_of(_Y, 0), _Y, 1, _x_of(_Y, 0) * _Y % P)
_POWERS = [BASE]  # BASE doubled over and over: a product with it is a sum of these
while len(_POWERS) < 256:
    _POWERS.append(_add(_POWERS[-1], _POWERS[-1]))


def _times_base(n):
    out = NEUTRAL
    for i, power in enumerate(_POWERS):
        if n >> i & 1:
            out = _add(out, power)
    return out


def _pack(p):
    to_affine = pow(p[2], -1, P)
    x, y = p[0] * to_affine % P, p[1] * to_affine % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _unpack(raw):
    n = int.from_bytes(raw, "little")
    y, odd = n & (2 ** 255 - 1), n >> 255
    x = _x_of(y, odd) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def _hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class Key:
    """A key pair from its 32 secret bytes."""

    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self._scalar = int.from_bytes(digest[:32], "little") & (2 ** 254 - 8) | 2 ** 254
        self._prefix = digest[32:]
        self.public = _pack(_times_base(self._scalar))

    def sign(self, text):
        r = _hash(self._prefix, text) % ORDER
        commitment = _pack(_times_base(r))
        s = (r + _hash(commitment, self.public, text) * self._scalar) % ORDER
        return commitment + s.to_bytes(32, "little")


def verify(public, text, signature):
    """As strict as a careful endpoint: 64 bytes, and a sum below the order."""
    if len(signature) != 64:
        return False
    key, commitment, s = _unpack(public), _unpack(signature[:32]), int.from_bytes(signature[32:], "little")
    if not key or not commitment or s >= ORDER:
        return False
    k = _hash(signature[:32], public, text) % ORDER
    return _pack(_add(commitment, _times(k, key))) == _pack(_times_base(s))


class Signer:
    """What Discord does with the key of an application."""

    def __init__(self, seed):
        self.key = Key(seed)
        self.public_hex = self.key.public.hex()

    def headers(self, body, stamp=None):
        stamp = str(int(time.time()) if stamp is None else stamp)
        return {"X-Signature-Ed25519": self.key.sign(stamp.encode() + body).hex(),
                "X-Signature-Timestamp": stamp}


def post(url, body, headers, timeout=10):
    """A wire.Response."""
    u = urllib.parse.urlsplit(url)
    head = {"Content-Type": "application/json", **headers,
            "User-Agent": "Discord-Interactions/1.0 (+https://discord.com)"}
    with wire.Client(u.hostname, u.port, timeout) as c:
        return c.request("POST", u.path + ("?" + u.query if u.query else ""), body, **head)


# ---- what must not be believed ---------------------------------------------------------------------------

SIGNATURE, STAMP = "X-Signature-Ed25519", "X-Signature-Timestamp"


def _wrong_key(signer, body, chance):
    return Signer(chance.randbytes(32)).headers(body), body


def _tampered(signer, body, chance):
    at = chance.randrange(len(body) + 1)
    other = body + b" " if at == len(body) else body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
    return signer.headers(body), other


def _swapped(signer, body, chance):
    """Two good calls, the timestamp of the one and the signature of the other."""
    now = int(time.time())
    return {**signer.headers(body, now), STAMP: str(now - chance.randrange(1, 4))}, body


def _other_body(signer, body, chance):
    return signer.headers(b'{"type":1,"id":"%d"}' % chance.getrandbits(60)), body


def _crossed(signer, body, _):
    h = signer.headers(body)
    return {SIGNATURE: h[STAMP], STAMP: h[SIGNATURE]}, body


def _signature(change):
    def forge_it(signer, body, chance):
        h = signer.headers(body)
        return {**h, SIGNATURE: change(h[SIGNATURE], chance)}, body
    return forge_it


def _put(text, chance, what):
    at = chance.randrange(len(text))
    return text[:at] + what + text[at + 1:]


def _flip(text, chance):
    at = chance.randrange(len(text))
    return text[:at] + format(int(text[at], 16) ^ 1 << chance.randrange(4), "x") + text[at + 1:]


def _plus_order(text, _):
    """The same sum modulo the order: what a check that does not insist on the smallest takes."""
    s = int.from_bytes(bytes.fromhex(text[64:]), "little") + ORDER
    return text[:64] + s.to_bytes(32, "little").hex()


def _stamped(stamp):
    return lambda signer, body, chance: (signer.headers(body, stamp()), body)


def _without(name):
    def forge_it(signer, body, _):
        h = signer.headers(body)
        del h[name]
        return h, body
    return forge_it


FORGERIES = {
    "wrong_key": _wrong_key,
    "tampered": _tampered,
    "swapped": _swapped,
    "other_body": _other_body,
    "crossed": _crossed,
    "flipped": _signature(_flip),
    "not_hex": _signature(lambda text, chance: _put(text, chance, chance.choice("gzGZ +-.\xe9"))),
    "too_long": _signature(lambda text, chance: text + "0" * chance.choice((1, 2, 64, 128, 1000))),
    "too_short": _signature(lambda text, chance: text[:chance.randrange(128)]),
    "plus_order": _signature(_plus_order),
    "zero": _signature(lambda *_: "0" * 128),
    "old": _stamped(lambda: int(time.time()) - 3600),
    "future": _stamped(lambda: int(time.time()) + 3600),
    "no_number": _stamped(lambda: f"{int(time.time())}x"),
    "unsigned": _without(SIGNATURE),
    "unstamped": _without(STAMP),
}


def forge(signer, how, body, chance=random):
    """(headers, body) of a call that an endpoint must answer with 401. "replayed" is made of two calls,
    so it is not here: see forged() of discord.py."""
    return FORGERIES[how](signer, body, chance)
