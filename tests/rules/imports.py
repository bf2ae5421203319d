#!/usr/bin/env python3
"""The outside enters through seams: `nm` over every module's archive. Only the objects listed here may call the
system's clock, files, sockets, threads or randomness; everything else goes through the interfaces, so that a test can
replace them."""
import re
import subprocess

from house import BUILD, finish

# The real halves of the seams: module, object, what it may call.
ALLOWED = [
    ("aio", r"(uv_\w+|pool)\.cc\.o", r".*"),
    ("base", r"(file_posix|clock_system|random|log_spdlog)\.cc\.o", r".*"),
    ("kv", r"lmdb_\w+\.cc\.o", r".*"),
    # What a tool says on standard error, and its help on standard output.
    ("tools_common", r"(message|command_line)\.cc\.o", r"fwrite"),
    # Data on standard output, and lines from standard input.
    ("tools_common", r"plain_text\.cc\.o", r"fwrite|(__)?fread(_chk)?"),
    # The three standard descriptors are the process's, before there is any seam.
    ("tools_common", r"signals\.cc\.o", r"(__)?open(64)?(_2)?"),
    # CLI11 is a header that can read configuration files; we never let it.
    ("tools_common", r"command_parse\.cc\.o", r"std::(basic_filebuf|basic_ifstream|filesystem)\b.*"),
]
FORBIDDEN = re.compile(r"""^(
    uv_\w+ | clock_gettime(64)? | gettimeofday | time | nanosleep | usleep | sleep
  | (__)?(p?read|p?write)(v2?|64|64v2?|v64)?(_chk)? | (__)?recv\w* | send(to|msg|mmsg|file)? | splice
  | open(at)?(64)? | __open(at)?(64)?_2 | fopen(64)? | fread | fwrite | fsync | fdatasync | f?truncate(64)?
  | unlink(at)? | rename(at2?)? | mkdir(at)? | fallocate(64)? | posix_fallocate(64)?
  | socket | connect | bind | listen | accept4? | poll | epoll_\w+ | select
  | getrandom | getentropy | rand | random | srand
  | pthread_create | fork | vfork | exec\w+ | posix_spawn\w*
  | std::chrono::(_V2::)?\w+_clock::now\(\) | std::random_device::.* | std::thread::.* | std::this_thread::.*
  | std::basic_(i|o)?fstream<.* | std::basic_filebuf<.* | std::filesystem::.*
)(@.*)?$""", re.X)


def undefined_symbols(archive):
    out = subprocess.run(["nm", "-A", "-C", "-u", str(archive)], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        match = re.match(r"^.*?:([^:]+\.o):\s+[Uw] (.+)$", line)
        if match:
            yield match.groups()


def allowed(module, item, symbol):
    return any(module == m and re.fullmatch(o, item) and re.fullmatch(s, symbol.split("@")[0]) for m, o, s in ALLOWED)


violations, checked = set(), 0
for archive in sorted(BUILD.rglob("libsl_*.a")):
    module = archive.stem.removeprefix("libsl_")
    for item, symbol in undefined_symbols(archive):
        checked += 1
        if FORBIDDEN.match(symbol) and not allowed(module, item, symbol):
            violations.add(f"{module}/{item.removesuffix('.o')}: calls {symbol.split('@')[0]} past the seams")
finish(sorted(violations), checked)
