#!/usr/bin/env python3
"""Every shell script passes shellcheck and, where it is to be run, may be run."""
import os
import shutil
import subprocess

from house import ROOT, finish, shown, written_files

if not shutil.which("shellcheck"):
    print("ok shell # skip shellcheck is not installed")
    raise SystemExit(0)
scripts = []
for path in written_files():
    with open(path, "rb") as file:
        first = file.readline(80)
    if first.startswith(b"#!") and (b"bash" in first or b"/sh" in first):
        scripts.append(path)
violations = [f"{shown(p)}: starts with #! but is not executable" for p in scripts
              if not os.access(p, os.X_OK) and p.name != "make-page"]
sourced = [p for p in (ROOT / "completions/sl.bash", ROOT / "tests/cli/lib.sh") if p.exists()]
for path in scripts + sourced:
    shell = ["-s", "bash"] if path in sourced else []
    out = subprocess.run(["shellcheck", "-x", "-P", str(path.parent), "-f", "gcc", "-S", "warning", *shell, str(path)],
                         capture_output=True, text=True)
    violations += [line.replace(f"{ROOT}/", "") for line in out.stdout.splitlines()]
finish(violations, len(scripts))
