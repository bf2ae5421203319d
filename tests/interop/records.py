"""The records that travel between the clients, one JSON object a line: {"partition", "ts", "key", "value", "headers"}
with every byte string in base64 or null. In files they are sorted by partition, in each as they were written.

    make [LACK...]    the records of the scenario; those with a key lie where Java's partitioner puts them among three.
                      LACK is what a client has no way to write: null-record, null-header
    to-json           from that form to what sl-produce -J reads
    from-json         from what sl-consume -J writes to that form
    sorted            what a client wrote, in order of partitions and with its JSON as ours
    grouped           the same, and the headers of one name stand together
"""
import base64
import hashlib
import json
import sys

PARTITIONS = 3


def b64(data):
    return None if data is None else base64.b64encode(data).decode()


def murmur2(data):
    """Kafka's hash of a key, written from its definition: murmur2 with the seed 0x9747b28c, little endian."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    hashed = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        block = int.from_bytes(data[at:at + 4], "little") * multiplier & mask
        block = (block ^ block >> 24) * multiplier & mask
        hashed = hashed * multiplier & mask ^ block
    if len(data) > whole:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * multiplier & mask
    hashed = (hashed ^ hashed >> 13) * multiplier & mask
    return hashed ^ hashed >> 15


def record(number, key, value, headers=()):
    partition = number % PARTITIONS if key is None else (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
    return {"partition": partition, "ts": 1600000000000 + number * 977, "key": b64(key), "value": b64(value),
            "headers": [[name, b64(text)] for name, text in headers]}


def made(lacks):
    for number in range(240):
        key = None if number % 7 == 0 else f"user-{number % 61}".encode()
        headers = [("n", str(number).encode())] if number % 3 == 0 else []
        yield record(number, key, f"value {number} ".encode() + b"a line of text that compresses well " * 5, headers)
    yield record(300, b"", b"an empty key is no null key")
    yield record(301, b"tombstone", None)
    yield record(302, b"empty", b"")
    yield record(303, bytes(range(256)), bytes(range(255, -1, -1)) * 4)
    yield record(304, "schlüssel-鍵".encode(), "wert-値\n".encode())
    yield record(305, b"headers", b"in order, doubled, empty, binary",
                 [("b", b"1"), ("a", b"2"), ("b", b"3"), ("empty", b""), ("ü", b"\xff\x00")])
    if "null-header" not in lacks:
        yield record(306, b"headers", b"a header without a value", [("null", None)])
    if "null-record" not in lacks:
        yield record(307, None, None)
    block = b"".join(hashlib.sha256(str(i).encode()).hexdigest().encode() for i in range(6000))
    yield record(308, b"large", block)


def write(records):
    for one in sorted(records, key=lambda one: one["partition"]):
        print(json.dumps({name: one[name] for name in ("partition", "ts", "key", "value", "headers")}, separators=(",", ":")))


def to_json(one):
    line = {"ts": one["ts"], "partition": one["partition"]}
    for name in ("key", "value"):
        line.update({name: None} if one[name] is None else {name + "64": one[name]})
    line["headers"] = [[name, None if text is None else {"b64": text}] for name, text in one["headers"]]
    return line


def from_json(line):
    def of(name):
        if name + "64" in line:
            return line[name + "64"]
        return None if line[name] is None else b64(line[name].encode())

    def header(text):
        return text["b64"] if isinstance(text, dict) else None if text is None else b64(text.encode())

    return dict(line, key=of("key"), value=of("value"), headers=[[name, header(text)] for name, text in line["headers"]])


def grouped(one):
    names = list(dict.fromkeys(name for name, _ in one["headers"]))
    return dict(one, headers=sorted(one["headers"], key=lambda header: names.index(header[0])))


command = sys.argv[1]
if command == "make":
    write(made(sys.argv[2:]))
elif command == "to-json":
    for text in sys.stdin:
        print(json.dumps(to_json(json.loads(text))))
elif command == "from-json":
    write(from_json(json.loads(text)) for text in sys.stdin)
else:
    write(grouped(json.loads(text)) if command == "grouped" else json.loads(text) for text in sys.stdin)
