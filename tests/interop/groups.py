#!/usr/bin/env python3
"""What members of a group wrote, and whether it is right.

  groups.py owned FILE        the partitions that Kafka's verifiable consumer owns, by its events, in one line
  groups.py records FILE...   `partition offset value` of what verifiable consumers read
  groups.py judge COUNT FILE...   lines `partition value`: each of the values 1 to COUNT is there, and how many twice
"""
import collections
import json
import sys


def events(path):
    for line in open(path):
        if line.startswith("{"):
            yield json.loads(line)


def owned(path):
    partitions = set()
    for event in events(path):
        touched = {one["partition"] for one in event["partitions"]} if "partitions_" in event["name"] else set()
        if event["name"] == "partitions_assigned":
            partitions |= touched
        elif event["name"] in ("partitions_revoked", "partitions_lost"):
            partitions -= touched
    print(*sorted(partitions))


def records(paths):
    for path in paths:
        for event in events(path):
            if event["name"] == "record_data":
                print(event["partition"], event["offset"], event["value"])


def judge(count, paths):
    seen = collections.Counter(int(line.split()[-1]) for path in paths for line in open(path))
    missing = sum(1 for value in range(1, count + 1) if value not in seen)
    print(f"{missing} missing, {sum(seen.values()) - len(seen)} twice")


if sys.argv[1] == "owned":
    owned(sys.argv[2])
elif sys.argv[1] == "records":
    records(sys.argv[2:])
else:
    judge(int(sys.argv[2]), sys.argv[3:])
