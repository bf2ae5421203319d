"""The same kcat, and the same latency bench, against our daemon and against Apache Kafka, both over TCP loopback.

Kafka comes as the interop tests fetch it; its JVM runs as it comes, with both compilers. Kafka acknowledges before any
sync unless a topic says flush.messages=1; both are shown, ours always syncs first. kcat consuming is bound by kcat: its
two threads get in each other's way the more, the sooner an answer comes; sl-consume shows what the servers give.
"""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

from daemon import Daemon, Scratch, tool
from measure import latency, median, spread, timed
from pipe import make_lines
from table import have

INTEROP = pathlib.Path(__file__).resolve().parent.parent / "interop"
CLASSES = {"format": "kafka.tools.StorageTool", "broker": "kafka.Kafka"}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def fetch_kafka():
    """The folder of its jars, or the reason why there is none."""
    script = f". {INTEROP}/lib.sh; fetch_kafka; echo \"$fetched\""
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True)
    said = done.stdout.strip().splitlines()[-1:] or ["no word"]
    return (said[0], None) if done.returncode == 0 else (None, said[0])


class Kafka:
    """One node, broker and controller, as kafka-storage and kafka-server-start would run it."""

    def __init__(self, directory, jars):
        self.directory = directory / "kafka"
        self.directory.mkdir()
        self.java = ["java", "-Xms1g", "-Xmx1g", f"-Dlog4j2.configurationFile={INTEROP}/java/log4j2.xml", "-cp",
                     f"{jars}/*"]
        self.port, self.voter = free_port(), free_port()
        self.brokers = f"127.0.0.1:{self.port}"
        self.config = self.directory / "server.properties"
        self.config.write_text(f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{self.voter}
listeners=PLAINTEXT://{self.brokers},CONTROLLER://127.0.0.1:{self.voter}
advertised.listeners=PLAINTEXT://{self.brokers}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={self.directory}/logs
log.segment.delete.delay.ms=0
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
""")

    def __enter__(self):
        subprocess.run([*self.java, CLASSES["format"], "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", self.config],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.start()
        return self

    def start(self):
        begin = time.perf_counter()
        self.process = subprocess.Popen([*self.java, CLASSES["broker"], self.config], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while subprocess.run(["sl-topic", "-b", self.brokers, "list"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL).returncode != 0:
            if self.process.poll() is not None or time.perf_counter() - begin > 60:
                raise RuntimeError("Kafka did not start")
            time.sleep(0.05)
        return time.perf_counter() - begin

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __exit__(self, *_):
        self.stop()

    def rss_mib(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


TOPICS = {"one": ("1 partition", ["-p", "1"]), "eight": ("8 partitions", ["-p", "8"]),
          "synced": ("1 partition, both sync", ["-p", "1", "-c", "flush.messages=1"])}
INTO = {"kcat in": ["kcat", "-q", "-P", "-t"], "sl-produce": ["sl-produce"]}
OUT = {"kcat out": ["kcat", "-q", "-C", "-o", "beginning", "-e", "-t"], "sl-consume": ["sl-consume", "-e"]}


# Blocks that no file had before are slow on many a virtual disk, so what was measured is deleted at once, by Kafka too.
def rates(scratch, nodes, count, rounds):
    """Millions of lines a second by (node, topic, client); the nodes in turn, so that both see the same machine."""
    figures = {}

    def run(node, topic, client, words, stdin=None):
        os.sync()  # what an earlier run left to be written back, most of all by a Kafka that does not sync
        seconds = timed([*words, topic[1], "-b", nodes[node].brokers], stdin=stdin)[0]
        figures.setdefault((node, topic[0], client), []).append(count / 1e6 / seconds)

    for topic, (_, words) in TOPICS.items():
        for i in range(rounds):
            for node in nodes:
                for copy, (client, into) in enumerate(INTO.items()):
                    name = f"{topic}-{i}-{copy}"
                    tool("sl-topic", "-b", nodes[node].brokers, "create", name, *words)
                    with open(scratch / "lines", "rb") as lines:
                        run(node, (topic, name), client, into, lines)
                for client, out in OUT.items():
                    run(node, (topic, f"{topic}-{i}-0"), client, out)
                for copy in range(len(INTO)):
                    tool("sl-topic", "-b", nodes[node].brokers, "delete", f"{topic}-{i}-{copy}", "-y")
    return figures


def measured(node):
    os.sync()
    figures = {"list": [timed(["kcat", "-b", node.brokers, "-L"])[0] * 1000 for _ in range(20)]}
    for name, words in (("relaxed", ["-c", "flush.messages=1000000"]), ("strict", ["-c", "flush.messages=1"])):
        tool("sl-topic", "-b", node.brokers, "create", name, *words)
        figures[name] = latency(node.brokers, name, 1000, 5000)
    figures["rss"] = node.rss_mib()
    node.stop(signal.SIGKILL)
    figures["restart"] = node.start()
    return figures


class DaemonOnTcp(Daemon):
    """On loopback TCP too, which is what its clients here use."""

    def __init__(self, directory):
        address = f"127.0.0.1:{free_port()}"
        super().__init__(directory, "--listen", address)
        self.brokers = address


def run(table, options):
    """kcat against streamlog and against Apache Kafka, where it can be had"""
    count = options.records // 4
    rounds = min(options.rounds, 3)
    table.head(f"the same clients against us and against Apache Kafka, {count / 1e6:g} M lines of 100 bytes")
    if not have("kcat"):
        return table.skip("peers", "kcat is not here")
    with Scratch() as scratch, contextlib.ExitStack() as stack:
        make_lines(scratch / "lines", count)
        nodes = {"us": stack.enter_context(DaemonOnTcp(scratch))}
        jars, why = fetch_kafka() if have("java") else (None, "java is not here")
        if jars:
            nodes["them"] = stack.enter_context(Kafka(scratch, jars))
        else:
            table.skip("Kafka", why)
        show_rates(table, rates(scratch, nodes, count, rounds))
        show(table, *[measured(node) for node in nodes.values()])


def beside(table, what, ours, theirs, unit, more_is_better, digits=2):
    if theirs is None:
        return table.row(what, spread(ours, unit, digits))
    ratio = median(ours) / median(theirs)
    table.row(what, spread(ours, unit, digits), f"Kafka {spread(theirs, unit, digits)}: {ratio:.2f} ×",
              "not slower", ratio >= 1 if more_is_better else ratio <= 1)


def show_rates(table, figures):
    for topic, (name, _) in TOPICS.items():
        for client in (*INTO, *OUT):
            beside(table, f"{client}, {name}", figures["us", topic, client], figures.get(("them", topic, client)),
                   " M/s", True)


def show(table, us, them=None):
    beside(table, "kcat -L", us["list"], them and them["list"], " ms", False)
    for name, what in (("relaxed", "no sync"), ("strict", "sync")):
        for part in ("p50", "p99"):
            key = "end_to_end_" + part
            beside(table, f"end to end 1,000/s, {what}, {part}", [us[name][key]], them and [them[name][key]], " ms",
                   False, 3)
    beside(table, "ready after kill -9", [us["restart"] * 1000], them and [them["restart"] * 1000], " ms", False, 0)
    beside(table, "RSS", [us["rss"]], them and [them["rss"]], " MiB", False, 0)
