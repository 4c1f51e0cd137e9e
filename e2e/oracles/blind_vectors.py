"""Plays the runs of vectors/blind-2.json from docs/spec/blind.md alone.

Knows nothing of the Rust code and needs nothing but Python: ristretto255 is written here from RFC 9496, hashing from RFC
9380, proofs from RFC 9497. From seeds and sets it makes every message of both sides again, checks proofs and seals, and
finds what is common. Prints how many checks passed; the first that does not is told on standard error, with exit code 1.
"""

import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
POINTS_MAX, TAGS_MAX = 256, 1024

checks = 0


class Mismatch(Exception):
    """A vector that does not follow from the documents."""


def check(what, found, expected):
    global checks
    if found != expected:
        found, expected = (value.hex() if isinstance(value, bytes) else value for value in (found, expected))
        raise Mismatch(f"{what}: found {found!r}, expected {expected!r}")
    checks += 1


# The group: extended coordinates (X, Y, Z, T) of the curve -x² + y² = 1 + dx²y².


def is_negative(x):
    return x & 1


def absolute(x):
    return P - x if is_negative(x) else x


def sqrt_ratio(u, v):
    """RFC 9496 4.2."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    found = v * r * r % P
    correct, flipped, flipped_i = found == u % P, found == -u % P, found == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, absolute(r)


INVSQRT_A_MINUS_D = sqrt_ratio(1, (-1 - D) % P)[1]
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    sum_ = NEUTRAL
    while scalar:
        if scalar & 1:
            sum_ = add(sum_, point)
        point = add(point, point)
        scalar >>= 1
    return sum_


def encode(point):
    """RFC 9496 4.3.2."""
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    _, root = sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = root * u1 % P, root * u2 % P
    z_inv = den1 * den2 * t0 % P
    ix0, iy0 = x0 * SQRT_M1 % P, y0 * SQRT_M1 % P
    rotated = is_negative(t0 * z_inv % P)
    x, y = (iy0, ix0) if rotated else (x0, y0)
    den = den1 * INVSQRT_A_MINUS_D % P if rotated else den2
    if is_negative(x * z_inv % P):
        y = -y % P
    return absolute(den * (z0 - y) % P).to_bytes(32, "little")


def decode(data):
    """RFC 9496 4.3.1."""
    s = int.from_bytes(data, "little")
    if s >= P or is_negative(s):
        raise Mismatch("no point")
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-(D * u1 * u1) - u2 * u2) % P
    square, root = sqrt_ratio(1, v * u2 * u2 % P)
    den_x = root * u2 % P
    den_y = root * den_x * v % P
    x = absolute(2 * s * den_x % P)
    y = u1 * den_y % P
    if not square or is_negative(x * y % P) or y == 0:
        raise Mismatch("no point")
    return x, y, 1, x * y % P


def elligator(t):
    """MAP of RFC 9496 4.3.4."""
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    c = -1 % P
    v = (c - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    if not square:
        s, c = -absolute(s * t % P) % P, r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1, w2, w3 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P, (1 - s * s) % P, (1 + s * s) % P
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def from_uniform(data):
    halves = (int.from_bytes(data[at : at + 32], "little") & (2**255 - 1) for at in (0, 32))
    return add(*(elligator(half % P) for half in halves))


BASE = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))

# Hashes.


def digest(name, *parts):
    return hashlib.sha256(name.encode() + b"\0" + b"".join(parts)).digest()


def expand(tag, message):
    """64 bytes of expand_message_xmd (RFC 9380 5.3.1) with SHA-512."""
    tag += bytes([len(tag)])
    first = hashlib.sha512(bytes(128) + message + b"\0\x40\0" + tag).digest()
    return hashlib.sha512(first + b"\x01" + tag).digest()


def to_scalar(data):
    return int.from_bytes(data, "little") % ORDER


class Seed:
    def __init__(self, seed):
        self.prk = hmac.digest(b"detente/blind/seed/1", seed, "sha512")

    def bytes_of(self, name, bound, length):
        return hmac.digest(self.prk, name.encode() + b"\0" + bound + b"\x01", "sha512")[:length]


def shuffle(key, size):
    def numbers():
        counter = 0
        while True:
            block = hmac.digest(key, struct.pack(">Q", counter), "sha512")
            yield from struct.unpack(">8Q", block)
            counter += 1

    stream = numbers()

    def draw(bound):
        while True:
            product = next(stream) * bound
            if product % 2**64 >= 2**64 % bound:
                return product >> 64

    order = list(range(size))
    for i in range(size - 1, 0, -1):
        j = draw(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


# CBOR, the little of it that messages need.


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for code, form, most in ((24, ">B", 2**8), (25, ">H", 2**16), (26, ">I", 2**32)):
        if number < most:
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise Mismatch("a number of more than four bytes")


def cbor(value):
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())


class Side:
    def __init__(self, case, role):
        self.case, self.role, self.told = case, role, case["sides"][role]
        self.seed = Seed(bytes.fromhex(self.told["seed"]))
        self.context = bytes.fromhex(case["context"])
        self.verified, self.counts = case["verified"], case["mode"] == "count"
        nonce = self.seed.bytes_of("nonce", self.context, 32)
        mode, k, own_class = int(self.counts), case["chunks_log2"], self.told["class"]
        self.hello = {0: 2, 1: self.context, 2: role, 3: mode, 4: self.verified, 5: k, 6: own_class, 7: nonce}

    def begin(self, run, log2):
        """Makes the first message and what is shown of it."""
        self.run, self.size, self.log2, self.mark = run, 1 << log2, log2, run[:8]
        self.key = to_scalar(self.seed.bytes_of("key", run, 64))
        padding = self.seed.bytes_of("padding", run, 16)
        self.set = sorted({bytes.fromhex(cell) for cell in self.told["set"]})
        items = self.set + [padding + struct.pack(">Q", i) for i in range(len(self.set), self.size)]
        self.order = shuffle(self.seed.bytes_of("order", run, 64), self.size)
        tag = b"blind/1/" + run + b"/ristretto255_XMD:SHA-512_R255MAP_RO_"
        points = [multiply(self.key, from_uniform(expand(tag, items[place]))) for place in self.order]
        self.points, self.list = points, [encode(point) for point in points]
        pieces = [b"".join(self.list[at : at + POINTS_MAX]) for at in range(0, self.size, POINTS_MAX)]
        self.pieces = pieces
        self.list_hash = digest("detente/blind/list/1", *(digest("detente/blind/piece/1", piece) for piece in pieces))
        self.public = encode(multiply(self.key, BASE))
        self.open = {0: self.public, 1: self.list_hash, 2: bytes.fromhex(self.told["plan_root"])}
        start = bytes([self.role, log2])
        self.commitment = digest("detente/blind/commit/1", run, start, *self.open.values())

    def answers_as(self, role, products):
        if self.verified:
            return products
        width = -(-(40 + 2 * self.log2) // 8)
        return [digest("detente/blind/tag/1", self.run, bytes([role]), product)[:width] for product in products]

    def answer(self, other):
        """Answers to the other's list, what fixes them, and what the other should say of the same points."""
        products = [multiply(self.key, decode(point)) for point in other.list]
        encoded = [encode(product) for product in products]
        self.expected = {answer[:16] for answer in self.answers_as(1 - self.role, encoded)}
        self.answers = self.answers_as(self.role, encoded)
        if self.counts:
            order = shuffle(self.seed.bytes_of("answer", self.run, 64), self.size)
            self.answers = [self.answers[place] for place in order]
        self.products = products
        most = self.log2 // 2 if self.verified else self.log2
        self.chunk = self.size >> min(self.case["chunks_log2"], most)
        self.bound = self.run + bytes([self.role]) + self.public + other.list_hash
        link = self.seed.bytes_of("chain", self.run, 24)
        self.links = [link]
        for number, start in reversed(list(enumerate(range(0, self.size, self.chunk)))):
            of_answers = digest("detente/blind/chunk/1", *self.answers[start : start + self.chunk])
            link = digest("detente/blind/link/1", self.bound, struct.pack(">H", number), of_answers, link)[:24]
            self.links.insert(0, link)

    def ask(self, other):
        """The challenge for the other's answers, once they are fixed."""
        return hmac.digest(self.seed.bytes_of("challenge", self.run, 64), other.links[0], "sha512")[:32]

    def prove(self, other):
        seed = digest("detente/blind/weights/2", self.bound, other.ask(self), self.links[0])
        asked, answered = [], []
        for start in range(0, self.size, self.chunk):
            m = z = NEUTRAL
            for i in range(start, start + self.chunk):
                block = hashlib.sha256(seed + struct.pack(">Q", i // 4)).digest()
                weight = int.from_bytes(block[8 * (i % 4) :][:8], "little") >> 1
                m, z = add(m, multiply(weight, decode(other.list[i]))), add(z, multiply(weight, self.products[i]))
            # The sum that is proved is the one that the answers give.
            check("the sum of a chunk", encode(z), encode(multiply(self.key, m)))
            asked.append(m)
            answered.append(z)
        self.sums = b"".join(map(encode, answered))
        self.proof = self.prove_sums(asked, answered)

    def prove_sums(self, asked, answered):
        seed = digest("detente/blind/sums/1", self.bound, *map(encode, asked), self.sums)
        m = z = NEUTRAL
        for i, (of_asked, of_answered) in enumerate(zip(asked, answered)):
            block = hashlib.sha256(seed + struct.pack(">Q", i // 2)).digest()
            weight = int.from_bytes(block[16 * (i % 2) :][:16], "little")
            m, z = add(m, multiply(weight, of_asked)), add(z, multiply(weight, of_answered))
        key = self.seed.bytes_of("proof", self.run, 64)
        nonce = to_scalar(hmac.digest(key, digest("detente/blind/proof/2", seed, encode(m)), "sha512"))
        c = self.challenge(m, z, multiply(nonce, BASE), multiply(nonce, m))
        s = (nonce - c * self.key) % ORDER
        # The other side's view of it.
        public = decode(self.public)
        again = self.challenge(m, z, add(multiply(s, BASE), multiply(c, public)), add(multiply(s, m), multiply(c, z)))
        check("a proof that holds", again, c)
        return c.to_bytes(32, "little") + s.to_bytes(32, "little")

    def challenge(self, *points):
        encoded = [self.public] + [encode(point) for point in points]
        message = b"".join(b"\0\x20" + point for point in encoded) + b"Challenge"
        return to_scalar(expand(b"HashToScalar-detente/blind/dleq/1", message))

    def find(self, other):
        hits = [place for place, answer in enumerate(other.answers) if answer[:16] in self.expected]
        shared = encode(multiply(self.key, decode(other.public)))
        if self.counts:
            found, sealed = len(hits), struct.pack(">I", len(hits))
        else:
            cells = sorted(self.set[self.order[place]] for place in hits if self.order[place] < len(self.set))
            found, sealed = [cell.hex() for cell in cells], b"".join(cells)
        return found, hmac.digest(shared, b"detente/blind/result/1\0" + self.run + sealed, "sha256")

    def messages(self, seal, other):
        yield [0, [self.hello]]
        yield [1, [self.mark, self.commitment]]
        yield [2, [self.mark, self.open]]
        for number, piece in enumerate(self.pieces):
            yield [3, [self.mark, number * POINTS_MAX, piece]]
        if self.verified:
            yield [8, [self.mark, self.links[0]]]
            yield [9, [self.mark, self.ask(other)]]
            yield [5, [self.mark, self.sums, self.proof]]
        most = min(self.chunk, POINTS_MAX if self.verified else TAGS_MAX)
        for start in range(0, self.size, most):
            chunk, rest = divmod(start + most, self.chunk)
            link = self.links[chunk] if self.verified and rest == 0 else b""
            yield [4, [self.mark, start, b"".join(self.answers[start : start + most]) + link]]
        yield [6, [self.mark, seal]]


def play(case):
    first, second = sides = [Side(case, role) for role in range(2)]
    hellos = [digest("detente/blind/hello/1", cbor(side.hello)) for side in sides]
    run = digest("detente/blind/run/1", *hellos)
    check(f"{case['name']}: the run's name", run.hex(), case["run"])
    log2 = max(side.told["class"] for side in sides)
    for side in sides:
        side.begin(run, log2)
        check(f"{case['name']}, {side.role}: commitment", side.commitment.hex(), side.told["commitment"])
    for side, other in ((first, second), (second, first)):
        side.answer(other)
    if first.verified:
        for side, other in ((first, second), (second, first)):
            side.prove(other)
    for side, other in ((first, second), (second, first)):
        found, seal = side.find(other)
        check(f"{case['name']}, {side.role}: found", found, side.told["found"])
        made = [cbor(message).hex() for message in side.messages(seal, other)]
        check(f"{case['name']}, {side.role}: how many messages", len(made), len(side.told["messages"]))
        for number, (message, told) in enumerate(zip(made, side.told["messages"])):
            check(f"{case['name']}, {side.role}: message {number}", message, told)
    if not first.counts:
        common = sorted(set(first.set) & set(second.set))
        check(f"{case['name']}: what is common", [cell.hex() for cell in common], first.told["found"])


def main():
    vectors = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "vectors" / "blind-2.json"
    try:
        for case in json.loads(vectors.read_text())["runs"]:
            play(case)
    except (Mismatch, KeyError) as fault:
        print(f"{vectors.name}: {fault}", file=sys.stderr)
        sys.exit(1)
    print(f"{checks} checks passed")


main()
