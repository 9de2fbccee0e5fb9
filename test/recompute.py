#!/usr/bin/env python3
"""Recomputes an opened round of a rehearsal with nothing but Python's standard library.

    recompute.py DIR                      compares with words.txt, node.json, transcript.jsonl and identity.age in DIR
    recompute.py FILE [--birthday DAYS]   prints what an opened.json gives; with a birthday the words too, for
                                          the passphrase on the first line of standard input
    recompute.py --self-test              runs the vectors of test/vectors/

Exit code: 0 equal, 1 different (naming what), 2 when something cannot be read.

It shares no line with the ceremony: it is written from docs/mix.md, from the AEZ v5 paper, from BIP32, from how lnd
derives, and for the bundle from the age v1 specification, BIP173, RFC 7748 and RFC 8439. Only the list of 2048 words is
read from the checkout (--wordlist for another copy).
"""
import argparse
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
WORDLIST = HERE.parent / "node_modules/bip39/src/wordlists/english.json"
GENESIS = 1231006505  # 2009-01-03T18:15:05Z, day 0 of a birthday
COIN_TYPES = {"mainnet": 0, "testnet": 1, "signet": 1, "simnet": 1, "regtest": 1}


def sha256(data):
    return hashlib.sha256(data).digest()


# ---- the mix: docs/mix.md ----------------------------------------------------------------------------------------


def hkdf(salt, key_material, info, length):
    """RFC 5869 with SHA-256."""
    key = hmac.digest(salt, key_material, "sha256")
    output, block = b"", b""
    while len(output) < length:
        block = hmac.digest(key, block + info + bytes([len(output) // 32 + 1]), "sha256")
        output += block
    return output[:length]


HEX_FIELDS = {"configHash": 32, "machineShare": 32, "blind": 32}


def read_opened(path):
    """opened.json as docs/mix.md has it, typed from the screen: groups of four or eight, in any case."""
    opened = json.loads(path.read_text("utf-8-sig"))
    if not isinstance(opened, dict):
        raise ValueError("opened.json: not an object in braces")
    for field in ("ceremonyId", *HEX_FIELDS, "dice"):
        if not isinstance(opened.get(field), str):
            raise ValueError(f"opened.json: {field} is missing, or is not in quotes")
    for field, width in HEX_FIELDS.items():
        opened[field] = "".join(opened[field].split()).lower()
        if len(opened[field]) != 2 * width or set(opened[field]) - set("0123456789abcdef"):
            raise ValueError(f"opened.json: {field} has {len(opened[field])} characters of hex, not {2 * width}")
    opened["ceremonyId"] = opened["ceremonyId"].strip()
    opened["dice"] = "".join(opened["dice"].split())
    if not 64 <= len(opened["dice"]) <= 128 or set(opened["dice"]) - set("123456"):
        raise ValueError("opened.json: dice are 64 to 128 digits from 1 to 6")
    opened["round"] = int(opened.get("round", 1))
    return opened


def sources(opened):
    """The salt and the key material of every value that a round gives."""
    name = opened["ceremonyId"].encode("utf-8")
    share, config = (bytes.fromhex(opened[field]) for field in ("machineShare", "configHash"))
    dice = opened["dice"].encode("ascii")
    framed = len(share).to_bytes(2, "big") + share + len(dice).to_bytes(2, "big") + dice
    return sha256(b"lsc/v1" + name + config), framed


def mix(opened):
    """The commitment, entropy, salt and output commitment of an opened round."""
    name = opened["ceremonyId"].encode("utf-8")
    number = bytes([opened["round"]])
    share, blind, config = (bytes.fromhex(opened[field]) for field in ("machineShare", "blind", "configHash"))
    dice = opened["dice"].encode("ascii")
    if not len(share) == len(blind) == len(config) == 32 or not 64 <= len(dice) <= 128 or set(dice) - set(b"123456"):
        raise ValueError("opened.json: a share, blind or hash of another length than 32 bytes, or dice that are none")
    salt, framed = sources(opened)
    entropy = hkdf(salt, framed, b"aezeed-entropy", 16)
    aezeed_salt = hkdf(salt, framed, b"aezeed-salt", 5)
    return {
        "commitment": sha256(b"lsc/commit/v1" + name + number + share + blind).hex(),
        "entropy": entropy,
        "salt": aezeed_salt,
        "output commitment": sha256(b"lsc/out/v1" + name + number + entropy + aezeed_salt + blind).hex(),
    }


# ---- AES rounds (FIPS 197) and AEZ v5 as far as aezeed goes: 23 bytes, no nonce, one item of 6 bytes -----------------


def times(a, b):
    """The product in the field of AES, modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def substitution():
    box = []
    for value in range(256):
        inverse = next((i for i in range(256) if times(value, i) == 1), 0)
        spread = inverse * 0x101
        box.append((spread ^ spread >> 7 ^ spread >> 6 ^ spread >> 5 ^ spread >> 4 ^ 0x63) & 0xFF)
    return box


SBOX = substitution()
TWO = [times(2, value) for value in range(256)]


def aes_round(state, key):
    block = state.to_bytes(16, "big")
    output = bytearray()
    for column in range(4):
        a = [SBOX[block[row + 4 * ((column + row) % 4)]] for row in range(4)]
        every = a[0] ^ a[1] ^ a[2] ^ a[3]
        output += bytes(a[row] ^ every ^ TWO[a[row] ^ a[(row + 1) % 4]] for row in range(4))
    return int.from_bytes(output, "big") ^ key


def double(block):
    return (block << 1) ^ ((1 << 128 | 0x87) if block >> 127 else 0)


def aez_encipher(key, item, plaintext):
    """Blocks are integers of 128 bits, first byte highest. 4 bytes of zeros make a wrong key show."""
    stretched = hashlib.blake2b(key, digest_size=48).digest()
    i, j, el = (int.from_bytes(stretched[at : at + 16], "big") for at in (0, 16, 32))
    i2, j2, j4, el2, el4 = double(i), double(j), double(double(j)), double(el), double(double(el))

    def aes4(block):
        for round_key in (j, i, el, 0):
            block = aes_round(block, round_key)
        return block

    padded = int.from_bytes((item + b"\x80").ljust(16, b"\0"), "big")
    tweak = aes4(32 ^ j2 ^ j ^ i2 ^ el) ^ aes4(1 << 127 ^ j4 ^ i) ^ aes4(padded ^ j4 ^ j ^ i)

    whole = int.from_bytes(plaintext + bytes(4), "big")
    left, right = whole >> 92, whole & (1 << 92) - 1
    for number in range(8):
        half = (right << 4 | 8) << 32
        left, right = right, left ^ aes4(half ^ tweak ^ i2 ^ el4 ^ el2 ^ number) >> 36
    return (right << 92 | left).to_bytes(23, "big")


# ---- aezeed ---------------------------------------------------------------------------------------------------------


def crc32c(data):
    """Castagnoli, reflected."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def aezeed_words(internal_version, birthday, entropy, salt, passphrase, wordlist, n=32768):
    key = hashlib.scrypt(passphrase or b"aezeed", salt=salt, n=n, r=8, p=1, dklen=32, maxmem=64 << 20)
    plaintext = bytes([internal_version]) + birthday.to_bytes(2, "big") + entropy
    body = b"\0" + aez_encipher(key, b"\0" + salt, plaintext) + salt
    number = int.from_bytes(body + crc32c(body).to_bytes(4, "big"), "big")
    return [wordlist[number >> 11 * place & 2047] for place in reversed(range(24))]


# ---- secp256k1, BIP32 and where lnd leaves it -----------------------------------------------------------------------

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and a[1] != b[1]:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def public_key(private):
    total, power = None, G
    while private:
        total = add(total, power) if private & 1 else total
        power = add(power, power)
        private >>= 1
    return bytes([2 + total[1] % 2]) + total[0].to_bytes(32, "big")


HARDENED = 1 << 31


def child(key, chain, index, unpadded=False):
    """One step of BIP32. `unpadded` is lnd's: leading zero bytes of the parent go to the end."""
    secret = key.to_bytes(32, "big")
    if unpadded:
        secret = secret.lstrip(b"\0").ljust(32, b"\0")
    data = b"\0" + secret if index >= HARDENED else public_key(key)
    digest = hmac.digest(chain, data + index.to_bytes(4, "big"), "sha512")
    return (int.from_bytes(digest[:32], "big") + key) % N, digest[32:]


def master(entropy):
    digest = hmac.digest(b"Bitcoin seed", entropy, "sha512")
    return int.from_bytes(digest[:32], "big"), digest[32:]


def family_key(entropy, coin, family):
    return public_key(family_private(entropy, coin, family)).hex()


def family_private(entropy, coin, family):
    """The private key at m/1017'/coin'/family'/0/0 as lnd derives it (btcwallet's DeriveNonStandard)."""
    purpose = child(*master(entropy), 1017 | HARDENED)
    coin_key = child(*purpose, coin | HARDENED, unpadded=True)
    account = child(*coin_key, family | HARDENED, unpadded=family == 0)
    return child(*child(*account, 0), 0)[0]


def fingerprint(entropy):
    return ripemd160(sha256(public_key(master(entropy)[0])))[:4].hex()


def ripemd160(message):
    """Here in full, because OpenSSL may leave it out."""
    orders = [list(range(16))], [[(9 * i + 5) % 16 for i in range(16)]]
    step = (7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8)
    for order in orders:
        for _ in range(4):
            order.append([step[i] for i in order[-1]])
    # Shifts by round and by message word, the same in both lines.
    shifts = (
        (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8),
        (12, 13, 11, 15, 6, 9, 9, 7, 12, 15, 11, 13, 7, 8, 7, 7),
        (13, 15, 14, 11, 7, 7, 6, 8, 13, 14, 13, 12, 5, 5, 6, 9),
        (14, 11, 12, 14, 8, 6, 5, 5, 15, 12, 15, 14, 9, 9, 8, 6),
        (15, 12, 13, 13, 9, 5, 8, 6, 14, 11, 12, 11, 8, 6, 5, 5),
    )
    functions = (
        lambda x, y, z: x ^ y ^ z,
        lambda x, y, z: x & y | ~x & z,
        lambda x, y, z: (x | ~y) ^ z,
        lambda x, y, z: x & z | y & ~z,
        lambda x, y, z: x ^ (y | ~z),
    )
    constants = (0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E), (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0)
    mask = 0xFFFFFFFF

    def roll(value, by):
        return (value << by | (value & mask) >> 32 - by) & mask

    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    data = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "little")
    for at in range(0, len(data), 64):
        words = [int.from_bytes(data[at + 4 * k : at + 4 * k + 4], "little") for k in range(16)]
        lines = []
        for line in (0, 1):
            a, b, c, d, e = state
            for turn in range(80):
                number = turn // 16
                place = orders[line][number][turn % 16]
                mixed = functions[4 - number if line else number](b, c, d) + a + words[place] + constants[line][number]
                a, b, c, d, e = e, (roll(mixed & mask, shifts[number][place]) + e) & mask, b, roll(c, 10), d
            lines.append((a, b, c, d, e))
        state = [(state[(k + 1) % 5] + lines[0][(k + 2) % 5] + lines[1][(k + 3) % 5]) & mask for k in range(5)]
    return b"".join(value.to_bytes(4, "little") for value in state)


# ---- the bundle: an age v1 file to one X25519 recipient, docs/mix.md ---------------------------------------------------


def bech32_bytes(text):
    """The bytes of a bech32 text (BIP173), of which only the checksum's 30 bits are left out, unchecked."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    number, bits = 0, 0
    for letter in text[text.rindex("1") + 1 : -6]:
        number, bits = number << 5 | alphabet.index(letter), bits + 5
    return (number >> bits % 8).to_bytes(bits // 8, "big")


def x25519(scalar, point):
    """RFC 7748, 5: the Montgomery ladder."""
    p = 2**255 - 19
    k = int.from_bytes(scalar, "little") & ~(1 << 255 | 7) | 1 << 254
    u = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3 = 1, 0, u, 1
    for place in reversed(range(255)):
        bit = k >> place & 1
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a % p, c * b % p, a * a % p, b * b % p
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, e * (aa + 121665 * e) % p
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, -1, p) % p).to_bytes(32, "little")


def chacha20(key, nonce, counter):
    """RFC 8439, 2.3: one block of 64 bytes."""
    parts = b"expand 32-byte k" + key + counter.to_bytes(4, "little") + nonce
    start = [int.from_bytes(parts[at : at + 4], "little") for at in range(0, 64, 4)]
    state = start[:]

    def quarter(a, b, c, d):
        for one, two, three, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[one] = state[one] + state[two] & 0xFFFFFFFF
            mixed = state[three] ^ state[one]
            state[three] = (mixed << by | mixed >> 32 - by) & 0xFFFFFFFF

    for _ in range(10):
        for at in range(4):
            quarter(at, at + 4, at + 8, at + 12)
        for at in range(4):
            quarter(at, 4 + (at + 1) % 4, 8 + (at + 2) % 4, 12 + (at + 3) % 4)
    return b"".join((a + b & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(start, state))


def seal(key, nonce, plaintext):
    """RFC 8439, 2.8: ChaCha20-Poly1305 without associated data, the tag at the end."""
    stream = b"".join(chacha20(key, nonce, 1 + at) for at in range(len(plaintext) // 64 + 1))
    sealed = bytes(a ^ b for a, b in zip(plaintext, stream))
    one_time = chacha20(key, nonce, 0)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = sealed + bytes(-len(sealed) % 16) + bytes(8) + len(sealed).to_bytes(8, "little")
    tag = 0
    for at in range(0, len(padded), 16):
        tag = (tag + int.from_bytes(padded[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    tag = (tag + int.from_bytes(one_time[16:32], "little")) % 2**128
    return sealed + tag.to_bytes(16, "little")


def age_file(plaintext, recipient, file_key, nonce, ephemeral):
    """The armored file, of one chunk."""

    def text(data):
        return base64.b64encode(data).rstrip(b"=")

    share = x25519(ephemeral, (9).to_bytes(32, "little"))
    wrap_key = hkdf(share + recipient, x25519(ephemeral, recipient), b"age-encryption.org/v1/X25519", 32)
    wrapped = seal(wrap_key, bytes(12), file_key)
    head = b"age-encryption.org/v1\n-> X25519 " + text(share) + b"\n" + text(wrapped) + b"\n---"
    mac = hmac.digest(hkdf(b"", file_key, b"header", 32), head, "sha256")
    chunk = seal(hkdf(nonce, file_key, b"payload", 32), bytes(11) + b"\1", plaintext)
    body = base64.b64encode(head + b" " + text(mac) + b"\n" + nonce + chunk)
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return b"\n".join([b"-----BEGIN AGE ENCRYPTED FILE-----", *lines, b"-----END AGE ENCRYPTED FILE-----", b""])


def bundle(opened, config, entropy):
    """identity.age: the key of the node id, encrypted to the recipient of the configuration."""
    coin = COIN_TYPES[config["network"]]
    lines = {
        "version": 1,
        "network": config["network"],
        "mode": config["mode"],
        "node-id": family_key(entropy, coin, 6),
        "path": f"m/1017'/{coin}'/6'/0/0",
        "private-key": family_private(entropy, coin, 6).to_bytes(32, "big").hex(),
        "ceremony-id": opened["ceremonyId"],
    }
    plaintext = "".join(f"{name} {value}\n" for name, value in lines.items()).encode("utf-8")
    salt, framed = sources(opened)
    file_key, nonce = (hkdf(salt, framed, label, 16) for label in (b"bundle-file-key", b"bundle-nonce"))
    ephemeral = hkdf(salt, framed, b"bundle-ephemeral", 32)
    return age_file(plaintext, bech32_bytes(config["recipient"]), file_key, nonce, ephemeral)


# ---- reading and comparing ------------------------------------------------------------------------------------------


class Report:
    """One line a value; remembers what differed."""

    def __init__(self):
        self.different = []

    def show(self, name, value, source=None, found=None):
        value = str(value)
        verdict = ""
        if source is not None:
            same = value == str(found)
            verdict = f"  [{'equal' if same else 'DIFFERENT'}: {source}]"
            if not same:
                self.different.append(f"{name} of {source}")
        print(f"{name:<18} {value}{verdict}")


def read_words(path):
    """24 words, on one line or more, then the passphrase on a line of its own, which loses its line end only."""
    lines = path.read_bytes().split(b"\n")
    words = []
    while lines and len(words) < 24:
        words += lines.pop(0).decode("ascii").split()
    return words, (lines[0].removesuffix(b"\r") if lines else b"")


def events_of(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def field_of(events, step, field):
    return next((event["data"][field] for event in events if event["step"] == step and field in event["data"]), None)


def compare(folder, wordlist):
    opened = read_opened(folder / "opened.json")
    node = json.loads((folder / "node.json").read_text("utf-8"))
    events = events_of(folder / "transcript.jsonl")
    words, passphrase = read_words(folder / "words.txt")
    config = field_of(events, "selftest", "config")
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    mixed = mix(opened)
    entropy = mixed["entropy"]
    birthday = node["birthdayDays"]
    unix = GENESIS + 86400 * birthday
    written = aezeed_words(node["internalVersion"], birthday, entropy, mixed["salt"], passphrase, wordlist)
    node_id = family_key(entropy, COIN_TYPES[node["network"]], 6)

    report = Report()
    report.show("ceremony id", opened["ceremonyId"], "node.json", node["ceremonyId"])
    report.show("ceremony id", opened["ceremonyId"], "transcript.jsonl", field_of(events, "selftest", "ceremonyId"))
    report.show("config hash", opened["configHash"], "transcript.jsonl", field_of(events, "selftest", "configHash"))
    report.show("config hash", sha256(canonical).hex(), "opened.json", opened["configHash"])
    report.show("commitment", mixed["commitment"], "transcript.jsonl", field_of(events, "share", "commitment"))
    report.show("throws", len(opened["dice"]), "transcript.jsonl", field_of(events, "dice", "count"))
    report.show("entropy", entropy.hex())
    report.show("salt", mixed["salt"].hex())
    output = field_of(events, "mix", "outputCommitment")
    report.show("output commitment", mixed["output commitment"], "transcript.jsonl", output)
    report.show("version", 0, "node.json", node["version"])
    report.show("birthday unix", unix, "node.json", node["birthdayUnix"])
    date = datetime.datetime.fromtimestamp(unix, datetime.timezone.utc).date()
    report.show("birthday date", date, "node.json", node["birthdayDate"])
    report.show("birthday date", date, "transcript.jsonl", field_of(events, "mix", "birthdayDate"))
    report.show("words", " ".join(written), "words.txt", " ".join(words))
    report.show("fingerprint", fingerprint(entropy), "node.json", node["masterFingerprint"])
    report.show("node id", node_id, "node.json", node["nodeId"])
    report.show("node id", node_id, "transcript.jsonl", field_of(events, "mix", "nodeId"))
    if config.get("recipient", "none") != "none":
        made = sha256(bundle(opened, config, entropy)).hex()
        report.show("bundle", made, "identity.age", sha256((folder / "identity.age").read_bytes()).hex())
        report.show("bundle", made, "transcript.jsonl", field_of(events, "bundle", "sha256"))
    return report


def print_opened(path, birthday, wordlist):
    report = Report()
    mixed = mix(read_opened(path))
    for name, value in mixed.items():
        report.show(name, value.hex() if isinstance(value, bytes) else value)
    report.show("fingerprint", fingerprint(mixed["entropy"]))
    report.show("node id, mainnet", family_key(mixed["entropy"], 0, 6))
    report.show("node id, others", family_key(mixed["entropy"], 1, 6))
    if birthday is not None:
        if sys.stdin.isatty():
            print("passphrase of the rehearsal, then Enter:", file=sys.stderr)
        passphrase = sys.stdin.buffer.readline().rstrip(b"\r\n")
        report.show("words", " ".join(aezeed_words(1, birthday, mixed["entropy"], mixed["salt"], passphrase, wordlist)))
    return report


def self_test(wordlist):
    report = Report()
    report.show("ripemd160", ripemd160(b"abc").hex(), "its paper", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")
    scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    point = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    product = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    report.show("x25519", x25519(scalar, point).hex(), "RFC 7748, 5.2", product)
    block = chacha20(bytes(range(32)), bytes.fromhex("000000090000004a00000000"), 1)[:16].hex()
    report.show("chacha20", block, "RFC 8439, 2.3.2", "10f1e7e4d13b5915500fdd1fa32071c4")
    recipient = bytes.fromhex("07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c")
    made = age_file(b"abcd", recipient, bytes(16), b"\x11" * 16, b"\x22" * 32)
    report.show("age file", sha256(made).hex(), "the ceremony's self-test", "4b24715951f615b40cea222651633c8326f905fd8b4e74402a4f61791cdeffb5")
    mixes = json.loads((HERE / "vectors/mix.json").read_text("utf-8"))
    for number, vector in enumerate(mixes["vectors"], 1):
        mixed, expected = mix(vector["opened"]), vector["expected"]
        report.show("commitment", mixed["commitment"], f"mix.json {number}", expected["commitment"])
        report.show("entropy", mixed["entropy"].hex(), f"mix.json {number}", expected["entropy"])
        report.show("salt", mixed["salt"].hex(), f"mix.json {number}", expected["salt"])
        report.show("output commitment", mixed["output commitment"], f"mix.json {number}", expected["outputCommitment"])
    seeds = json.loads((HERE / "vectors/aezeed.json").read_text("utf-8"))
    for number, vector in enumerate(seeds["lnd_unit_vectors"]["vectors"], 1):
        entropy, salt = bytes.fromhex(vector["entropy_hex"]), bytes.fromhex(vector["salt_hex"])
        passphrase, birthday = vector["password"].encode("utf-8"), vector["expected_birthday"]
        words = aezeed_words(vector["internal_version"], birthday, entropy, salt, passphrase, wordlist, n=16)
        report.show("words", " ".join(words), f"lnd unit {number}", vector["expected_mnemonic"])
    for number, vector in enumerate(seeds["production_vectors"]["vectors"], 1):
        seed, source = vector["computed"], f"production {number}"
        entropy, salt = bytes.fromhex(seed["entropy_hex"]), bytes.fromhex(seed["salt_hex"])
        passphrase = vector["password"].encode("utf-8")
        words = aezeed_words(seed["internal_version"], seed["birthday"], entropy, salt, passphrase, wordlist)
        report.show("words", " ".join(words), source, vector["mnemonic"])
        report.show("fingerprint", fingerprint(entropy), source, seed["master_fingerprint"])
        for coin in (0, 1):
            report.show("node id", family_key(entropy, coin, 6), source, seed[f"identity_coin{coin}"])
    for number, vector in enumerate(seeds["btcwallet_nonstandard_derivation"]["vectors"], 1):
        for key in vector["keys"]:
            steps = key["path"].replace("'", "").split("/")
            if steps[1] != "1017" or steps[4:] != ["0", "0"]:
                continue
            found = family_key(bytes.fromhex(vector["entropy_hex"]), int(steps[2]), int(steps[3]))
            report.show(key["path"], found, f"leading zero {number}", key["lnd_pubkey"])
    return report


def main():
    parser = argparse.ArgumentParser(description="Recomputes an opened round of a rehearsal.")
    parser.add_argument("path", nargs="?", type=pathlib.Path, help="a rehearsal's folder, or an opened.json")
    parser.add_argument("--birthday", type=int, help="day 0 to 65535, for an opened.json alone")
    parser.add_argument("--wordlist", type=pathlib.Path, default=WORDLIST, help="a JSON list of the 2048 words")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if (options.path is None) != options.self_test:
        parser.error("a folder, an opened.json or --self-test")
    try:
        wordlist = json.loads(options.wordlist.read_text("utf-8"))
        if options.self_test:
            report = self_test(wordlist)
        elif options.path.is_dir():
            report = compare(options.path, wordlist)
        else:
            report = print_opened(options.path, options.birthday, wordlist)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"recompute: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    if report.different:
        print("DIFFERENT: " + ", ".join(dict.fromkeys(report.different)))
        return 1
    print("equal" if options.self_test or options.path.is_dir() else "computed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
