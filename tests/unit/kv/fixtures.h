// What the tests of kv share: a directory that goes away, and one-line look-ups that fail loudly.
#pragma once
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "kv/store.h"

namespace sl::kv {

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(fmt::format("{}sl-kv-{:x}", testing::TempDir(), system_random()->next())) {
    auto made = system_files().make_directory(path_);
    EXPECT_TRUE(made.ok()) << made.error().context;
  }
  ~TemporaryDirectory() {
    auto removed = system_files().remove_tree(path_);
    EXPECT_TRUE(removed.ok()) << removed.error().context;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string index() const { return path_ + "/index.lmdb"; }

 private:
  std::string path_;
};

inline std::string shown(const Found& found) {
  if (!found.ok()) return fmt::format("error {}", found.error().context);
  if (!found->has_value()) return "none";
  return fmt::format("{}={}", (*found)->key, (*found)->value);
}

inline Status put_all(Store& store, const std::vector<std::pair<std::string, std::string>>& entries) {
  return store.write([&](Writer& writer) -> Status {
    for (const auto& [key, value] : entries) SL_CHECK(writer.put(key, value));
    return {};
  });
}

// The value of a key, or "none", or the error's sentence.
inline std::string value_of(Store& store, std::string_view key) {
  std::string value = "none";
  Status done = store.read([&](Reader& reader) -> Status {
    SL_TRY(auto found, reader.get(key));
    if (found) value = *found;
    return {};
  });
  return done ? value : fmt::format("error {}", done.error().context);
}

inline std::vector<std::pair<std::string, std::string>> all_of(Store& store, std::string_view prefix = {}) {
  std::vector<std::pair<std::string, std::string>> entries;
  Status done = store.read([&](Reader& reader) -> Status {
    SL_TRY(Cursor cursor, reader.cursor(prefix));
    SL_TRY(auto entry, cursor.first());
    while (entry) {
      entries.emplace_back(entry->key, entry->value);
      SL_TRY(entry, cursor.next());
    }
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().context;
  return entries;
}

}  // namespace sl::kv
