"""A daemon of the build under test in a scratch directory, and what it costs: memory, processor time, bytes on disk."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Scratch:
    """A directory that is removed with everything in it; on the disk of TMPDIR, which is the disk that is measured."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="sl-bench."))

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Daemon:
    """Running from `with` to its end, on a unix socket of its own. `brokers` is what -b takes."""

    def __init__(self, directory, *flags):
        self.directory = directory
        self.flags = flags
        self.data = directory / "data"
        self.socket = f"unix:{directory}/run/s.sock"
        self.brokers = self.socket
        self.process = None
        self.said = []  # lines of its log

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.stop()

    def start(self):
        """Seconds from exec until it says that it is ready."""
        (self.directory / "run").mkdir(mode=0o700, exist_ok=True)
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            ["streamlogd", "--data", str(self.data), "--listen", self.socket, *self.flags], stderr=subprocess.PIPE)
        for line in self.process.stderr:
            self.said.append(line.decode(errors="replace"))
            if b"streamlogd: ready" in line:
                seconds = time.perf_counter() - begin
                os.environ["SL_BROKERS"] = self.brokers
                self.listener = threading.Thread(target=self._listen, args=(self.process.stderr,))
                self.listener.start()
                return seconds
        raise RuntimeError("the daemon did not start: " + "".join(self.said[-3:]))

    def _listen(self, log):
        for line in log:
            self.said.append(line.decode(errors="replace"))
        log.close()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(60)
        self.listener.join()
        self.process = None

    def _status(self, name):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def rss_mib(self):
        return self._status("VmRSS")

    def peak_mib(self):
        return self._status("VmHWM")

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def tool(*words, **more):
    """A tool of the build under test that must succeed; its standard output."""
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, **more).stdout


def allocated(directory, pattern):
    """Bytes that the files take on disk."""
    return sum(path.stat().st_blocks * 512 for path in directory.rglob(pattern))
