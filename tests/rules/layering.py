#!/usr/bin/env python3
"""Who may include whom: the table in ARCHITECTURE.md against every #include "module/..." of the tree."""
import re

from house import ROOT, finish, line_of, shown, sources

OWN = "the daemon's own files"


def modules_on_disk():
    lib = {p.name for p in (ROOT / "libstreamlog").iterdir() if p.is_dir()}
    daemon = {p.name for p in (ROOT / "daemon").iterdir() if p.is_dir()}
    return lib, daemon


def read_table():
    """Module name -> the words of its second column."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rows = re.search(r"\| module \| may include \|\n\|[-|]+\|\n((?:\|.*\n)+)", text)
    if not rows:
        finish(["ARCHITECTURE.md: the table `| module | may include |` is gone"], 0)
    table = {}
    for row in rows.group(1).splitlines():
        names, allowed = [cell.strip() for cell in row.strip("|").split("|")]
        for name in names.split(","):
            table[name.strip()] = allowed
    return table


def allowed_set(cell, everything, daemon):
    allowed = set()
    for part in [p.strip() for p in cell.split(",")]:
        if part == "anything":
            allowed |= everything
        elif part == "everything in daemon":
            allowed |= daemon
        elif part.startswith("everything but "):
            allowed |= everything - set(part.removeprefix("everything but ").split()) - {"tests"}
        elif part != "–":
            allowed |= set(part.split())
    return allowed


def module_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] in ("tools", "tests"):
        return parts[0]
    return parts[1] if len(parts) > 2 else OWN


lib, daemon = modules_on_disk()
table = read_table()
everything = lib | daemon | {"tools", "tests", OWN}
violations = [f"ARCHITECTURE.md: the table does not name the module {m}" for m in sorted((lib | daemon) - set(table))]
checked = 0
for path in sources():
    module = module_of(path)
    if module not in table:
        continue
    allowed = allowed_set(table[module], everything, daemon) | {module}
    text = path.read_text()
    for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
        checked += 1
        target = match.group(1).split("/")
        where = f"{shown(path)}:{line_of(text, match.start())}"
        if len(target) == 1 and module == "tests" and (path.parent / target[0]).is_file():
            continue
        if len(target) == 1 or target[0] == "daemon":
            included = OWN
            if not (ROOT / "daemon" / target[-1]).is_file():
                violations.append(f"{where}: name the module: \"module/{match.group(1)}\"")
                continue
        else:
            included = target[0]
        if included not in allowed:
            violations.append(f"{where}: {module} may not include {included}")
finish(violations, checked)
