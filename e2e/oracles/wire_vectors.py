"""Checks vectors/{leaf,body,statement,frame}-1.json from docs/spec/formats.md alone.

Knows nothing of the Rust code: hashes by hashlib and hmac, CBOR by cbor2, signatures by cryptography. Prints how many
checks passed; the first that does not is told on standard error, with exit code 1.
"""

import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LEAF_BYTES = 227
SIGNED_BYTES = 163
SLOTS = 32
PACKED_MIN = 512

checks = 0


class Mismatch(Exception):
    """A vector that does not follow from the documents."""


def check(what, found, expected):
    global checks
    if found != expected:
        raise Mismatch(f"{what}: found {found!r}, expected {expected!r}")
    checks += 1


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def domain(name, *parts):
    return sha256(name.encode(), b"\0", *parts)


def canonical(what, data):
    """The value of a CBOR item; its canonical encoding must be the very same bytes."""
    value = cbor2.loads(data)
    check(f"{what}: canonical form", cbor2.dumps(value, canonical=True).hex(), data.hex())
    return value


def verify(what, key, message, signature):
    global checks
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as fault:
        raise Mismatch(f"{what}: the signature is not good") from fault
    checks += 1


def merkle_leaf(data):
    return sha256(b"\0", data)


def merkle_root(hashes):
    """RFC 9162 section 2.1.1, as it is written there: split at the largest power of two below the size."""
    if not hashes:
        return sha256()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\1", merkle_root(hashes[:split]), merkle_root(hashes[split:]))


def signed_part(fields):
    seen = fields["seen"]
    return b"".join(
        [
            struct.pack(">H", 1),
            bytes.fromhex(fields["line"]),
            bytes.fromhex(fields["author"]),
            struct.pack(">IQ", fields["generation"], fields["index"]),
            struct.pack(">IQ", seen["generation"], seen["size"]),
            bytes.fromhex(seen["root"]),
            struct.pack(">q", fields["claimed_us"]),
            bytes([1 if fields["urgent"] else 0]),
            bytes.fromhex(fields["body_root"]),
        ]
    )


def check_leaf(what, leaf, log_key):
    check(f"{what}: length", len(leaf), LEAF_BYTES)
    verify(what, log_key, b"detente/leaf/1\0" + leaf[:SIGNED_BYTES], leaf[SIGNED_BYTES:])


def check_leaves(vectors):
    secret = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["log_secret"]))
    check("log key", secret.public_key().public_bytes_raw().hex(), vectors["log_key"])
    for case in vectors["leaves"]:
        name, leaf = case["name"], bytes.fromhex(case["leaf"])
        signed = signed_part(case["fields"])
        check(f"{name}: layout", leaf[:SIGNED_BYTES].hex(), signed.hex())
        check(f"{name}: signature", secret.sign(b"detente/leaf/1\0" + signed).hex(), leaf[SIGNED_BYTES:].hex())
        check_leaf(name, leaf, bytes.fromhex(vectors["log_key"]))
        check(f"{name}: hash", merkle_leaf(leaf).hex(), case["hash"])


def body_parts(what, body):
    """Seed and slots of a body."""
    value = canonical(what, body)
    check(f"{what}: an array of two", (type(value), len(value)), (list, 2))
    seed, slots = value
    check(f"{what}: seed", len(seed), 32)
    check(f"{what}: slots", all(type(k) is int and 0 <= k < SLOTS and type(v) is bytes for k, v in slots.items()), True)
    return seed, slots


def salt(seed, slot):
    return hmac.new(seed, bytes([slot]), hashlib.sha256).digest()


def slot_hashes(seed, slots):
    def one(slot):
        value = slots.get(slot)
        head = b"detente/slot/1\0" + bytes([slot, value is not None]) + salt(seed, slot)
        return merkle_leaf(head + (value or b""))

    return [one(slot) for slot in range(SLOTS)]


def pack(leaf, body):
    packed = leaf + struct.pack(">I", len(body)) + body
    size = PACKED_MIN
    while size < len(packed):
        size *= 2
    return packed.ljust(size, b"\0")


def check_bodies(vectors):
    for case in vectors["bodies"]:
        name, body = case["name"], bytes.fromhex(case["body"])
        seed, slots = body_parts(name, body)
        check(f"{name}: seed", seed.hex(), case["seed"])
        check(f"{name}: values", {str(k): v.hex() for k, v in slots.items()}, case["slots"])
        check(f"{name}: salts", [salt(seed, slot).hex() for slot in range(SLOTS)], case["salts"])
        hashes = slot_hashes(seed, slots)
        check(f"{name}: slot hashes", [h.hex() for h in hashes], case["slot_hashes"])
        check(f"{name}: root", merkle_root(hashes).hex(), case["root"])
        check(f"{name}: packed", pack(b"\x11" * LEAF_BYTES, body).hex(), case["packed_with_leaf_of_0x11"])


def reference_bytes(reference):
    return b"".join(
        [
            bytes.fromhex(reference["author"]),
            struct.pack(">IQ", reference["generation"], reference["index"]),
            bytes.fromhex(reference["hash"]),
        ]
    )


def unsigned(value, key, signature_bytes=64):
    """The canonical bytes of a map whose signature is all zeros."""
    return cbor2.dumps({**value, key: bytes(signature_bytes)}, canonical=True)


def check_certificate(what, data, line):
    certificate = canonical(what, data) if isinstance(data, bytes) else data
    verify(what, certificate[0], b"detente/certificate/1\0" + unsigned(certificate, 7), certificate[7])
    check(f"{what}: line", certificate[1].hex(), line)
    return certificate


def check_party(party, line):
    what = f"party {party['party'][:8]}"
    certificate = check_certificate(what, bytes.fromhex(party["certificate"]), line)
    keys = [party[name] for name in ("party_key", "log_key", "holder_key", "tls_key")]
    check(f"{what}: keys", [certificate[n].hex() for n in (0, 3, 4, 5)], keys)
    check(f"{what}: generation", certificate[2], 1)
    check(f"{what}: identity", domain("detente/party/1", certificate[0]).hex(), party["party"])


def check_conflict(conflict, line):
    for reference in conflict["statements"]:
        value = canonical("statement reference", bytes.fromhex(reference["canonical"]))
        author, generation, index, leaf_hash = value
        found = (author.hex(), generation, index, leaf_hash.hex())
        check("statement reference", found, tuple(reference[k] for k in ("author", "generation", "index", "hash")))
    ordered = sorted(reference_bytes(r) for r in conflict["statements"])
    check("conflict", domain("detente/conflict/1", bytes.fromhex(line), *ordered).hex(), conflict["id"])


def check_entry(entry, index, vectors):
    name, leaf, body = entry["name"], bytes.fromhex(entry["leaf"]), bytes.fromhex(entry["body"])
    author = vectors["parties"][0]
    check_leaf(name, leaf, bytes.fromhex(author["log_key"]))
    check(f"{name}: place", (leaf[2:34].hex(), leaf[34:66].hex()), (vectors["line"], author["party"]))
    check(f"{name}: generation and index", struct.unpack(">IQ", leaf[66:78]), (1, index))
    check(f"{name}: hash", merkle_leaf(leaf).hex(), entry["hash"])
    seed, slots = body_parts(name, body)
    check(f"{name}: body root", leaf[131:163].hex(), merkle_root(slot_hashes(seed, slots)).hex())
    check(f"{name}: slots", {str(k): v.hex() for k, v in slots.items()}, entry["slots"])
    statement = {slot: canonical(f"{name}, slot {slot}", value) for slot, value in slots.items()}
    check(f"{name}: kind", statement[0], entry["kind"])
    check(f"{name}: packed", pack(leaf, body).hex(), entry["packed"])
    urgent = name in ("safety", "safety-action")
    check(f"{name}: urgent bit", leaf[130], int(urgent))
    return statement


def check_opening(statement, vectors):
    own = check_certificate("opening: own", statement[1], vectors["line"])
    check_certificate("opening: other", statement[2], vectors["line"])
    verify("opening", own[0], b"detente/opening/1\0" + unsigned(statement, 5), statement[5])
    terms = cbor2.dumps(statement[3], canonical=True)
    check("opening: terms", terms.hex(), vectors["terms"]["canonical"])


def check_revocation(statement, vectors):
    key, line = (bytes.fromhex(s) for s in (vectors["parties"][0]["party_key"], vectors["line"]))
    verify("revocation", key, b"detente/revocation/1\0" + line + unsigned(statement, 3), statement[3])


def check_statements(vectors):
    parties = vectors["parties"]
    check("the lower party comes first", parties[0]["party"] < parties[1]["party"], True)
    for party in parties:
        check_party(party, vectors["line"])
    terms = bytes.fromhex(vectors["terms"]["canonical"])
    check("terms: version", canonical("terms", terms)[0], 1)
    check("terms: digest", domain("detente/terms/1", terms).hex(), vectors["terms"]["digest"])
    check_conflict(vectors["conflict"], vectors["line"])
    said = {e["name"]: check_entry(e, i, vectors) for i, e in enumerate(vectors["entries"])}
    check_opening(said["generation-open"], vectors)
    check_revocation(said["key-revoke"], vectors)
    check("offer: conflict", said["offer"][1].hex(), vectors["conflict"]["id"])


def check_frames(vectors):
    channel = bytes.fromhex(vectors["channel"]["from"] + vectors["channel"]["to"])
    check("frame domain", domain("detente/frame/1").hex(), vectors["empty_domain_hash"])
    for number, frame in enumerate(vectors["frames"]):
        name, form = frame["name"], bytes.fromhex(frame["form"])
        value = canonical(name, form)
        check(f"{name}: number and fields", (value[0], type(value[1]), len(value)), (number, list, 2))
        of = bytes(16) if name == "hello" else channel
        check(f"{name}: check", (form + domain("detente/frame/1", of, form)[:4]).hex(), frame["frame"])


def main(folder):
    for name, run in (("leaf", check_leaves), ("body", check_bodies), ("statement", check_statements), ("frame", check_frames)):
        vectors = json.loads((Path(folder) / f"{name}-1.json").read_text(encoding="utf-8"))
        check(f"{name}: format", vectors["format"], f"{name}/1")
        run(vectors)
    print(f"{checks} checks passed")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (Mismatch, ValueError, KeyError, IndexError, TypeError, OSError, struct.error) as fault:
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr)
        sys.exit(1)
