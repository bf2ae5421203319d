#!/usr/bin/env python3
"""No file over 800 lines (tests 1,200), nine in ten under 500, no function over 70."""
import re

from house import finish, shown, sources

LINES_MAX, TEST_LINES_MAX, USUAL_LINES_MAX, FUNCTION_LINES_MAX = 800, 1200, 500, 70


def functions(lines):
    """(first line, length) of every function body. The code is formatted, so a body ends where a closing brace stands
    in the column that the line with the signature's first word started in."""
    heads = re.compile(r"^( *)(?!namespace|class |struct |enum |union |extern |using |#|//|case |if |for |while |switch "
                       r"|else|do |\}|return )\S.*")
    index = 0
    while index < len(lines):
        line = lines[index]
        match = heads.match(line)
        if not match or not line.endswith("{") or "(" not in line and not lines[index - 1].rstrip().endswith(","):
            index += 1
            continue
        first = index
        while first > 0 and lines[first].startswith("    ") and "(" not in lines[first].split("{")[0]:
            first -= 1
        indent = len(lines[first]) - len(lines[first].lstrip())
        end = index + 1
        while end < len(lines) and not re.match(r" {%d}\}" % indent, lines[end]):
            end += 1
        if indent <= 2:
            yield first + 1, end - index + 1
            index = end
        index += 1


violations, lengths = [], []
for path in sources():
    lines = path.read_text().splitlines()
    limit = TEST_LINES_MAX if shown(path).startswith("tests/") else LINES_MAX
    lengths.append(len(lines))
    if len(lines) > limit:
        violations.append(f"{shown(path)}: {len(lines)} lines, at most {limit}")
    for start, length in functions(lines):
        if length > FUNCTION_LINES_MAX:
            violations.append(f"{shown(path)}:{start}: a function of {length} lines, at most {FUNCTION_LINES_MAX}")
if lengths and sum(n < USUAL_LINES_MAX for n in lengths) < 0.9 * len(lengths):
    violations.append(f"fewer than nine in ten files are under {USUAL_LINES_MAX} lines")
finish(violations, len(lengths))
