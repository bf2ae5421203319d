#!/usr/bin/env python3
"""Heavy or foreign headers stay in the few files that wrap them; every header guards itself; every file says first what
it holds (a .cc beside its header, or a unit
test, leaves that to the header)."""
import re

from house import finish, line_of, shown, sources

# A header's pattern and the files that may include it.
PLACES = [
    (r"CLI/.*", r"tools/common/command_\w+\.cc"),
    (r"toml\+\+/.*|toml\.hpp", r"daemon/config\w*\.cc|tools/common/config_file\.cc"),
    (r"simdjson.*", r"(tools/common/json_\w+|libstreamlog/query/(format_json_decode|infer_schema|json_text)|tests/conformance/json)\.cc"),
    (r"spdlog/.*", r"libstreamlog/base/log_spdlog\.cc"),
    (r"lmdb\.h", r"libstreamlog/kv/lmdb_\w+\.cc"),
    (r"uv\.h", r"libstreamlog/aio/uv_\w+\.(h|cc)"),
    (r"re2/.*", r"(tools|libstreamlog/client|libstreamlog/query|daemon/group)/.*\.cc"),
    (r"absl/.*", r"libstreamlog/query/zone\.cc"),
    (r"(zstd|lz4|lz4frame|lz4hc|zlib|snappy|snappy-c)\.h", r"libstreamlog/record/\w+\.cc"),
    (r"(isa-l|isa-l/.*|crc)\.h", r"libstreamlog/base/crc32c\.cc"),
    (r"g(test|mock)/.*", r"tests/.*"),
    (r"thread|fstream|iostream|filesystem|future", r"libstreamlog/aio/(pool|uv_\w+)\.(h|cc)|tests/.*"),
]
violations, checked = [], 0
for path in sources():
    name, text = shown(path), path.read_text()
    told_elsewhere = path.suffix == ".cc" and (path.with_suffix(".h").exists() or name.startswith("tests/unit/"))
    if not text.startswith("//") and not told_elsewhere:
        violations.append(f"{name}:1: the file does not say first what it holds")
    if path.suffix == ".h" and "#pragma once" not in text:
        violations.append(f"{name}: no #pragma once")
    for match in re.finditer(r"^\s*#\s*include\s+<([^>]+)>", text, re.M):
        checked += 1
        for header, places in PLACES:
            if re.fullmatch(header, match.group(1)) and not re.fullmatch(places, name) and not name.startswith("tests/"):
                violations.append(f"{name}:{line_of(text, match.start())}: <{match.group(1)}> belongs into {places}")
finish(violations, checked)
