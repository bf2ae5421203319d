// sl-conformance FILE|FOLDER…: runs cases of SQL and says how many hold, a line a tier.
//
//   --failures       each failing case with what was expected and what came
//   --filter TEXT    only cases whose names hold it
//   --batch N        records pushed at a time (default 1; 0: all)
//   --restart        the task is lost and restarted from its checkpoint after every batch
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "tests/conformance/case.h"

namespace {

using namespace sl;
using namespace sl::conformance;

struct Tally {
  size_t passed[2] = {0, 0}, all[2] = {0, 0};  // positives, negatives
};

struct Arguments {
  std::vector<std::string> paths;
  std::string filter;
  bool failures = false;
  RunOptions options;
};

std::string read_file(const std::string& path) {
  std::string out;
  if (auto* file = std::fopen(path.c_str(), "rb")) {
    char block[65536];
    for (size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) out.append(block, n);
    std::fclose(file);
  }
  return out;
}

std::vector<std::string> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      out.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.path().extension() == ".json") out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--failures")
      out.failures = true;
    else if (word == "--restart")
      out.options.restart = true;
    else if (word == "--filter" && i + 1 < argc)
      out.filter = argv[++i];
    else if (word == "--batch" && i + 1 < argc) {
      auto number = parse_int(argv[++i]);
      if (!number || *number < 0) return false;
      out.options.batch = *number == 0 ? 1'000'000 : static_cast<size_t>(*number);
    } else if (word.starts_with("-"))
      return false;
    else
      out.paths.push_back(word);
  }
  return !out.paths.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    fmt::print(stderr, "usage: sl-conformance [--failures] [--filter TEXT] [--batch N] [--restart] FILE|FOLDER…\n");
    return 2;
  }
  std::map<std::string, Tally> tiers;
  Tally total;
  for (const auto& path : files_of(arguments.paths)) {
    auto cases = read_cases(read_file(path));
    if (!cases) {
      fmt::print(stderr, "sl-conformance: {}: {}\n", path, cases.error().context);
      return 1;
    }
    for (const auto& one : *cases) {
      if (one.name.find(arguments.filter) == std::string::npos) continue;
      auto difference = run_case(one, arguments.options);
      size_t kind = one.negative();
      for (auto* tally : {&tiers[one.tier], &total}) {
        ++tally->all[kind];
        tally->passed[kind] += difference.empty();
      }
      if (arguments.failures && !difference.empty()) fmt::print("{} {}\n      {}\n", one.tier, one.name, difference);
    }
  }
  for (const auto& [tier, tally] : tiers)
    fmt::print("{} positives {}/{} negatives {}/{}\n", tier, tally.passed[0], tally.all[0], tally.passed[1],
               tally.all[1]);
  fmt::print("positives {}/{} negatives {}/{}\n", total.passed[0], total.all[0], total.passed[1], total.all[1]);
  return total.passed[0] == total.all[0] && total.passed[1] == total.all[1] ? 0 : 1;
}
