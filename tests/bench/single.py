"""One record at a time: end to end at 1,000 a second, undisturbed and beside things that could disturb."""
import re
import socket
import struct
import subprocess
import threading
import time

from daemon import Daemon, Scratch, tool
from measure import bare_sync_ms, bare_wakeups_ms, latency, median, percentile, spread
from pipe import make_lines

RATE = 1000
RECORDS = 5_000
# Of a record on its way: the producer, the daemon, its pool, the daemon again, the consumer.
WAKEUPS = 5
RELAXED = "flush.messages=1000000"


def run_plain(table, options):
    """end-to-end latency at 1,000 records/s, with and without fsync"""
    table.head(f"end to end, {RATE}/s, 100 bytes, {RECORDS} records, median of {options.rounds}")
    with Scratch() as scratch, Daemon(scratch) as daemon:
        tool("sl-topic", "create", "synced")
        tool("sl-topic", "create", "relaxed", "--config", RELAXED)
        bare, wakeups, synced, relaxed = [], [], [], []
        for _ in range(options.rounds):  # in turn, so that all see the same disk
            bare += bare_sync_ms(scratch)
            wakeups.append(bare_wakeups_ms(WAKEUPS, RATE, RECORDS))
            synced.append(latency(daemon.brokers, "synced", RATE, RECORDS))
            relaxed.append(latency(daemon.brokers, "relaxed", RATE, RECORDS))
        synced, relaxed = middle(synced), middle(relaxed)
    base = median(bare)
    table.row("bare 4 KiB append + fdatasync", f"{base:.3f} ms", f"p99 {percentile(bare, 0.99):.3f} ms")
    show(table, "with fsync", synced, base, {"p50": 2.5, "p99": 6, "p999": None})
    woken = median(wakeups)
    p50 = relaxed["end_to_end_p50"]
    table.row(f"{WAKEUPS} bare wake-ups, p50", f"{woken:.3f} ms")
    table.row("without fsync, p50", f"{p50:.3f} ms", f"{p50 / woken:.1f} × bare wake-ups", "≤ 0.08 ms", p50 <= 0.08)
    table.row("without fsync, p99 / p99.9", f"{relaxed['end_to_end_p99']:.3f} / {relaxed['end_to_end_p999']:.3f} ms")


def middle(runs):
    """Of each figure the median of the runs."""
    return {name: median([run[name] for run in runs]) for name in runs[0]}


def show(table, what, times, base, aims):
    for name, factor in aims.items():
        value = times["end_to_end_" + name]
        table.row(f"{what}, {name}", f"{value:.3f} ms", f"{value / base:.1f} × bare",
                  f"≤ {factor} ×" if factor else "", value <= factor * base if factor else None)


def frame(api, version, correlation, body):
    head = struct.pack(">hhih5s", api, version, correlation, 5, b"bench")
    return struct.pack(">i", len(head) + len(body)) + head + body


def connect(address):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(address)
    return peer


def idle_connections(address, count):
    """Connections that said hello and then nothing."""
    peers = []
    for _ in range(count):
        peer = connect(address)
        peer.sendall(frame(18, 0, 1, b""))
        size = struct.unpack(">i", peer.recv(4, socket.MSG_WAITALL))[0]
        peer.recv(size, socket.MSG_WAITALL)
        peers.append(peer)
    return peers


def never_reads(address, topic):
    """A connection that asks for a topic again and again and takes no answer; full until closed."""
    peer = connect(address)
    name = topic.encode()
    partitions = struct.pack(">iiqi", 1, 0, 0, 1 << 20)
    body = struct.pack(">iiiib", -1, 0, 1, 16 << 20, 0) + struct.pack(">ih", 1, len(name)) + name + partitions
    peer.settimeout(0.5)
    try:
        for correlation in range(10_000):
            peer.sendall(frame(1, 4, correlation, body))
    except TimeoutError:
        pass
    return peer


def run_crowd(table, options):
    """p99 of a client beside 2,000 idle connections and one that never reads; memory of a connection"""
    count = 2000
    table.head(f"{count} idle connections, and one that asks and never reads")
    with Scratch() as scratch, Daemon(scratch) as daemon:
        address = daemon.brokers.removeprefix("unix:")
        tool("sl-topic", "create", "t")
        tool("sl-topic", "create", "full")
        make_lines(scratch / "lines", 200_000)
        tool("sl-produce", "full", stdin=open(scratch / "lines", "rb"))
        alone = [latency(daemon.brokers, "t", RATE, RECORDS)["end_to_end_p99"] for _ in range(options.rounds)]
        before = daemon.rss_mib()
        peers = idle_connections(address, count)
        each = (daemon.rss_mib() - before) * 1024 / count
        peers.append(never_reads(address, "full"))
        beside = [latency(daemon.brokers, "t", RATE, RECORDS)["end_to_end_p99"] for _ in range(options.rounds)]
        total = daemon.rss_mib()
        for peer in peers:
            peer.close()
    ratio = median(beside) / median(alone)
    table.row("p99 of a client at 1,000/s", f"{median(beside):.3f} ms", f"{ratio:.2f} × {median(alone):.3f} ms alone",
              "< 2 ×", ratio < 2)
    table.row("an idle connection", f"{each:.1f} KiB", "", "≤ 16 KiB", each <= 16)
    table.row("daemon RSS with all of them", f"{total:.1f} MiB")


def run_rebuild(table, options):
    """produce latency while the index of a large log is rebuilt, and the speed of the rebuild"""
    table.head(f"the index of {options.log_gib:g} GiB turns out wrong and is rebuilt")
    with Scratch() as scratch:
        daemon = Daemon(scratch)
        daemon.start()
        tool("sl-topic", "create", "t")
        fill(scratch, "large", options.log_gib)
        undisturbed = latency(daemon.brokers, "t", RATE, RECORDS)
        daemon.stop()
        tool("bench_break_index", daemon.data)
        daemon.start()
        reads = threading.Thread(target=touch_every_segment, args=(daemon,))
        reads.start()
        during = latency(daemon.brokers, "t", RATE, 200 + int(options.log_gib * 200))
        reads.join()
        base = median(bare_sync_ms(scratch))
        daemon.stop()
    rebuilt = [re.search(r"from (\d+) bytes in (\d+) ms", line) for line in daemon.said if "rebuilt the index" in line]
    rates = [int(found[1]) / 1000 / max(int(found[2]), 1) for found in rebuilt]
    if not rates:
        return table.skip("rebuild", "the log has one segment only; --log-gib 2 or more")
    table.row("rebuild", spread(rates, " MB/s", 0), f"{len(rates)} segments", "≥ 500 MB/s", median(rates) >= 500)
    table.row("produce p99 meanwhile", f"{during['acknowledged_p99']:.3f} ms",
              f"{undisturbed['acknowledged_p99']:.3f} ms undisturbed, bare {base:.3f}", "≤ 5 ms",
              during["acknowledged_p99"] <= 5)


def touch_every_segment(daemon):
    """A read in the middle of each segment makes the daemon ask its index; spread over the time of the measurement."""
    time.sleep(0.2)
    bases = sorted(int(path.stem) for path in daemon.data.rglob("*.log") if path.stat().st_size > 64 << 20)
    for base in bases[:-1]:
        tool("sl-consume", "large", "-o", base + 100_000, "-c", 1)


def fill(scratch, topic, gib):
    """A topic of about so many GiB, from one file again and again."""
    source = scratch / "lines"
    make_lines(source, 2_000_000)
    tool("sl-topic", "create", topic)
    copies = max(1, round(gib * (1 << 30) / source.stat().st_size))
    many = subprocess.Popen(["cat", *[str(source)] * copies], stdout=subprocess.PIPE)
    tool("sl-produce", topic, stdin=many.stdout)
    many.stdout.close()
    many.wait()
