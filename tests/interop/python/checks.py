"""What both Python clients share: named checks, and records in the form of records.py."""
import base64
import json
import sys
import traceback


def check(name, step, *arguments):
    """Runs a step of the scenario; what it raises is the failure."""
    try:
        step(*arguments)
        print(f"ok {name}", flush=True)
    except Exception as error:  # Whatever a client raises is this check's failure, not the end of the others.
        traceback.print_exc()
        print(f"not ok {name}: {type(error).__name__} {str(error)[:300]}", flush=True)


def same(wanted, got):
    if wanted != got:
        raise AssertionError(f"wanted {wanted}, got {got}")


def fails_with(word, call, *arguments):
    """The call must raise an error that names this word."""
    try:
        call(*arguments)
    except Exception as error:
        if word not in f"{type(error).__name__} {error}":
            raise
        return
    raise AssertionError(f"no error, wanted {word}")


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def read_records(folder):
    for line in open(f"{folder}/theirs.jsonl"):
        one = json.loads(line)
        yield (one["partition"], one["ts"], to_bytes(one["key"]), to_bytes(one["value"]),
               [(name, to_bytes(text)) for name, text in one["headers"]])


def write_record(file, partition, ts, key, value, headers):
    def text(data):
        return None if data is None else base64.b64encode(data).decode()

    file.write(json.dumps({"partition": partition, "ts": ts, "key": text(key), "value": text(value),
                           "headers": [[name, text(data)] for name, data in headers or []]}) + "\n")


def arguments():
    return sys.argv[1], sys.argv[2]
