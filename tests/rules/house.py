"""What the rules share: the tree's files, and how a rule reports. Not a rule itself."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("SL_ROOT") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("SL_BUILD") or ROOT / "build/dev")
TOP_FOLDERS = ("libstreamlog", "daemon", "tools", "tests")


def sources(*folders, suffixes=(".h", ".cc")):
    """Our own source files below these top folders (all of them when none is named), sorted."""
    found = []
    for folder in folders or TOP_FOLDERS:
        found += [p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def written_files():
    """Every text file that people write here."""
    skipped = {".git", "build", "__pycache__", "corpus"}
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in skipped)
        found += [pathlib.Path(folder) / name for name in sorted(names)]
    return [p for p in found if p.name != "LICENSE" and p.suffix not in (".pyc", ".bin")]


def shown(path):
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def without_comments(text, keep_strings=False):
    """The code with comments and (unless told) literals blanked out, line numbers and columns unchanged."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''

    def blank(match):
        if keep_strings and match.group()[0] in "\"'R":
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return re.sub(pattern, blank, text, flags=re.S)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def finish(violations, checked):
    """Ends the rule: one line a violation, exit 1 if there is any. A rule that found nothing to check was skipped."""
    for violation in violations:
        print(violation)
    if violations:
        print(f"not ok {pathlib.Path(sys.argv[0]).stem}: {len(violations)} violations")
        sys.exit(1)
    name = pathlib.Path(sys.argv[0]).stem
    print(f"ok {name}: {checked} checked" if checked else f"ok {name} # skip nothing to check yet")
    sys.exit(0)
