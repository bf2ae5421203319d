"""Groups: how soon they read, how many offsets are committed in a second, and what thousands of idle members cost."""
import heapq
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time

from daemon import Daemon, Scratch, tool
from measure import median, spread
from single import connect, frame

JOIN, HEARTBEAT, SYNC, COMMIT, FIND, CONSUMER_HEARTBEAT = 11, 12, 14, 8, 10, 68
REBALANCE_IN_PROGRESS = 27
COMMITTERS, COMMITS = 8, 20_000
GROUPS, MEMBERS_EACH = 1_000, 5
HEARTBEAT_SECONDS = 3  # what librdkafka and Java do
IDLE_SECONDS = 15


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def blob(value):
    return struct.pack(">i", len(value)) + value


def take_text(body, at):
    size = struct.unpack_from(">h", body, at)[0]
    return (None, at + 2) if size < 0 else (body[at + 2:at + 2 + size].decode(), at + 2 + size)


def read_frame(peer):
    size = struct.unpack(">i", peer.recv(4, socket.MSG_WAITALL))[0]
    return peer.recv(size, socket.MSG_WAITALL)


def find_coordinator(address, group):
    """The first one that is asked for makes the topic."""
    peer = connect(address)
    peer.sendall(frame(FIND, 0, 1, text(group)))
    read_frame(peer)
    peer.close()


def commit(group, partition, offset):
    return frame(COMMIT, 2, offset, text(group) + struct.pack(">i", -1) + text("") + struct.pack(">q", -1) +
                 struct.pack(">i", 1) + text("t") + struct.pack(">iiq", 1, partition, offset) + text(""))


def commit_rate(address):
    """Commits a second, of one partition each, by some connections at once that never wait."""
    done = threading.Barrier(COMMITTERS + 1)

    def run(number):
        peer = connect(address)
        requests = b"".join(commit(f"c{number}", number % 4, i) for i in range(COMMITS))
        done.wait()
        threading.Thread(target=peer.sendall, args=(requests,)).start()
        for _ in range(COMMITS):
            body = read_frame(peer)
            assert body[-2:] == b"\0\0", body
        done.wait()

    for number in range(COMMITTERS):
        threading.Thread(target=run, args=(number,)).start()
    done.wait()
    begin = time.perf_counter()
    done.wait()
    return COMMITTERS * COMMITS / (time.perf_counter() - begin)


class Member:
    """A member of the classic protocol as a machine of frames: joins, syncs, beats."""

    def __init__(self, address, group):
        self.peer = connect(address)
        self.group, self.id, self.generation, self.stable = group, "", -1, False
        self.join()

    def ask(self, api, version, body):
        self.stable = self.stable and api == HEARTBEAT
        self.asked = api
        self.peer.sendall(frame(api, version, 1, body))

    def join(self):
        self.ask(JOIN, 2, text(self.group) + struct.pack(">ii", 45_000, 60_000) + text(self.id) + text("consumer") +
                 struct.pack(">i", 1) + text("range") + blob(b"\0\0\0\0\0\1" + text("t") + b"\0\0\0\0"))

    def beat(self):
        self.ask(HEARTBEAT, 1, text(self.group) + struct.pack(">i", self.generation) + text(self.id))

    def take(self):
        body = read_frame(self.peer)[8:]  # correlation, throttle
        error = struct.unpack_from(">h", body)[0]
        if self.asked == JOIN:
            self.joined(body, error)
        elif error == REBALANCE_IN_PROGRESS:
            self.join()
        else:
            assert error == 0, error
            self.stable = True

    def joined(self, body, error):
        assert error == 0, error
        self.generation = struct.unpack_from(">i", body, 2)[0]
        _, at = take_text(body, 6)
        leader, at = take_text(body, at)
        self.id, at = take_text(body, at)
        members = []
        count, at = struct.unpack_from(">i", body, at)[0], at + 4
        for _ in range(count if leader == self.id else 0):
            name, at = take_text(body, at)
            members.append(name)
            at += 4 + struct.unpack_from(">i", body, at)[0]
        shares = b"".join(text(name) + blob(b"\0\0\0\0\0\0\0\0\0\0") for name in members)
        self.ask(SYNC, 1, text(self.group) + struct.pack(">i", self.generation) + text(self.id) +
                 struct.pack(">i", len(members)) + shares)


def idle_members(address, stop, settled):
    """All members, kept alive until `stop`; `settled` is set when every group has come to rest."""
    waiting = selectors.DefaultSelector()
    members = []
    due = []
    for number in range(GROUPS * MEMBERS_EACH):
        member = Member(address, f"g{number // MEMBERS_EACH}")
        waiting.register(member.peer, selectors.EVENT_READ, member)
        members.append(member)
        heapq.heappush(due, (time.monotonic() + HEARTBEAT_SECONDS, number))
        take_ready(waiting, 0)
    while not stop.is_set():
        take_ready(waiting, 0.01)
        while due and due[0][0] <= time.monotonic():
            _, number = heapq.heappop(due)
            if members[number].stable:
                members[number].beat()
            heapq.heappush(due, (time.monotonic() + HEARTBEAT_SECONDS, number))
        if not settled.is_set() and all(member.stable for member in members):
            settled.set()
    for member in members:
        member.peer.close()


def take_ready(waiting, seconds):
    for key, _ in waiting.select(seconds):
        key.data.take()


def first_record_ms(group, *flags):
    """From exec to the first record's line on a pipe."""
    begin = time.perf_counter()
    reader = subprocess.Popen(["sl-consume", "t", "-g", group, *flags], stdout=subprocess.PIPE)
    assert reader.stdout.readline()
    took = (time.perf_counter() - begin) * 1000
    reader.send_signal(signal.SIGTERM)
    reader.stdout.read()
    reader.wait()
    return took


def fifth_member_ms(rounds):
    """From exec until a fifth member reads its share, beside four that read already, while records come."""
    tool("sl-topic", "create", "five", "-p", 10)
    lines = subprocess.Popen(["sh", "-c", "while sleep 0.01; do echo x; done"], stdout=subprocess.PIPE)
    producer = subprocess.Popen(["sl-produce", "five"], stdin=lines.stdout, stderr=subprocess.DEVNULL)
    words = ["sl-consume", "five", "-g", "five", "--group-protocol", "consumer"]
    members = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in range(4)]
    times = []
    for _ in range(rounds):
        time.sleep(3)  # the four have shared it among them
        begin = time.perf_counter()
        fifth = subprocess.Popen(words, stdout=subprocess.PIPE)
        assert fifth.stdout.readline()
        times.append((time.perf_counter() - begin) * 1000)
        fifth.send_signal(signal.SIGTERM)
        fifth.communicate()
    for process in (lines, producer, *members):
        process.terminate()
        process.wait()
    lines.stdout.close()
    return times


def run_first(table, options):
    with Scratch() as scratch, Daemon(scratch) as daemon:
        tool("sl-topic", "create", "t", "-p", 4)
        tool("sl-produce", "t", input=b"line\n" * 4)
        first = first_record_ms("first")
        table.row("first record of the first group", f"{first:.1f} ms", "makes __consumer_offsets", "≤ 300 ms",
                  first <= 300)
        for name, flags in (("a fresh group", ()), ("a fresh KIP-848 group", ("--group-protocol", "consumer"))):
            times = [first_record_ms(f"{name}-{i}", *flags) for i in range(10)]
            table.row(f"first record of {name}", spread(times, " ms"), "", "≤ 50 ms", median(times) <= 50)
        fifth = fifth_member_ms(options.rounds)
        table.row("a fifth KIP-848 member reads its share", spread(fifth, " ms"), "from exec", "≤ 1500 ms",
                  max(fifth) <= 1500)


def run(table, options):
    """first records of groups; offset commits a second; processor time and memory of 5,000 idle members"""
    table.head("groups: from exec to the first record")
    run_first(table, options)
    table.head(f"groups: {COMMITTERS * COMMITS} commits; {GROUPS} groups of {MEMBERS_EACH} classic members")
    with Scratch() as scratch, Daemon(scratch, "--set", "max.connections=20000") as daemon:
        address = daemon.brokers.removeprefix("unix:")
        tool("sl-topic", "create", "t", "-p", 4)
        begin = time.perf_counter()
        find_coordinator(address, "first")
        table.row("the first group's coordinator found", f"{(time.perf_counter() - begin) * 1000:.1f} ms",
                  "makes __consumer_offsets")
        rates = [commit_rate(address) / 1000 for _ in range(options.rounds)]
        table.row("offset commits, fsync before ack", spread(rates, " k/s"), "", "≥ 20 k/s", median(rates) >= 20)
        before = daemon.rss_mib()
        stop, settled = threading.Event(), threading.Event()
        crowd = threading.Thread(target=idle_members, args=(address, stop, settled))
        crowd.start()
        if not settled.wait(120):
            table.skip("idle members", "the groups did not come to rest")
        else:
            cpu = daemon.cpu_seconds()
            time.sleep(IDLE_SECONDS)
            percent = (daemon.cpu_seconds() - cpu) / IDLE_SECONDS * 100
            each = (daemon.rss_mib() - before) * 1024 / (GROUPS * MEMBERS_EACH)
            table.row(f"processor, {GROUPS * MEMBERS_EACH} idle members", f"{percent:.1f} %",
                      f"a heartbeat each every {HEARTBEAT_SECONDS} s", "≤ 5 %", percent <= 5)
            table.row("memory of an idle member", f"{each:.1f} KiB", "its connection included")
        stop.set()
        crowd.join()
