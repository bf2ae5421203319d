#!/usr/bin/env python3
"""The shells' adapters name exactly the tools there are, and each tool offers every command and option it declares."""
import re
import subprocess

from house import BUILD, ROOT, finish

# Where each adapter lists the tools.
LISTS = {"completions/sl.bash": r"^complete .*-F \w+ (.*)$", "completions/_sl": r"^#compdef (.*)$",
         "completions/sl.fish": r"^for tool in (.*)$", "completions/CMakeLists.txt": r"^foreach\(tool (.*)\)$"}


def lines(*words):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=20,
                          stdin=subprocess.DEVNULL).stdout.splitlines()


tools = sorted(p.name for pattern in ("sl-*", "streamlogd") for p in (BUILD / "bin").glob(pattern) if "." not in p.name
               and list((ROOT / "man").glob(f"{p.name}.[18].scd")))
violations, checked = [], 0
for name, pattern in LISTS.items():
    listed = re.search(pattern, (ROOT / name).read_text(), re.M)
    named = sorted(listed.group(1).split()) if listed else []
    violations += [f"{name} does not name {tool}" for tool in tools if tool not in named]
for tool in tools:
    for line in lines(BUILD / "bin" / tool, "--dump-cli"):
        path, names, *_ = line.split("\t")
        words = path.split()[1:]
        wanted = [n for n in names.split(",") if n.startswith("--")] if names else words[-1:]
        before = words if names else words[:-1]
        for name in wanted:
            checked += 1
            offered = [o.split("\t")[0] for o in lines(BUILD / "bin" / tool, "__complete", "--", *before, name)]
            if name not in offered:
                violations.append(f"{' '.join([tool, *before])} does not complete {name}")
finish(violations, checked)
