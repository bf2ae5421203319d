#include "tools/sl-produce/reader.h"

#include <fmt/core.h>

#include <cstring>

#include "base/text.h"
#include "tools/common/input_format.h"
#include "tools/common/json_record.h"

namespace sl::tools::produce {
namespace {

constexpr std::string_view kNewline = "\n";
// A JSON line may spell every byte of a small record as \u00xx; large ones are believed to be text or base64.
constexpr size_t kEscapedRecordBytesMax = 1 << 20;
constexpr size_t kEscapeFactor = 6;
constexpr size_t kEnvelopeBytes = 64 << 10;

size_t find(std::string_view input, std::string_view delimiter) {
  if (delimiter.size() > 1) return input.find(delimiter);
  const void* at = std::memchr(input.data(), delimiter[0], input.size());
  return at ? static_cast<size_t>(static_cast<const char*>(at) - input.data()) : input.npos;
}

// -Z and --null-marker.
class Nulls {
 public:
  explicit Nulls(const Options& options) : empty_(options.empty_is_null), marker_(options.null_marker) {}
  void apply(InputRecord& record) const {
    if (!empty_ && !marker_) return;
    if (is_null(record.key)) record.key.reset();
    if (is_null(record.value)) record.value.reset();
  }

 private:
  bool is_null(const std::optional<std::string_view>& text) const {
    return text && ((empty_ && text->empty()) || (marker_ && *text == *marker_));
  }
  bool empty_;
  std::optional<std::string> marker_;
};

// Up to a delimiter, or to the end of the file: a last line without a newline is a line.
class LineReader final : public RecordReader {
 public:
  explicit LineReader(const Options& options)
      : delimiter_(options.delimiter), key_delimiter_(options.key_delimiter.value_or("")), nulls_(options) {}

  Step read(const Look& look, InputRecord& record, size_t& taken) override {
    size_t end = find(look.input, delimiter_);
    taken = end + delimiter_.size();
    if (end == look.input.npos) {
      if (!look.last || look.input.empty()) return Step::kMore;
      end = taken = look.input.size();
    }
    std::string_view line = look.input.substr(0, end);
    record.clear();
    size_t split = key_delimiter_.empty() ? line.npos : line.find(key_delimiter_);
    if (split != line.npos) {
      record.key = line.substr(0, split);
      line.remove_prefix(split + key_delimiter_.size());
    }
    record.value = line;
    nulls_.apply(record);
    return Step::kRecord;
  }
  std::string_view delimiter() const override { return delimiter_; }
  size_t input_bytes_max(size_t record_bytes) const override {
    return record_bytes + key_delimiter_.size() + delimiter_.size();
  }
  Unit unit() const override { return delimiter_ == kNewline ? Unit::kLine : Unit::kRecord; }

 private:
  std::string delimiter_, key_delimiter_;
  Nulls nulls_;
};

class JsonLineReader final : public RecordReader {
 public:
  Step read(const Look& look, InputRecord& record, size_t& taken) override {
    size_t end = find(look.input, kNewline);
    taken = end + 1;
    if (end == look.input.npos) {
      if (!look.last || look.input.empty()) return Step::kMore;
      end = taken = look.input.size();
    }
    std::string_view line = look.input.substr(0, end);
    if (line.find_first_not_of(" \t\r") == line.npos) return Step::kSkip;
    auto read = json_.read(line, look.readable, record);
    if (read) return Step::kRecord;
    error_ = std::move(read).error();
    return Step::kBad;
  }
  std::string_view delimiter() const override { return kNewline; }
  size_t input_bytes_max(size_t record_bytes) const override {
    size_t escaped = kEscapeFactor * std::min(record_bytes, kEscapedRecordBytesMax);
    return std::max(escaped, 2 * record_bytes) + kEnvelopeBytes;
  }
  Unit unit() const override { return Unit::kLine; }

 private:
  JsonRecordReader json_;
};

class FormattedReader final : public RecordReader {
 public:
  FormattedReader(InputFormat format, const Options& options) : format_(std::move(format)), nulls_(options) {}

  Step read(const Look& look, InputRecord& record, size_t& taken) override {
    if (look.input.empty()) return Step::kMore;
    auto read = format_.read(look.input, look.last, record);
    if (read && *read > 0) {
      taken = *read;
      nulls_.apply(record);
      return Step::kRecord;
    }
    if (read.code() == Errc::kWouldBlock) return Step::kMore;
    error_ = read ? Error{Errc::kMalformed, "the format takes nothing of the input"} : std::move(read).error();
    return Step::kBad;
  }
  size_t input_bytes_max(size_t record_bytes) const override { return 2 * record_bytes + kEnvelopeBytes; }

 private:
  InputFormat format_;
  Nulls nulls_;
};

// The whole file, which may be empty.
class WholeReader final : public RecordReader {
 public:
  explicit WholeReader(const Options& options) : nulls_(options) {}
  void begin_file() override { given_ = false; }
  Step read(const Look& look, InputRecord& record, size_t& taken) override {
    if (!look.last || given_) return Step::kMore;
    given_ = true;
    record.clear();
    record.value = look.input;
    taken = look.input.size();
    nulls_.apply(record);
    return Step::kRecord;
  }
  Unit unit() const override { return Unit::kFile; }

 private:
  Nulls nulls_;
  bool given_ = false;
};

}  // namespace

Result<std::unique_ptr<RecordReader>> make_reader(const Options& options) {
  if (options.json) return std::unique_ptr<RecordReader>(std::make_unique<JsonLineReader>());
  if (options.whole) return std::unique_ptr<RecordReader>(std::make_unique<WholeReader>(options));
  if (!options.format) return std::unique_ptr<RecordReader>(std::make_unique<LineReader>(options));
  SL_TRY(InputFormat format, InputFormat::compile(*options.format));
  return std::unique_ptr<RecordReader>(std::make_unique<FormattedReader>(std::move(format), options));
}

}  // namespace sl::tools::produce
