#!/usr/bin/env python3
"""Nothing is left over: no marks of unfinished work, no paths of one machine, no conflict marks, and none of the names
that say nothing."""
import re

from house import finish, shown, sources, without_comments, written_files

MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|^(<{7}|>{7}|={7})( |$)")
PATHS = re.compile(r"(?<![\w.])/(work|root)/|\.\./sha" r"red\b|/tmp/build-")
NAMES = re.compile(r"\b(?:class|struct|enum class)\s+(?:\[\[\w+\]\]\s+)?(\w*(?:Manager|Helper|Util|Utils|Impl|Data))\b")
BINARY = (".png", ".gz", ".zst", ".snappy", ".lz4", ".batch", ".log")

violations, checked = [], 0
for path in written_files():
    if path.suffix in BINARY or path.parent.name == "rules":
        continue
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        continue
    checked += 1
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in ((MARKS, "a leftover mark"), (PATHS, "a path of one machine")):
            found = pattern.search(line)
            if found:
                violations.append(f"{shown(path)}:{number}: {what}: {found.group().strip()}")
        if line != line.rstrip() and path.suffix not in (".md", ".scd"):
            violations.append(f"{shown(path)}:{number}: space at the end of the line")
for path in sources():
    if "/wire/" in shown(path):
        continue  # The messages there bear Kafka's own names.
    for match in NAMES.finditer(without_comments(path.read_text())):
        violations.append(f"{shown(path)}: {match.group(1)} does not say what it is")
finish(violations, checked)
