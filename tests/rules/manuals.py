#!/usr/bin/env python3
"""Every tool's manual says what its --help says: each option and command of the declaration stands in both; the pages
have their sections in order and man reads them without a warning."""
import re
import shutil
import subprocess

from house import BUILD, ROOT, finish

ORDER = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "OFFSETS", "FORMAT", "SIGNALS", "BROKERS", "EXAMPLES",
         "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"]
REQUIRED = {"1": ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"],
            "8": ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "FILES", "SEE ALSO"]}


def output(*words):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=20).stdout


def plain(page):
    """The page as text, without font changes and escapes."""
    text = re.sub(r"\\f[A-Z]|\\&|^\.\w+ ?|\\%", "", page.read_text(), flags=re.M)
    return text.replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\").replace("\\(ha", "^").replace("\\(ti", "~")


def check_sections(source, violations):
    titles = [t for t in re.findall(r"^# (.+)$", source.read_text(), re.M)]
    known = [t for t in titles if t in ORDER]
    if known != sorted(known, key=ORDER.index):
        violations.append(f"man/{source.name}: sections out of order: {', '.join(titles)}")
    for title in REQUIRED.get(source.name.split(".")[-2], ["NAME", "DESCRIPTION", "SEE ALSO"]):
        if title not in titles:
            violations.append(f"man/{source.name}: no section {title}")


def check_tool(tool, page, violations):
    manual = plain(page)
    for line in output(BUILD / "bin" / tool, "--dump-cli").splitlines():
        path, names, *_ = line.split("\t")
        if not names:
            command = path.split()[-1]
            if path != tool and not re.search(rf"\b{re.escape(command)}\b", manual):
                violations.append(f"man/{page.name}: the command {path} is missing")
            continue
        help_text = output(BUILD / "bin" / tool, *path.split()[1:], "--help")
        for name in names.split(","):
            name = name.strip()
            if name not in help_text and name.strip("[].") not in help_text:
                violations.append(f"{path} --help does not show {name}")
            if name not in manual:
                violations.append(f"man/{page.name}: {path} {name} is missing")


violations, checked = [], 0
for source in sorted((ROOT / "man").glob("*.scd")):
    check_sections(source, violations)
    page = BUILD / "man" / source.stem
    if not page.exists():
        continue
    checked += 1
    tool = source.name.split(".")[0]
    if source.stem[-1] in "18":
        check_tool(tool, page, violations)
    if shutil.which("man"):
        warnings = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)],
                                  capture_output=True, text=True).stderr
        violations += [f"man/{page.name}: {line}" for line in warnings.splitlines()]
finish(sorted(set(violations)), checked)
