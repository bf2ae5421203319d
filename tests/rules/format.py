#!/usr/bin/env python3
"""Every source file is as clang-format 14 leaves it."""
import concurrent.futures
import os
import shutil
import subprocess

from house import ROOT, finish, shown, sources

if not shutil.which("clang-format-14"):
    print("ok format # skip clang-format-14 is not installed")
    raise SystemExit(0)


def well_formatted(path):
    return subprocess.run(["clang-format-14", "--dry-run", "-Werror", str(path)], cwd=ROOT, capture_output=True).returncode == 0


files = sources()
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    results = list(pool.map(well_formatted, files))
finish([f"{shown(p)}: not formatted (clang-format-14 -i)" for p, good in zip(files, results) if not good], len(files))
