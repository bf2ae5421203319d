// dump: what lies in a segment file, batch by batch, checked as it is read; with the daemon down or up. A metadata
// segment's records are decoded too. Damage is named with its byte and makes the exit code 1; zeros at the end are the
// room a running daemon has reserved, and no damage.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "record/compression.h"
#include "record/record_cursor.h"
#include "tools/common/exit_code.h"
#include "tools/sl-topic/verbs.h"
#include "wire/control_records.h"
#include "wire/metadata_records.h"

namespace sl::tools::topic {
namespace {

constexpr size_t kStepBytes = 4 << 20;
constexpr size_t kBatchBytesMax = 64 << 20;

std::string printable(const std::optional<Bytes>& bytes) {
  if (!bytes) return "null";
  std::string out;
  if (valid_utf8(as_text(*bytes))) {
    append_json_string(out, as_text(*bytes));
    return out;
  }
  for (uint8_t byte : *bytes) out += fmt::format("{:02x}", byte);
  return "hex:" + out;
}

struct Counts {
  int64_t batches = 0;
  int64_t records = 0;
  int64_t damaged = 0;
};

// Ours is called meta, Kafka's __cluster_metadata-0.
bool is_metadata_folder(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == path.npos) return false;
  std::string_view folder = path.substr(0, slash);
  folder = folder.substr(folder.rfind('/') + 1);
  return folder == "meta" || folder.starts_with("__cluster_metadata-");
}

class Dumper {
 public:
  Dumper(Messages& messages, const DumpOptions& options, std::string path, std::unique_ptr<File> file, uint64_t size)
      : messages_(messages),
        options_(options),
        path_(std::move(path)),
        file_(std::move(file)),
        size_(size),
        metadata_(path_.ends_with(".checkpoint") || is_metadata_folder(path_)) {}

  Result<Counts> run() {
    Offset expected = kNoOffset;
    while (at_ < size_) {
      auto batch = next_batch();
      if (!batch) {
        if (zeros_from(at_)) break;
        complain(batch.error().context.empty() ? std::string(error_info(batch.code()).text) : batch.error().context);
        break;
      }
      if (!batch->crc_ok()) complain("the CRC is wrong");
      if (expected != kNoOffset && batch->base_offset() < expected)
        complain(fmt::format("base offset {} where {} or more was due", batch->base_offset().value, expected.value));
      expected = batch->next_offset();
      ++counts_.batches;
      if (!options_.verify) print_batch(*batch);
      walk(*batch);
      at_ += batch->size();
    }
    return counts_;
  }

 private:
  // The batch at at_, whole in memory.
  Result<record::BatchView> next_batch() {
    for (size_t want = kStepBytes;;) {
      if (at_ < window_at_ || at_ + record::kBatchHeaderBytes > window_at_ + window_bytes_) SL_CHECK(load(want));
      Bytes rest(window_.data() + (at_ - window_at_), window_bytes_ - (at_ - window_at_));
      auto batch = record::parse_batch(rest);
      if (batch || batch.code() != Errc::kWouldBlock) return batch;
      bool whole_file = window_at_ + window_bytes_ >= size_;
      if (whole_file && window_at_ == at_) return Error{Errc::kMalformed, "the file ends within a batch"};
      if (want >= kBatchBytesMax) return Error{Errc::kTooLarge, "a batch larger than 64 MiB"};
      want *= rest.size() >= want ? 4 : 1;
      SL_CHECK(load(want));
    }
  }
  Status load(size_t bytes) {
    if (window_.size() < bytes) window_ = Buffer::allocate(bytes);
    SL_TRY(window_bytes_, file_->read_at({window_.data(), bytes}, at_));
    window_at_ = at_;
    return {};
  }
  bool zeros_from(uint64_t position) {
    for (uint64_t at = position; at < size_; at += window_bytes_) {
      at_ = at;
      if (!load(kStepBytes) || window_bytes_ == 0) return false;
      for (size_t i = 0; i < window_bytes_; ++i)
        if (window_.data()[i] != 0) {
          at_ = position;
          return false;
        }
    }
    return true;
  }
  void complain(const std::string& what) {
    ++counts_.damaged;
    messages_.error(fmt::format("{}: byte {}: {}", path_, at_, what));
  }

  void print_batch(record::BatchView batch) {
    print(fmt::format("offset {}..{} position {} bytes {} records {} epoch {} codec {} time {}..{}{}{}{}\n",
                      batch.base_offset().value, batch.last_offset().value, at_, batch.size(), batch.record_count(),
                      batch.leader_epoch().value, record::codec_name(batch.codec()), batch.base_timestamp_ms(),
                      batch.max_timestamp_ms(), batch.log_append_time() ? " log-append-time" : "",
                      batch.control() ? " control" : "", batch.transactional() ? " transactional" : ""));
    if (batch.producer_id().value >= 0)
      print(fmt::format("  producer {} epoch {} sequence {}\n", batch.producer_id().value, batch.producer_epoch(),
                        batch.base_sequence()));
  }

  void walk(record::BatchView batch) {
    auto cursor = record::RecordCursor::open(batch, decompressor_);
    if (!cursor) return complain(cursor.error().context);
    record::RecordView record;
    for (;;) {
      auto more = cursor->next(record);
      if (!more) return complain(more.error().context);
      if (!*more) return;
      ++counts_.records;
      if (options_.verify) continue;
      if (metadata_ && !batch.control())
        print_metadata(record);
      else if (options_.data)
        print_record(record);
    }
  }

  void print_metadata(const record::RecordView& record) {
    auto decoded = wire::decode_metadata_record(record.value.value_or(Bytes()));
    if (!decoded) return complain(decoded.error().context);
    print(fmt::format("  {} {}\n", record.offset.value, wire::describe_metadata_record(*decoded)));
  }
  void print_record(const record::RecordView& record) {
    std::string line = fmt::format("  {} time {} key {} value {}", record.offset.value, record.timestamp_ms,
                                   printable(record.key), printable(record.value));
    auto headers = record.headers();
    while (auto header = headers.next()) line += fmt::format(" header {}={}", header->name, printable(header->value));
    print(line + "\n");
  }

  Messages& messages_;
  const DumpOptions& options_;
  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t size_;
  bool metadata_;
  record::Decompressor decompressor_;
  Buffer window_;
  uint64_t window_at_ = 0;
  size_t window_bytes_ = 0;
  uint64_t at_ = 0;
  Counts counts_;
};

// `-` is the file on standard input by its name, since a segment is read here and there; a pipe has none.
Result<std::string> name_of(const std::string& path) {
  if (path != "-") return path;
  struct stat info {};
  std::unique_ptr<char, decltype(&std::free)> name(::realpath("/dev/stdin", nullptr), &std::free);
  if (name && ::fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode)) return std::string(name.get());
  return Error{Errc::kUsage, "standard input is no file; a pipe cannot be dumped, `sl-topic dump - < FILE` can"};
}

// The exit code.
int dump_file(Messages& messages, const DumpOptions& options, const std::string& path) {
  auto file = system_files().open(path, FileSystem::Mode::kRead);
  auto size = file ? (*file)->size() : Result<uint64_t>(file.error());
  if (!size) return messages.error("dump", size.error());
  auto counts = Dumper(messages, options, path, *std::move(file), *size).run();
  if (!counts) return messages.error(path, counts.error());
  if (options.verify)
    print(fmt::format("{}: {} batches, {} records, {} damaged\n", path, counts->batches, counts->records,
                      counts->damaged));
  return counts->damaged > 0 ? kExitFailed : kExitOk;
}

}  // namespace

int dump(Messages& messages, const DumpOptions& options) {
  int exit_code = kExitOk;
  for (const auto& path : options.files) {
    auto name = name_of(path);
    exit_code =
        merge_exit_codes(exit_code, name ? dump_file(messages, options, *name) : messages.error("dump", name.error()));
  }
  return exit_code;
}

}  // namespace sl::tools::topic
