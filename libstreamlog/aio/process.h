// Running another program: what it is given, and how it ended.
#pragma once
#include <string>
#include <vector>

#include "base/bytes.h"

namespace sl::aio {

struct ProcessCall {
  std::vector<std::string> words;        // the program, looked for in PATH, and its arguments
  std::vector<std::string> environment;  // NAME=VALUE, in place of or beside what this process has
  Bytes input;                           // its standard input; must stay until it has ended
};

struct ProcessEnd {
  int64_t exit_code = 0;
  int signal = 0;  // that ended it; 0 where it ended by itself
  bool good() const { return exit_code == 0 && signal == 0; }
};

}  // namespace sl::aio
