// Readers: the input cut into records, in the ways that sl-produce knows. Each looks at what was read so far and either
// finds a record in it, wants more, or says what is wrong with it.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

#include "tools/common/input_record.h"
#include "tools/sl-produce/options.h"

namespace sl::tools::produce {

enum class Step {
  kRecord,  // there is one, of `taken` bytes
  kSkip,    // `taken` bytes that hold none
  kMore,    // the record goes on behind what was given; with `last`, there is none left
  kBad,     // it cannot be read: error()
};

struct Look {
  std::string_view input;
  size_t readable = 0;  // bytes that may be looked at from input.data() on
  bool last = false;    // the file ends behind `input`
};

class RecordReader {
 public:
  virtual ~RecordReader() = default;
  virtual void begin_file() {}
  // The record's views are good until the next call and while the input stays where it is.
  virtual Step read(const Look& look, InputRecord& record, size_t& taken) = 0;
  const Error& error() const { return error_; }

  // What ends a record; empty where nothing does, so that a record that is too large cannot be passed over.
  virtual std::string_view delimiter() const { return {}; }
  // What a record of `record_bytes` may take in the input at most.
  virtual size_t input_bytes_max(size_t record_bytes) const { return record_bytes; }
  // What a number of a record counts: lines, records or files.
  enum class Unit { kLine, kRecord, kFile };
  virtual Unit unit() const { return Unit::kRecord; }

 protected:
  Error error_;
};

// kUsage where the format cannot be read by.
Result<std::unique_ptr<RecordReader>> make_reader(const Options& options);

}  // namespace sl::tools::produce
