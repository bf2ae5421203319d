"""Compaction: how fast a large dirty log is cleaned, in how much memory, and what a reader sees meanwhile."""
import os
import re
import subprocess
import time

from daemon import Daemon, Scratch, tool
from measure import timed

DONE = re.compile(r"compacted .* up to offset (\d+) in (\d+) ms")


def make_keyed(path, count, keys, first=0):
    """Lines `key:value` of 100 bytes; the keys come in no order."""
    with open(path, "wb") as out:
        for begin in range(first, first + count, 100_000):
            end = min(begin + 100_000, first + count)
            out.write(b"".join(b"k%09d:%089d\n" % (n * 7919 % keys, n) for n in range(begin, end)))


def newest(path):
    values = {}
    with open(path, "rb") as lines:
        for line in lines:
            key, value = line.rstrip(b"\n").split(b":")
            values[key] = int(value)
    return values


def passes(daemon, end, seconds):
    """Waits until passes have come to offset `end`; their milliseconds together."""
    limit = time.time() + seconds
    while time.time() < limit:
        done = [match for line in list(daemon.said) if (match := DONE.search(line))]
        if done and int(done[-1].group(1)) >= end:
            return sum(int(match.group(2)) for match in done)
        time.sleep(0.1)
    return None


def run(table, options):
    """compaction of 10 million records with a million keys, beside appends and a reader at the end"""
    count = options.records * 2
    keys = count // 10
    table.head(f"compaction, {count / 1e6:g} M records of {keys / 1e6:g} M keys, 100 bytes")
    with Scratch() as scratch:
        make_keyed(scratch / "old", count, keys)
        make_keyed(scratch / "new", keys, keys, count)
        never = Daemon(scratch, "--set", "log.cleaner.backoff.ms=86400000")
        with never:
            tool("sl-topic", "create", "c", "-p", "1", "-c", "cleanup.policy=compact", "-c",
                 f"segment.bytes={max(count * 2, 1 << 20)}", "-c", "min.cleanable.dirty.ratio=0.01")
            with open(scratch / "old", "rb") as lines:
                written = timed(["sl-produce", "c", "-K", ":"], stdin=lines)[0]
            before = float(tool("sl-topic", "list", "-d", "--format", "awk").split()[4]) / (1 << 20)
        with Daemon(scratch, "--set", "log.cleaner.backoff.ms=200") as daemon, open(scratch / "tail", "wb") as tail:
            reader = subprocess.Popen(["sl-consume", "c", "-o", str(count), "-c", str(keys), "-K", ":"], stdout=tail)
            with open(scratch / "new", "rb") as lines:
                subprocess.run(["sl-produce", "c", "-K", ":"], stdin=lines, check=True)
            reader.wait()
            # All but the segment that is written to, and what lies in the ones around it.
            spent_ms = passes(daemon, count * 9 // 10, 120)
            peak = daemon.peak_mib()
            if spent_ms is None:
                table.skip("compaction", "it did not come to an end in two minutes")
                return
            after = float(tool("sl-topic", "list", "-d", "--format", "awk").split()[4]) / (1 << 20)
            with open(scratch / "all", "wb") as out:
                subprocess.run(["sl-consume", "c", "-e", "-K", ":"], stdout=out, check=True)
        rate = count / spent_ms / 1e3
        table.row("records a second", f"{rate:.2f} M/s", f"produced at {count / written / 1e6:.2f} M/s", "≥ 1 M/s",
                  rate >= 1)
        table.row("daemon's peak memory", f"{peak:.0f} MiB", f"the log: {before:.0f} MiB, then {after:.0f} MiB",
                  "< 64 MiB", peak < 64)
        wanted = newest(scratch / "new")
        same = newest(scratch / "tail") == wanted and newest(scratch / "all") == wanted
        table.row("newest values", "all seen" if same else "some are missing",
                  "by a reader at the end, and by one from the start", "all", same)
    os.sync()
