// Store: an ordered map from byte strings to byte strings, read and changed in transactions. Two of them: LMDB
// (lmdb_store.h) and a crash-faithful fake (fake_store.h). Keys order as unsigned bytes (key.h composes them).
//
// What is hard about it is lifetime: views point into the store's own pages. They live as long as the function that
// read() or write() runs, and within write() only until its next change. Cursors die with that function too.
//
// All calls block and may come from any thread: they are made inside pool jobs. Readers run beside each other and
// beside the one writer, and see the state of the last commit. A function must not call its store again, and must
// be short: a reader keeps the pages it may see from being used again, so the file would grow.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sl::kv {

// LMDB's limit, and with the key a value of up to 2,030 bytes stays off overflow pages (4 KiB pages).
inline constexpr size_t kKeyBytesMax = 511;
inline constexpr size_t kValueBytesMax = 2048;

struct Entry {
  std::string_view key;
  std::string_view value;
};
// An entry, or none where there is none.
using Found = Result<std::optional<Entry>>;

// What a store gives a Cursor to stand on. Only Cursor calls it.
class Position {
 public:
  virtual ~Position() = default;
  // The first entry at or after `key`; the very first where it is empty.
  virtual Found at_or_after(std::string_view key) = 0;
  // The last entry before `key`; the very last where it is empty.
  virtual Found before(std::string_view key) = 0;
  virtual Found next() = 0;
  virtual Found prev() = 0;
};

// Walks the entries whose keys begin with a prefix, and sees no others. After a call that found nothing, and after a
// change in the same transaction, it stands nowhere: next() and prev() find nothing until it is placed again.
class Cursor {
 public:
  Cursor(std::unique_ptr<Position> position, std::string_view prefix);
  Found first();
  Found last();
  // The first entry whose key is at or after `key`, which is a whole key and includes the prefix.
  Found seek(std::string_view key);
  // The last entry whose key is at or before `key`.
  Found floor(std::string_view key);
  Found next();
  Found prev();

 private:
  Found place(Found found);
  std::unique_ptr<Position> position_;
  std::string prefix_;
  std::string end_;
  bool placed_ = false;
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::optional<std::string_view>> get(std::string_view key) = 0;
  Result<Cursor> cursor(std::string_view prefix = {});

 protected:
  virtual Result<std::unique_ptr<Position>> position() = 0;
};

// A change that failed spoils its transaction: write() then returns that error, whatever the function says.
class Writer : public Reader {
 public:
  // Adds or replaces. kTooLarge beyond the limits above, kMalformed for an empty key, kMapFull, kIo.
  virtual Status put(std::string_view key, std::string_view value) = 0;
  // A key that is not there is no error.
  virtual Status erase(std::string_view key) = 0;
  // Erases the keys from `from` (included) to `to` (excluded; to the end where it is empty), and says how many.
  virtual Result<uint64_t> erase_range(std::string_view from, std::string_view to) = 0;
  Result<uint64_t> erase_prefix(std::string_view prefix);
};

struct Stats {
  uint64_t entries = 0;
  uint64_t used_bytes = 0;  // of the file, free pages within it included
  uint64_t map_bytes = 0;   // what it may grow to before the map must
};

class Store {
 public:
  virtual ~Store() = default;
  // Runs `look` on one consistent state and returns what it returns.
  virtual Status read(const std::function<Status(Reader&)>& look) = 0;
  // Runs `change` as one transaction: durable when this returns ok, without effect when it returns an error, except
  // that after kIo it may turn out either way. `change` runs a second time when the map was full and has grown, so it
  // must start over each time it is called. kMapFull, kDiskFull, kIo, kCorrupt.
  virtual Status write(const std::function<Status(Writer&)>& change) = 0;
  virtual Result<Stats> stats() = 0;
  // Waits for the calls under way; those that come later fail with kIo. A second close does nothing.
  virtual void close() = 0;
};

// How the daemon gets at its index: LMDB in production, the fake under simulation.
class Opener {
 public:
  virtual ~Opener() = default;
  // Makes the store if there is none. kCorrupt: destroy it and build it anew. A path may be open once at a time.
  virtual Result<std::unique_ptr<Store>> open(const std::string& path) = 0;
  // Removes a closed store, durably; none there is no error.
  virtual Status destroy(const std::string& path) = 0;
};

// What put() checks in every store.
Status check_entry(std::string_view key, std::string_view value);

}  // namespace sl::kv
