"""Timing of whole processes, and the few statistics that the table shows."""
import os
import pathlib
import statistics
import subprocess
import time


def timed(command, stdin=None, stdout=subprocess.DEVNULL):
    """Seconds from exec to exit, processor seconds, and the peak memory in MiB of one process that must succeed."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdin=stdin or subprocess.DEVNULL, stdout=stdout)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def median(values):
    return statistics.median(values)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[round(part * (len(ordered) - 1))]


def spread(values, unit="", digits=2):
    """The median and, in brackets, the least and the most."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}{unit}"
    return f"{median(values):.{digits}f}{unit} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def bare_sync_ms(directory, count=400):
    """The times of appending 4 KiB to a file and fdatasync, which nothing durable can beat."""
    path = pathlib.Path(directory) / "bare"
    block = os.urandom(4096)
    times = []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for i in range(count):
            begin = time.perf_counter()
            os.pwrite(file, block, i * 4096)
            os.fdatasync(file)
            times.append((time.perf_counter() - begin) * 1000)
    finally:
        os.close(file)
        path.unlink()
    return times


def latency(brokers, topic, rate, records):
    """What bench_latency says, as a dictionary of milliseconds."""
    out = subprocess.run(["bench_latency", brokers, topic, str(rate), str(records)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    pairs = dict(word.split("=") for word in out.split())
    del pairs["records"]
    return {name: float(value) / 1000 for name, value in pairs.items()}


def bare_wakeups_ms(threads, rate, words):
    """The median time of a word through so many threads that sleep and wake each other: the machine's part of a latency."""
    out = subprocess.run(["bench_wakeups", str(threads), str(rate), str(words)], check=True, stdout=subprocess.PIPE,
                         text=True).stdout
    return float(dict(word.split("=") for word in out.split())["p50"]) / 1000
