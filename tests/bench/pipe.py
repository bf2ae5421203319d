"""Files through the log: sl-produce and sl-consume against socat, which copies the same bytes and understands nothing."""
import os
import pathlib
import subprocess
import time

from daemon import Daemon, Scratch, allocated, tool
from measure import median, spread, timed
from table import have

BLOCK = 262_144


def make_lines(path, count):
    """`count` distinct lines of 100 bytes and a newline, on the disk: its write-back would disturb what is measured."""
    alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    tails = [bytes(alphabet[(i * 7 + j * 13) % 64] for j in range(80)) + b"\n" for i in range(997)]
    with open(path, "wb") as file:
        for start in range(0, count, 10_000):
            file.write(b"".join(b"%019d:" % i + tails[i % 997] for i in range(start, min(count, start + 10_000))))
        file.flush()
        os.fsync(file.fileno())


def socat_seconds(scratch, source, sink, sync):
    """A copy over a unix socket by two socats, with one sync of the copy at the end where asked."""
    socket = scratch / "socat"
    receiver = subprocess.Popen(["socat", "-u", "-b", str(BLOCK), f"UNIX-LISTEN:{socket}", sink])
    while not socket.exists():
        time.sleep(0.01)
    time.sleep(0.02)  # bound is not yet listening
    begin = time.perf_counter()
    subprocess.run(["socat", "-u", "-b", str(BLOCK), f"OPEN:{source}", f"UNIX-CONNECT:{socket}"], check=True)
    receiver.wait()
    if sync:
        subprocess.run(["sync", sync], check=True)
    seconds = time.perf_counter() - begin
    socket.unlink(missing_ok=True)
    return seconds


def one_round(scratch, daemon, source, partitions, results):
    topic = f"bench{partitions}"
    tool("sl-topic", "create", topic, "-p", partitions)
    cpu = daemon.cpu_seconds()
    with open(source, "rb") as lines:
        seconds, _, memory = timed(["sl-produce", topic], stdin=lines)
    results["produce"].append(seconds)
    results["produce_cpu"].append(daemon.cpu_seconds() - cpu)
    results["tool_mib"].append(memory)
    cpu = daemon.cpu_seconds()
    seconds, _, memory = timed(["sl-consume", topic, "-e"])
    results["consume"].append(seconds)
    results["consume_cpu"].append(daemon.cpu_seconds() - cpu)
    results["tool_mib"].append(memory)
    results["log_bytes"] = allocated(daemon.data, "*.log")
    tool("sl-topic", "delete", topic, "-y")
    if have("socat"):
        copy = scratch / "copy"
        results["socat_sync"].append(socat_seconds(scratch, source, f"CREATE:{copy}", copy))
        copy.unlink()
        results["socat_null"].append(socat_seconds(scratch, source, "OPEN:/dev/null", None))


def of_partitions(table, scratch, source, count, partitions, rounds):
    results = {name: [] for name in ("produce", "consume", "produce_cpu", "consume_cpu", "tool_mib", "socat_sync",
                                     "socat_null")}
    with Daemon(scratch) as daemon:
        for _ in range(rounds):
            one_round(scratch, daemon, source, partitions, results)
        peak = daemon.peak_mib()

    millions = count / 1e6
    of = f", {partitions} partition{'s' if partitions > 1 else ''}"

    def rate(name):
        return [millions / seconds for seconds in results[name]]

    def ratio(name, base, least, aim):
        if not results[base]:
            return table.row(name + of, spread(rate(name), " M/s"), "socat is not here")
        value = median(results[base]) / median(results[name])
        table.row(name + of, spread(rate(name), " M/s"), f"{value:.2f} × socat {spread(rate(base), ' M/s')}",
                  f"≥ {least} × (aim {aim})", value >= least)

    ratio("produce", "socat_sync", 0.5, 0.75)
    ratio("consume", "socat_null", 0.3, 0.6)
    cpu = [seconds / millions for seconds in results["produce_cpu"]]
    table.row("daemon CPU, in" + of, spread(cpu, " s/M"), "", "≤ 0.15 s/M", median(cpu) <= 0.15)
    table.row("daemon CPU, out" + of, spread([s / millions for s in results["consume_cpu"]], " s/M"))
    bytes_a_record = results["log_bytes"] / count
    table.row("segment bytes a record" + of, f"{bytes_a_record:.1f}", "100 bytes of value", "≤ 112",
              bytes_a_record <= 112)
    table.row("daemon RSS, peak" + of, f"{peak:.1f} MiB", "", "≤ 128 MiB", peak <= 128)
    table.row("tools RSS, peak" + of, f"{max(results['tool_mib']):.1f} MiB", "", "≤ 48 MiB",
              max(results["tool_mib"]) <= 48)


def run(table, options):
    """produce and consume a file of 100-byte lines, on 1 and 8 partitions, with fsync before every acknowledgement"""
    table.head(f"{options.records / 1e6:g} M lines of 100 bytes, default durability, median of {options.rounds}")
    with Scratch() as scratch:
        source = pathlib.Path(scratch) / "lines"
        make_lines(source, options.records)
        os.sync()
        for partitions in (1, 8):
            of_partitions(table, scratch, source, options.records, partitions, options.rounds)
