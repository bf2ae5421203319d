"""Many partitions: how fast they are written together, and what an idle one weighs."""
import os

from daemon import Daemon, Scratch, tool
from measure import median, spread, timed
from pipe import make_lines


def produce_rate(scratch, topic, count):
    with open(scratch / "lines", "rb") as lines:
        return count / 1e6 / timed(["sl-produce", topic], stdin=lines)[0]


def run(table, options):
    """produce on 100 and 1,000 partitions against one; memory of an idle daemon and of an idle partition"""
    count = options.records // 2
    table.head(f"many partitions, {count / 1e6:g} M lines, fsync before ack")
    with Scratch() as scratch:
        make_lines(scratch / "lines", count)
        os.sync()
        rates = {}
        for partitions, least in ((1, None), (100, 1 / 3), (1000, 0.1)):
            with Daemon(scratch) as daemon:
                tool("sl-topic", "create", f"t{partitions}", "-p", partitions)
                rates[partitions] = [produce_rate(scratch, f"t{partitions}", count) for _ in range(options.rounds)]
                peak = daemon.peak_mib()
                tool("sl-topic", "delete", f"t{partitions}", "-y")
            ratio = median(rates[partitions]) / median(rates[1])
            table.row(f"produce, {partitions} partitions", spread(rates[partitions], " M/s"),
                      f"{ratio:.2f} × one; daemon {peak:.0f} MiB", f"≥ {least:.2f} ×" if least else "",
                      ratio >= least if least else None)
    with Scratch() as scratch, Daemon(scratch) as daemon:
        idle = daemon.rss_mib()
        table.row("daemon RSS, idle, empty", f"{idle:.1f} MiB", "", "≤ 12 MiB", idle <= 12)
        tool("sl-topic", "create", "many", "-p", 1000)
        daemon.stop()
        daemon.start()
        each = (daemon.rss_mib() - idle) * 1024 / 1000
        table.row("an idle partition (1,000, restarted)", f"{each:.1f} KiB", "", "≤ 8 KiB", each <= 8)
