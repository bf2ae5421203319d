// What every tool's process begins with, and the way to die. A tool ignores SIGPIPE, since a broker that hangs up must
// be an error and not the end (libuv writes without MSG_NOSIGNAL); when its own output has lost its reader it dies by
// SIGPIPE after all, quietly, as every filter in a shell pipe does. Signals are process-wide by nature; only main()
// calls these.
#pragma once

namespace sl::tools {

void ignore_sigpipe();
// Where the shell closed one of the three standard descriptors (<&-, >&-), puts a file there that cannot be used: else
// the next file or socket would get that number, and be taken for it.
void occupy_standard_descriptors();
// Puts the signal back to its default and raises it: the shell sees 128 + n. Does not return.
[[noreturn]] void die_by_signal(int number);
// For a lost reader of standard output.
[[noreturn]] void die_by_sigpipe();

}  // namespace sl::tools
