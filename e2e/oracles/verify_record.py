"""Verifies an exported record (docs/spec/export.md) from the documents alone: `python3 verify_record.py DIR`.

Knows nothing of the Rust code and needs nothing but the standard library: hashes by hashlib, CBOR, the tree of RFC 9162,
C2SP notes and strict Ed25519 (RFC 8032) below. Prints one JSON object: `{"ok": true, ...}` with exit code 0, or
`{"ok": false, "log": author, "generation": g, "index": i, "wrong": ...}` with exit code 1. `log` is null when what is wrong
stands in no log.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import sys
import unicodedata
from collections import namedtuple
from pathlib import Path

LEAF_BYTES, SIGNED_BYTES, BODY_MAX, SLOTS, OPENING = 227, 163, 65_305, 32, 82
NOTE_MAX, NOTE_LINES_MAX, SECONDS_MAX, DEPTH_MAX = 131_072, 16, 9_223_372_036_854, 32
ENTRY, CLAIM, NOTE = 0, 1, 2  # the order of what can be wrong at one index: record.md, section 6
EMPTY_ROOT = hashlib.sha256().digest()


class Wrong(Exception):
    """Something that the documents do not allow, in words."""


def need(holds, words):
    if not holds:
        raise Wrong(words)


# ---- Hashes and the tree: record.md, sections 1 and 3 ----


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def under(domain, *parts):
    """The hash of parts under a domain."""
    return sha256(domain.encode("ascii"), b"\0", *parts)


class Tree:
    """An RFC 9162 tree that grows, with its root at every size."""

    def __init__(self, hashes=()):
        self.roots = [EMPTY_ROOT]
        self.full = []  # (leaves, root) of the full subtrees, largest first
        for leaf_hash in hashes:
            self.add(leaf_hash)

    def add(self, leaf_hash):
        self.full.append((1, leaf_hash))
        while len(self.full) > 1 and self.full[-1][0] == self.full[-2][0]:
            (leaves, left), (_, right) = self.full[-2:]
            self.full[-2:] = [(2 * leaves, sha256(b"\1", left, right))]
        root = self.full[-1][1]
        for _, left in reversed(self.full[:-1]):
            root = sha256(b"\1", left, root)
        self.roots.append(root)


# ---- Ed25519, strictly: record.md, section 1 ----

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def add(p, q):
    """The sum of two points in extended coordinates (RFC 8032 section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point(data):
    """The point that 32 bytes encode in their one form (RFC 8032 section 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    need(y < P, "a point is not in its one form")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_1 % P
    need(x * x % P == square and (x != 0 or sign == 0), "a key is not a point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def encoded(p):
    inverse = pow(p[2], -1, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def small_order(p):
    for _ in range(3):
        p = add(p, p)
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


def signed(key, message, signature):
    """Whether a signature is good: scalar below the order, no cofactor, no key or commitment of small order."""
    try:
        a = point(key)
    except Wrong:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER or small_order(a):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    minus_a = (P - a[0], a[1], 1, P - a[3])
    choice = {(1, 0): BASE, (0, 1): minus_a, (1, 1): add(BASE, minus_a)}
    r = IDENTITY
    for bit in reversed(range(ORDER.bit_length())):
        r = add(r, r)
        bits = (s >> bit & 1, k >> bit & 1)
        if bits in choice:
            r = add(r, choice[bits])
    return encoded(r) == signature[:32] and not small_order(r)


# ---- CBOR in its one form: formats.md, section 1 ----


def cbor_head(major, value):
    """The shortest head of an item."""
    if value < 24:
        return bytes([major << 5 | value])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise Wrong("an integer is too large")


def cbor_item(data, at, depth=0):
    """The item at an offset, and the offset behind it. Maps have unsigned keys, as structs and bodies do."""
    need(at < len(data) and depth < DEPTH_MAX, "CBOR ends early, or is too deep")
    major, info = data[at] >> 5, data[at] & 31
    if major == 7:
        need(info in (20, 21), "CBOR holds a simple value other than true and false")
        return info == 21, at + 1
    need(info < 28 and major != 6, "CBOR holds a tag or a length that is not definite")
    size = 0 if info < 24 else 1 << info - 24
    value = info if size == 0 else int.from_bytes(data[at + 1 : at + 1 + size], "big")
    behind = at + 1 + size
    need(data[at:behind] == cbor_head(major, value), "a CBOR integer is not in its shortest form")
    if major in (0, 1):
        return (value if major == 0 else -1 - value), behind
    need(value <= len(data) - behind, "CBOR ends early")
    if major in (2, 3):
        chunk = data[behind : behind + value]
        try:
            return (chunk if major == 2 else chunk.decode("utf-8")), behind + value
        except UnicodeDecodeError as fault:
            raise Wrong("a CBOR text is not UTF-8") from fault
    if major == 4:
        items = []
        for _ in range(value):
            item, behind = cbor_item(data, behind, depth + 1)
            items.append(item)
        return items, behind
    pairs, last = {}, -1
    for _ in range(value):
        key, behind = cbor_item(data, behind, depth + 1)
        need(is_int(key) and key > last, "the keys of a CBOR map do not ascend")
        pairs[key], behind = cbor_item(data, behind, depth + 1)
        last = key
    return pairs, behind


def cbor(data):
    """The one item that these bytes are."""
    item, behind = cbor_item(data, 0)
    need(behind == len(data), "something follows the CBOR item")
    return item


def is_int(value, low=0, high=2**64 - 1):
    return type(value) is int and low <= value <= high


def is_bytes(value, size):
    return type(value) is bytes and len(value) == size


# ---- Entries: record.md, section 2 ----

Leaf = namedtuple("Leaf", "line author generation index seen body_root flags signed signature")
Certificate = namedtuple("Certificate", "party line generation log holder key")


def read_leaf(data):
    need(len(data) == LEAF_BYTES, f"the leaf has {len(data)} bytes instead of {LEAF_BYTES}")

    def number(at, size):
        return int.from_bytes(data[at : at + size], "big")

    need(number(0, 2) == 1, "the leaf has another format than 1")
    need(data[130] in (0, 1), "the leaf has unknown flags")
    seen = (number(78, 4), number(82, 8), data[90:122])
    place = (data[2:34], data[34:66], number(66, 4), number(70, 8))
    return Leaf(*place, seen, data[131:163], data[130], data[:SIGNED_BYTES], data[SIGNED_BYTES:])


def read_body(data):
    """Slots of a body, and its root."""
    need(len(data) <= BODY_MAX, "the body is too long")
    body = cbor(data)
    need(type(body) is list and len(body) == 2, "the body is not an array of two")
    seed, slots = body
    need(is_bytes(seed, 32) and type(slots) is dict, "the body is not a seed and a map")
    need(all(slot < SLOTS and type(value) is bytes for slot, value in slots.items()), "the body has a bad slot")
    hashes = []
    for slot in range(SLOTS):
        salt = hmac.new(seed, bytes([slot]), hashlib.sha256).digest()
        start = b"detente/slot/1\0" + bytes([slot, slot in slots])
        hashes.append(sha256(b"\0", start, salt, slots.get(slot, b"")))
    return slots, Tree(hashes).roots[-1]


def read_certificate(data, line):
    """A certificate whose signature is good and that is for this line."""
    fields = cbor(data)
    need(type(fields) is dict and set(fields) - {6} == {0, 1, 2, 3, 4, 5, 7}, "a certificate has other fields than it should")
    sizes = [(0, 32), (1, 32), (3, 32), (4, 32), (5, 32), (7, 64)] + [(6, 32)] * (6 in fields)
    need(all(is_bytes(fields[n], size) for n, size in sizes), "a certificate has a field of another type or length")
    need(is_int(fields[2], 1, 2**32 - 1), "a certificate has no good generation")
    keys = [fields[n] for n in (0, 3, 4, 5, 6) if n in fields]
    need(len(set(keys)) == len(keys), "two keys of a certificate are equal")
    need(fields[1] == line, "a certificate is for another line")
    message = b"detente/certificate/1\0" + data[:-64] + bytes(64)  # the signature is the last field
    need(signed(fields[0], message, fields[7]), "the signature of a certificate is not good")
    party = under("detente/party/1", fields[0])
    return Certificate(party, fields[1], fields[2], fields[3], fields[4], fields[0])


def read_head(data):
    head = cbor(data)
    need(type(head) is list and len(head) == 3, "a head is not a tuple of three")
    need(is_int(head[0], 1, 2**32 - 1) and is_int(head[1]) and is_bytes(head[2], 32), "a head has a bad field")
    return tuple(head)


def read_opening(slots, line, author, other, generation):
    """The certificates of an opening, author's first, and the head of the generation before or None."""
    need(slots.get(0) == cbor_head(0, OPENING), "entry 0 is not a generation-open")
    expected = {0, 1, 2, 3, 5} | ({4} if generation > 1 else set())
    need(set(slots) == expected, "an opening has other slots than it should in this generation")
    own, others = read_certificate(slots[1], line), read_certificate(slots[2], line)
    need(own.party == author, "the opening's own certificate is of another party")
    need(own.generation == generation, "the opening's own certificate is for another generation")
    need(others.party == other, "the opening's other certificate is not of the other party")
    cbor(slots[3])
    previous = read_head(slots[4]) if 4 in slots else None
    signature = cbor(slots[5])
    need(is_bytes(signature, 64), "the opening's signature has not 64 bytes")
    blank = {**slots, 5: cbor_head(2, 64) + bytes(64)}
    message = cbor_head(5, len(blank)) + b"".join(cbor_head(0, n) + blank[n] for n in sorted(blank))
    need(signed(own.key, b"detente/opening/1\0" + message, signature), "the opening's signature is not good")
    return own, others, previous


# ---- Notes: record.md, section 4 ----


def unbase64(text, what):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise Wrong(f"{what} is not base64") from fault
    need(base64.b64encode(data).decode() == text, f"{what} is not base64 in its one form")
    return data


def read_note(text):
    """Origin, size, root, the text that is signed, and the signature lines as (name, key ID, rest)."""
    need(len(text.encode("utf-8")) <= NOTE_MAX and not re.search(r"[\x00-\x09\x0b-\x1f]", text), "not a note")
    words, gap, signatures = text.rpartition("\n\n")
    need(gap and signatures.endswith("\n"), "a note has no signature lines")
    lines = (words + "\n").split("\n")
    need(len(lines) == 4, "a checkpoint has not exactly three lines")
    origin, size, root = lines[:3]
    need(re.fullmatch(r"0|[1-9][0-9]{0,19}", size) and int(size) < 2**64, "a checkpoint's size is not a decimal number")
    root = unbase64(root, "a checkpoint's root")
    need(len(root) == 32, "a checkpoint's root has not 32 bytes")
    read = []
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014" and "+" not in parts[1], "a signature line is malformed")
        need(1 <= len(parts[1].encode("utf-8")) <= 255, "a signature line has no good name")
        need(not any(c.isspace() or unicodedata.category(c) == "Cc" for c in parts[1]), "a signature line has no good name")
        data = unbase64(parts[2], "a signature line")
        need(len(data) > 4, "a signature line is too short")
        read.append((parts[1], data[:4], data[4:]))
    need(len(read) <= NOTE_LINES_MAX, "a note has too many signature lines")
    return origin, int(size), root, (words + "\n").encode("utf-8"), read


def key_id(name, kind, key):
    return sha256(name.encode("utf-8"), b"\n", bytes([kind]), key)[:4]


def line_of(lines, name, kind, key):
    """The signature of the one line of this key, or None."""
    found = [rest for of, key_hash, rest in lines if (of, key_hash) == (name, key_id(name, kind, key))]
    need(len(found) <= 1, "a note has two lines of one key")
    return found[0] if found else None


def signed_checkpoint(lines, name, key, text):
    """Whether there is a line of a log key; if there is, it must verify."""
    signature = line_of(lines, name, 1, key)
    good = signature is None or (len(signature) == 64 and signed(key, text, signature))
    need(good, "the checkpoint's signature is not good under the log key")
    return signature is not None


def cosigned(lines, name, key, text):
    """Whether there is a line of a holder key; if there is, it must verify."""
    stamped = line_of(lines, name, 4, key)
    if stamped is None:
        return False
    need(len(stamped) == 72, "a cosignature has a wrong length")
    seconds = int.from_bytes(stamped[:8], "big")
    need(seconds <= SECONDS_MAX, "a cosignature's time is out of range")
    message = b"cosignature/v1\ntime %d\n" % seconds + text
    need(signed(key, message, stamped[8:]), "the cosignature is not good under the holder key")
    return True


# ---- The files: export.md ----


def strict_object(pairs):
    need(len(dict(pairs)) == len(pairs), "a JSON object has one key twice")
    return dict(pairs)


def strict_int(digits):
    need(digits.isdecimal(), "a JSON number has a sign")
    return int(digits)


def read_object(text, keys, where):
    """A JSON object that has just these keys, each satisfying its test."""
    try:
        value = json.loads(text, object_pairs_hook=strict_object, parse_int=strict_int)
    except (ValueError, RecursionError) as fault:
        raise Wrong(f"{where} is not JSON") from fault
    need(type(value) is dict and set(value) == set(keys), f"{where} is not an object with just the keys {', '.join(keys)}")
    for key, test in keys.items():
        need(test(value[key]), f"{where}: {key} is not what it should be")
    return value


def is_hex32(value):
    return type(value) is str and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_generation(value):
    return is_int(value, 1, 2**32 - 1)


def is_text(value):
    return type(value) is str


def is_base64(value):
    return is_text(value) and unbase64(value, "a row's field") is not None


def is_role(value):
    return value in ("checkpoint", "cosignature")


RECORD = {"format": is_int, "line": is_hex32, "parties": lambda v: type(v) is list and len(v) == 2 and all(map(is_hex32, v))}
ROW = {"author": is_hex32, "generation": is_generation, "index": is_int, "leaf": is_base64, "body": is_base64}
NOTE_ROW = {"author": is_hex32, "generation": is_generation, "role": is_role, "size": is_int, "note": is_text}


def read_text(folder, name):
    try:
        return (Path(folder) / name).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Wrong(f"{name} cannot be read") from fault


def read_rows(folder, name, keys):
    lines = read_text(folder, name).split("\n")
    if lines[-1] == "":
        lines.pop()  # the last line may have an end or none
    return [read_object(line, keys, f"{name}, line {n}") for n, line in enumerate(lines, 1)]


class Log:
    """One author's log in one generation, as far as its entries are good."""

    def __init__(self, number, author, generation):
        self.number, self.author, self.generation = number, author, generation
        self.rows, self.leaves, self.tree = [], [], Tree()
        self.covered = 0  # the largest size under a checkpoint of the author's
        self.bad = False  # whether entries follow that cannot be judged
        self.own = self.others = self.previous = None

    @property
    def roots(self):
        return self.tree.roots


class Verifier:
    """Collects what is wrong, each with its place; the first by place is told."""

    def __init__(self, folder):
        record = read_object(read_text(folder, "record.json"), RECORD, "record.json")
        need(record["format"] == 1, "record.json has another format than 1")
        self.line = bytes.fromhex(record["line"])
        self.parties = [bytes.fromhex(party) for party in record["parties"]]
        need(self.parties[0] != self.parties[1], "a line has two different parties")
        self.rows = read_rows(folder, "entries.ndjson", ROW)
        self.notes = read_rows(folder, "notes.ndjson", NOTE_ROW)
        self.logs, self.faults = {}, []

    def other(self, party):
        return self.parties[1 - self.parties.index(party)]

    def fault(self, log, index, stage, words):
        """Something wrong in a log, or in none, which comes after all that stand in one."""
        place = (log.number, index, stage) if log else (len(self.logs), 0, stage)
        self.faults.append((place, log, index, str(words)))

    def group(self):
        """Sorts rows into logs. Rows of one log stand together, an author's generations in order."""
        last, log = None, None
        for row in self.rows:
            key = (bytes.fromhex(row["author"]), row["generation"])
            if key != last:
                log = Log(len(self.logs), *key)
                if key in self.logs:
                    log.number = len(self.logs) + 1
                    self.fault(self.logs[key], row["index"], ENTRY, "the rows of this log do not stand together")
                elif key[0] not in self.parties:
                    self.fault(log, row["index"], ENTRY, "the author is not a party of the line")
                elif not self.follows(*key):
                    self.fault(log, row["index"], ENTRY, "the generation is not greater than the one before")
                if key not in self.logs:
                    self.logs[key] = log
                last = key
            log.rows.append(row)

    def follows(self, author, generation):
        """Whether a generation may stand after those of the author that stand before it."""
        before = [g for one, g in self.logs if one == author]
        return all(generation > one for one in before)

    def check_entries(self, log):
        """Points 1 to 3, up to the first entry that is not good."""
        if log.author not in self.parties:
            log.bad = True
            return
        for place, row in enumerate(log.rows):
            try:
                self.check_entry(log, place, row)
            except Wrong as wrong:
                self.fault(log, place, ENTRY, wrong)
                log.bad = True
                return

    def check_entry(self, log, place, row):
        need(row["index"] == place, f"entry {row['index']} stands where entry {place} should")
        data = unbase64(row["leaf"], "the leaf")
        leaf = read_leaf(data)
        need(leaf.line == self.line, "the leaf is of another line")
        need(leaf.author == log.author, "the leaf is of another author")
        need(leaf.generation == log.generation, "the leaf is of another generation")
        need(leaf.index == place, "the leaf has another index")
        slots, root = read_body(unbase64(row["body"], "the body"))
        need(root == leaf.body_root, "the body's root is not the one that the leaf names")
        if place == 0:
            opening = read_opening(slots, self.line, log.author, self.other(log.author), log.generation)
            log.own, log.others, log.previous = opening
            first = all(one.author != log.author for one in self.logs.values() if one.number < log.number)
            unspoken = log.previous == (1, 0, EMPTY_ROOT)
            need(not first or log.generation == 1 or unspoken, "the first generation is missing, and did not stay empty")
        need(signed(log.own.log, b"detente/leaf/1\0" + leaf.signed, leaf.signature), "the leaf's signature is not good")
        log.leaves.append(leaf)
        log.tree.add(sha256(b"\0", data))

    def check_claims(self, log):
        """Point 4, and the head that an opening names; what rests on entries that are not good is not judged."""
        before = (0, 0)
        for place, leaf in enumerate(log.leaves):
            try:
                if place == 0:
                    self.check_previous(log)
                self.check_seen(log, leaf, before)
            except Wrong as wrong:
                self.fault(log, place, CLAIM, wrong)
            before = leaf.seen[:2]

    def check_seen(self, log, leaf, before):
        generation, size, root = leaf.seen
        need((generation, size) >= before, "`seen` is less than the entry before claimed")
        need(generation > 0, "`seen` names generation 0, and generations count from 1")
        need(leaf.index > 0 or size == 0, "`seen` of entry 0 is more than the empty log")
        need(size > 0 or root == EMPTY_ROOT, "`seen` is empty with another root than the empty one")
        other = self.logs.get((self.other(log.author), generation))
        if size == 0:
            return  # the empty log was there in every generation
        if other is None:
            raise Wrong(f"`seen` names generation {generation} of the other log, which is not here")
        if size < len(other.roots):
            need(root == other.roots[size], f"`seen` has another root than the other log at size {size}")
        else:
            need(other.bad, f"`seen` names {size} entries of the other log, which are not here")

    def check_previous(self, log):
        if log.previous is None:
            return
        earlier = [one for one in self.logs.values() if one.author == log.author and one.number < log.number]
        if not earlier:
            return  # the first generation stayed empty, as the opening says
        before = earlier[-1]
        if not before.bad:
            head = (before.generation, len(before.leaves), before.roots[-1])
            need(log.previous == head, "the opening names another head than that of the generation before")

    def check_note(self, number, row):
        """Points 5 and 6."""
        log = self.logs.get((bytes.fromhex(row["author"]), row["generation"]))
        where = f"notes.ndjson, line {number}"
        try:
            need(log is not None, "is of no log in the record")
            origin, size, root, text, lines = read_note(row["note"])
            name = under("detente/origin/1", self.line, log.author, log.generation.to_bytes(4, "big")).hex()
            need(origin == f"detente/{name}", "has another origin than its log")
        except Wrong as wrong:
            self.fault(None, number - 1, NOTE, f"{where}: {wrong}")
            return
        if (size >= len(log.roots) and log.bad) or log.own is None:
            return
        try:
            need(row["size"] == size, "has another size than its row says")
            by_author = signed_checkpoint(lines, origin, log.own.log, text)
            by_holder = [cosigned(lines, *holder, text) for holder in self.holders(log)]
            need(by_author if row["role"] == "checkpoint" else any(by_holder), f"has no line that makes it a {row['role']}")
            need(size < len(log.roots), f"covers {size} entries, which are not here")
            need(root == log.roots[size], "has another root than the entries")
            if by_author:
                log.covered = max(log.covered, size)
        except Wrong as wrong:
            self.fault(log, max(size - 1, 0), NOTE, f"{where}: {wrong}")

    def check_cover(self):
        """Each log has a checkpoint: record.md, section 6, point 6."""
        for log in self.logs.values():
            if log.leaves and log.covered == 0:
                self.fault(log, len(log.leaves) - 1, NOTE, f"no checkpoint covers any of the {len(log.leaves)} entries")

    def holders(self, log):
        """Names and holder keys of the other party, of every generation that is certified in the record."""
        party = self.other(log.author)
        certificates = [c for one in self.logs.values() for c in (one.own, one.others) if c and c.party == party]
        for generation, key in sorted({(c.generation, c.holder) for c in certificates}):
            name = under("detente/holder/1", self.line, party, generation.to_bytes(4, "big"))
            yield f"detente/holder/{name.hex()}", key

    def run(self):
        self.group()
        for log in self.logs.values():
            self.check_entries(log)
        for log in self.logs.values():
            self.check_claims(log)
        for number, row in enumerate(self.notes, 1):
            self.check_note(number, row)
        if not self.faults:
            self.check_cover()
        if self.faults:
            _, log, index, words = min(self.faults, key=lambda fault: fault[0])
            place = (log.author.hex(), log.generation, index) if log else (None, None, None)
            return {"ok": False, "log": place[0], "generation": place[1], "index": place[2], "wrong": words}
        roots = {
            f"{log.author.hex()}/{log.generation}": {
                "size": len(log.leaves),
                "root": log.roots[-1].hex(),
                "uncovered": len(log.leaves) - log.covered,
            }
            for log in self.logs.values()
        }
        return {"ok": True, "entries": len(self.rows), "notes": len(self.notes), "logs": roots}


def verify(folder):
    try:
        return Verifier(folder).run()
    except Wrong as wrong:
        return {"ok": False, "log": None, "generation": None, "index": None, "wrong": str(wrong)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: verify_record.py DIR")
    verdict = verify(sys.argv[1])
    print(json.dumps(verdict))
    sys.exit(0 if verdict["ok"] else 1)
