// The exit codes that every tool keeps to and every manual lists. The code of an error comes from the one table in
// base/errors.h; what is hard is only the tool that did several things, of which some failed.
#pragma once
#include "base/errors.h"
#include "base/result.h"

namespace sl::tools {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,           // an operation failed, whichever item it was
  kExitUsage = 2,            // the command line or the configuration file is wrong; nothing was tried
  kExitUnreachable = 3,      // no broker answers, or none in time
  kExitNotFound = 4,         // a topic, group or file that was named does not exist
  kExitConditionNotMet = 5,  // what was waited for or asked about is not so
};

inline int exit_code_of(Errc code) {
  int exit_code = error_info(code).exit_code;
  return exit_code == kExitOk ? kExitFailed : exit_code;
}
inline int exit_code_of(const Error& error) {
  return exit_code_of(error.code);
}

// The code after one more item: the common code where all failures agree, else kExitFailed.
inline int merge_exit_codes(int so_far, int next) {
  if (next == kExitOk || next == so_far) return so_far;
  return so_far == kExitOk ? next : kExitFailed;
}

}  // namespace sl::tools
