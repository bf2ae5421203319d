#!/usr/bin/env python3
"""No process-wide mutable state: nothing of our modules lies in .bss or .data. Constants lie in .rodata and
.data.rel.ro, which nm tells apart from them only by the section, so objdump is asked."""
import re
import subprocess

from house import BUILD, finish

# What the compiler, the language or a header-only library puts there.
# By their name constants are constant; one that is made at run time still lies in .bss.
ALLOWED = re.compile(r"^(.*::k[A-Z]\w*$|guard variable for |std::__ioinit|CLI::|DW\.ref\.|\.|__TMC_END__)")
# A signal handler's flag has no other place; the others are made once and then constant, or have no state at all.
ALLOWED_NAMES = {
    "tools_common/signals.cc": r".*",
    "base/clock_system.cc": r"sl::system_clock\(\)::clock",
    "base/file_posix.cc": r"sl::system_files\(\)::files",
    "base/crc32c.cc": r".*::has",
    "base/errors.cc": r".*::table",
    # The same: made at the first call, never changed.
    "query/type.cc": r".*simple_type.*::types",
    "query/catalogue.cc": r".*headers_type\(\)::type",
    "query/aggregates.cc": r".*aggregate_functions\(\)::entries",
}

violations, checked = set(), 0
for archive in sorted(BUILD.rglob("libsl_*.a")):
    module = archive.stem.removeprefix("libsl_")
    out = subprocess.run(["objdump", "-t", "-C", str(archive)], capture_output=True, text=True, check=True).stdout
    item = ""
    for line in out.splitlines():
        head = re.match(r"^(\S+\.o):\s+file format", line)
        if head:
            item = head.group(1).removesuffix(".o")
            continue
        match = re.match(r"^[0-9a-f]{16} .{7} (\.t?bss\S*|\.t?data(?!\.rel\.ro)\S*)\s+[0-9a-f]+\s+(.*)$", line)
        if not match:
            continue
        name = match.group(2).removeprefix(".hidden ").strip()
        checked += 1
        if name and not ALLOWED.match(name) and not re.fullmatch(ALLOWED_NAMES.get(f"{module}/{item}", ""), name):
            violations.add(f"{module}/{item}: {name} is mutable and process-wide")
finish(sorted(violations), max(checked, 1))
