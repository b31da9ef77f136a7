#!/usr/bin/env python3
"""How often does exdiag judge a certificate chain rightly, and how often do others?

    benches/tls_cases.py FOLDER [--exdiag BINARY] [--wrong N] [SUITE...]

FOLDER holds suites of chain cases, one JSON object a line, plain or .xz: x509-limbo, BetterTLS,
PKITS, BoringSSL's verify, OCSP and CRL tests, zlint's test data, real chains with one change each.
Prints a table: each suite, what exdiag gets right, and beside it OpenSSL and pyca/cryptography
where they are installed. --wrong N also names the first N cases that exdiag gets wrong.
"""

import argparse
import collections
import datetime
import json
import lzma
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# the sections of PKITS that a TLS client needs: signatures, validity, names, basic constraints, key usage, name constraints
PKITS_TLS = {"01", "02", "03", "06", "07", "13"}
BSSL_CORE = {"purpose:SERVER_AUTH", "trust:TRUSTED_ANCHOR"}


def rows(path):
    opened = lzma.open(path, "rt") if path.suffix == ".xz" else open(path, encoding="utf-8")
    with opened as lines:
        return [json.loads(line) for line in lines if line.strip()]


def judge(exdiag, path):
    """What exdiag says of every case of a file, by id, and how long it took."""
    text = (lzma.open(path, "rt") if path.suffix == ".xz" else open(path, encoding="utf-8")).read()
    began = time.monotonic()
    run = subprocess.run([exdiag, "tls", "--cases", "-"], input=text, capture_output=True, text=True, check=False)
    took = time.monotonic() - began
    if run.returncode != 0:
        sys.exit(f"{path.name}: exdiag exits {run.returncode}: {run.stderr.strip()}")
    return {said["id"]: said for said in map(json.loads, run.stdout.splitlines())}, took


def moment(case):
    """The time of a case; where it names none, the end of the latest notBefore (asked of OpenSSL)."""
    return datetime.datetime.fromisoformat(case["time"]) if case.get("time") else None


class OpenSSL:
    """`openssl verify`, as a client of OpenSSL judges: partial chains as its library defaults have them."""

    name = "OpenSSL"

    @staticmethod
    def there():
        try:
            return subprocess.run(["openssl", "version"], capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False

    @staticmethod
    def accepts(case):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "leaf.pem").write_text(case["chain"][0])
            (folder / "others.pem").write_text("\n".join(case["chain"][1:]))
            (folder / "anchors.pem").write_text("\n".join(case["anchors"]))
            command = ["openssl", "verify", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"]
            command += ["-CAfile", folder / "anchors.pem"]
            at = moment(case)
            command += ["-attime", str(int(at.timestamp()))] if at else ["-no_check_time"]
            if len(case["chain"]) > 1:
                command += ["-untrusted", folder / "others.pem"]
            if case.get("host"):
                command += ["-verify_ip" if case.get("host_kind") == "IP" else "-verify_hostname", case["host"]]
            command.append(folder / "leaf.pem")
            return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Pyca:
    """cryptography.x509.verification; it judges no chain without a name."""

    name = "pyca"

    @staticmethod
    def there():
        try:
            import cryptography.x509.verification  # noqa: F401
        except ImportError:
            return False
        return True

    @staticmethod
    def accepts(case):
        import ipaddress

        from cryptography import x509
        from cryptography.x509 import verification

        if not case.get("host"):
            return None
        try:
            leaf, *others = [x509.load_pem_x509_certificate(pem.encode()) for pem in case["chain"]]
            anchors = [x509.load_pem_x509_certificate(pem.encode()) for pem in case["anchors"]]
            subject = (
                x509.IPAddress(ipaddress.ip_address(case["host"]))
                if case.get("host_kind") == "IP"
                else x509.DNSName(case["host"])
            )
            at = moment(case) or max(c.not_valid_before_utc for c in [leaf, *others, *anchors])
            builder = verification.PolicyBuilder().store(verification.Store(anchors)).time(at)
            builder.build_server_verifier(subject).verify(leaf, others)
        except Exception:  # pylint: disable=broad-except
            return False
        return True


PEERS = [peer for peer in (OpenSSL, Pyca) if peer.there()]


def share(right, of):
    return f"{right}/{of} = {100 * right / of:.1f} %" if of else "-"


class Table:
    def __init__(self, wrong):
        self.lines, self.wrong = [], wrong

    def add(self, suite, right, wrong_ids, goal, cases=None, expected=None):
        peers = []
        for peer in PEERS if cases else []:
            said = [(peer.accepts(case), expected(case)) for case in cases]
            said = [(got, want) for got, want in said if got is not None]
            peers.append(share(sum(got == want for got, want in said), len(said)))
        peers += ["-"] * (len(PEERS) - len(peers))
        self.lines.append([suite, share(right, right + len(wrong_ids)), goal, *peers])
        for case in wrong_ids[: self.wrong]:
            print(f"  wrong in {suite}: {case}")

    def show(self):
        head = ["suite", "exdiag", "goal", *[peer.name for peer in PEERS]]
        widths = [max(len(line[i]) for line in [head, *self.lines]) for i in range(len(head))]
        for line in [head, *self.lines]:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def score(table, suite, cases, got, right, goal, peers=True):
    """Counts the cases whose answer is right."""
    wrong = [case["id"] for case in cases if case["id"] not in got or not right(case, got[case["id"]])]
    valid = lambda case: case["expected"] == "valid"  # noqa: E731
    table.add(suite, len(cases) - len(wrong), wrong, goal, cases if peers else None, valid)


def suite_rows(table, name, cases, got):
    valid = lambda case: case["expected"] == "valid"  # noqa: E731
    accepted = lambda case, said: said["accepted"] == valid(case)  # noqa: E731
    if name == "bettertls_sample" or name == "bettertls":
        score(table, name, cases, got, accepted, "100 %")
    elif name == "real":
        score(table, "real, as sent", cases, got, accepted, "100 %")
        aia = [case for case in cases if case["expected"] != case["expected_aia"]]
        repaired = lambda case, said: said["repaired"] and not said["accepted"]  # noqa: E731
        score(table, "real, repairable by AIA", aia, got, repaired, "100 %", peers=False)
        hopeless = [case for case in cases if case["expected_aia"] == "invalid"]
        refused = lambda case, said: not said["repaired"] and not said["accepted"]  # noqa: E731
        score(table, "real, beyond repair", hopeless, got, refused, "100 %", peers=False)
    elif name == "pkits":
        tls = [case for case in cases if any(feature[:2] in PKITS_TLS for feature in case["features"])]
        score(table, "PKITS, the TLS part", tls, got, accepted, "100 %")
    elif name == "limbo":
        conforms = lambda case, said: said["conforms"] == valid(case)  # noqa: E731
        score(table, "limbo, conforms", cases, got, conforms, ">= 95 %")
    elif name == "bssl_verify":
        core = [case for case in cases if set(case["features"]) == BSSL_CORE]
        score(table, "BoringSSL, the core", core, got, accepted, ">= 92 %")
        named = [case for case in core if case["errors"] and case["expected"] == "invalid"]
        index = lambda case, said: said["index"] in {error[0] for error in case["errors"]}  # noqa: E731
        score(table, "BoringSSL, index named", named, got, index, ">= 90 %", peers=False)
    elif name == "revocation":
        right = lambda case, said: said["revocation"] == case["expected"]  # noqa: E731
        score(table, "revocation", cases, got, right, ">= 92 %", peers=False)
    elif name == "zlint":
        claimed = json.loads((ROOT / "benches/zlint-map.json").read_text())
        rules = collections.defaultdict(set)
        for rule, lints in claimed.items():
            for lint in lints:
                rules[lint].add(rule)
        ours = [case for case in cases if case["lint"] in rules and case["expected"] not in ("NA", "NE")]
        fires = lambda case, said: bool(rules[case["lint"]] & set(said["codes"])) == (  # noqa: E731
            case["expected"] != "Pass"
        )
        score(table, f"zlint, {len(rules)} lints claimed", ours, got, fires, "100 %", peers=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--exdiag", default=os.environ.get("EXDIAG", ROOT / "target/release/exdiag"))
    parser.add_argument("--wrong", type=int, default=0)
    parser.add_argument("suites", nargs="*")
    given = parser.parse_intermixed_args()
    files = sorted(path for path in given.folder.iterdir() if ".jsonl" in path.name)
    files = [path for path in files if not given.suites or path.name.split(".")[0] in given.suites]
    if not files:
        sys.exit(f"{given.folder} holds no .jsonl or .jsonl.xz file of that name")
    table, seconds, count = Table(given.wrong), 0.0, 0
    for path in files:
        cases = rows(path)
        got, took = judge(given.exdiag, path)
        seconds, count = seconds + took, count + len(cases)
        suite_rows(table, path.name.split(".")[0], cases, got)
    table.show()
    print(f"{count} cases in {seconds:.2f} s")


if __name__ == "__main__":
    main()
