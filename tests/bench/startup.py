"""How quickly things begin: the tools, a new daemon, and a daemon with a large log, cleanly stopped and killed."""
import signal
import subprocess
import time

from daemon import Daemon, Scratch, allocated, tool
from measure import median, spread, timed
from single import fill

STARTS = 50


def run_tools(table, options):
    """whole processes: sl-topic list over /bin/true, and a daemon on an empty directory"""
    table.head("start-up")
    with Scratch() as scratch, Daemon(scratch):
        tool("sl-topic", "create", "t")
        for command in (["sl-topic", "list"], ["sl-consume", "t", "-e"], ["sl-produce", "t"]):
            # In turn, so that both see the same machine.
            pairs = [(timed(["/bin/true"])[0] * 1000, timed(command)[0] * 1000) for _ in range(STARTS)]
            true, ours = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            over = median(ours) - median(true)
            table.row(" ".join(command[:2]) + ", whole process", f"{median(ours):.2f} ms",
                      f"{over:.2f} ms over /bin/true", "≤ 4 ms over", over <= 4)
    times = []
    for _ in range(10):
        with Scratch() as scratch:
            daemon = Daemon(scratch)
            times.append(daemon.start() * 1000)
            daemon.stop()
    table.row("streamlogd on an empty directory", spread(times, " ms", 1), "", "≤ 50 ms", median(times) <= 50)


def first_answer(daemon, topic):
    """Milliseconds from exec of the daemon until it is ready and has given a record from the middle of the log."""
    begin = time.perf_counter()
    ready = daemon.start() * 1000
    tool("sl-consume", topic, "-o", "1000000", "-c", "1")
    return ready, (time.perf_counter() - begin) * 1000


def run_restart(table, options):
    """a daemon with a large log: after a clean stop, after kill -9 under full load, and without its index"""
    table.head(f"restart with a log of {options.log_gib:g} GiB")
    with Scratch() as scratch:
        daemon = Daemon(scratch)
        daemon.start()
        fill(scratch, "large", options.log_gib)
        log = allocated(daemon.data, "*.log")
        daemon.stop()
        index = allocated(daemon.data, "index.lmdb") / log * 100
        table.row("the index", f"{index:.3f} % of the log", "", "≤ 1 %", index <= 1)
        ready, answered = zip(*[restarted(daemon) for _ in range(options.rounds)])
        table.row("clean: ready", spread(ready, " ms", 1), f"first record {median(answered):.1f} ms", "< 100 ms",
                  median(answered) < 100)
        ready = [killed_under_load(daemon, scratch) for _ in range(options.rounds)]
        table.row("kill -9 under full load: ready", spread(ready, " ms", 1), "", "≤ 1,000 ms", max(ready) <= 1000)
        (daemon.data / "index.lmdb").unlink()
        ready = daemon.start()
        rate = log / 1e6 / ready
        table.row("index gone: ready", f"{ready:.2f} s", f"{rate:.0f} MB/s of log", "≥ 500 MB/s", rate >= 500)
        daemon.stop()


def restarted(daemon):
    times = first_answer(daemon, "large")
    daemon.stop()
    return times


def killed_under_load(daemon, scratch):
    daemon.start()
    with open(scratch / "lines", "rb") as lines:
        producer = subprocess.Popen(["sl-produce", "large", "--delivery-timeout", "1"], stdin=lines,
                                    stderr=subprocess.DEVNULL)
        time.sleep(0.15)  # not a wait for something: the middle of the load
        daemon.stop(signal.SIGKILL)
        producer.kill()
        producer.wait()
    ready = daemon.start() * 1000
    daemon.stop()
    return ready
