// sl-query: continuous SQL over topics, and over pipes.
#include <unistd.h>

#include <cstdio>

#include "tools/common/command_line.h"
#include "tools/common/exit_code.h"
#include "tools/common/signals.h"
#include "tools/common/stop.h"
#include "tools/sl-query/options.h"
#include "tools/sl-query/run_script.h"
#include "tools/sl-query/run_stdin.h"
#include "tools/sl-query/shell.h"

namespace {

using namespace sl;
using namespace sl::tools;
using namespace sl::tools::query;

struct Ending {
  Stop stop;
  bool broken_pipe = false;
};

// What a file, or standard input, holds.
Result<std::string> read_all(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (!file) return Error{Errc::kNotFound, "there is no file " + path + " that can be read"};
  std::string out;
  char block[65536];
  constexpr size_t kSqlBytesMax = 16 << 20;
  for (size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0 && out.size() < kSqlBytesMax;) out.append(block, n);
  if (file != stdin) std::fclose(file);
  return out;
}

Result<std::string> sql_of(const Options& options) {
  if (options.sql && options.file) return Error{Errc::kUsage, "SQL is given twice: as an argument and by -f"};
  bool from_stdin = (options.sql && *options.sql == "-") || (options.file && *options.file == "-");
  if (from_stdin && options.stdin_format)
    return Error{Errc::kUsage, "--stdin reads data there: the SQL cannot come from standard input, too"};
  if (options.file) return read_all(*options.file);
  if (options.sql && *options.sql == "-") return read_all("-");
  if (!options.sql)
    return Error{Errc::kUsage, "say what to query: sl-query 'SELECT …;', -f FILE, or - for standard input"};
  return *options.sql;
}

int query_main(const Options& options, Messages& messages, Ending& ending) {
  messages.set_verbosity(options.common.verbose, options.common.quiet);
  if (!options.stdin_format && (options.columns || options.timestamp))
    return messages.error("", Error{Errc::kUsage, "--columns and --timestamp belong to --stdin"});
  bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  if (!options.sql && !options.file && !options.stdin_format && terminal)
    return with_cluster(options.common, messages, options.timeout_ms,
                        [&](Session& session) { return run_shell(session, options, ending.stop); });
  auto sql = sql_of(options);
  if (!sql) return messages.error("", sql.error());
  if (options.stdin_format) return run_stdin(options, *sql, messages, ending.stop, ending.broken_pipe);
  return with_cluster(options.common, messages, options.timeout_ms, [&](Session& session) {
    return run_script(session, options, *sql, ending.stop, ending.broken_pipe);
  });
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  ignore_sigpipe();
  Messages messages = Messages::to_stderr("sl-query");
  Options options;
  Ending ending;
  CommandLine cli("sl-query", "Run continuous SQL over topics and pipes.");
  declare(cli.root(), options);
  cli.root().action([&] { return query_main(options, messages, ending); });
  int exit_code = cli.run(argc, argv);
  ending.stop.die_if_requested();
  if (ending.broken_pipe) die_by_sigpipe();
  return exit_code;
}
