#include "tools/sl-consume/printer.h"

#include <fmt/core.h>

#include <cstring>

#include "tools/common/json_record.h"

namespace sl::tools::consume {
namespace {

// Text as a format says it.
std::string spelled(std::string_view text) {
  std::string out;
  for (char c : text) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

Result<Printer> Printer::make(const Options& o) {
  Printer printer(o);
  if (o.count_max) printer.left_ = *o.count_max;
  if (o.show_null) printer.null_text_ = "NULL";
  if (o.format) {
    SL_TRY(printer.format_, RecordFormat::compile(*o.format, printer.null_text_));
  } else if (o.show_offset) {
    std::string format = "%o" + spelled(o.key_delimiter.value_or("\t"));
    if (o.key_delimiter) format += "%k" + spelled(*o.key_delimiter);
    SL_TRY(printer.format_, RecordFormat::compile(format + "%v" + spelled(o.delimiter), printer.null_text_));
  } else if (o.key_delimiter) {
    printer.format_ = RecordFormat::keyed_lines(*o.key_delimiter, o.delimiter, printer.null_text_);
  } else {
    printer.format_ = RecordFormat::lines(o.delimiter, printer.null_text_);
  }
  printer.values_only_ = !o.json && !o.format && o.filter.empty() && printer.format_.value_only();
  return printer;
}

bool Printer::admit(const record::RecordView& record) {
  if (left_ <= 0 || !options_.filter.matches(record)) return false;
  --left_;
  return true;
}

bool Printer::append(std::string& text, const RecordContext& context, const record::RecordView& record) {
  if (!admit(record)) return false;
  if (options_.json) {
    append_json_record(text, context, record);
  } else {
    format_.append(text, context, record);
  }
  return true;
}

void Printer::print(Output& output, const RecordContext& context, const record::RecordView& record) {
  bool printed = append(output.text(), context, record);
  if (!delivery_) return;
  if (printed)
    delivery_->print(output.text_end(), record.offset + 1);
  else
    delivery_->pass(output.text_end(), record.offset + 1);
}

Result<Printer::Step> Printer::print(Output& output, record::RecordCursor& cursor, const RecordContext& context,
                                     Offset from, Offset until) {
  if (output.full()) return Step::kFull;
  if (values_only_ && !output.by_line()) return print_values(output, cursor, from, until);
  record::RecordView record;
  while (left_ > 0) {
    SL_TRY(bool more, cursor.next(record));
    if (!more || record.offset >= until) return Step::kDone;
    if (record.offset < from) continue;
    print(output, context, record);
    if (output.full()) return Step::kFull;
  }
  return Step::kEnough;
}

Result<Printer::Step> Printer::print_values(Output& output, record::RecordCursor& cursor, Offset from, Offset until) {
  std::string& out = output.text();
  const uint64_t text_begin = output.text_end() - out.size();
  const std::string& delimiter = options_.delimiter;
  Step step = Step::kDone;
  std::optional<Error> broken;
  if (holding_ && out.empty()) {
    // It may be larger than the text is usually let become.
    holding_ = false;
    out = held_.value ? as_text(*held_.value) : null_text_;
    out += delimiter;
    if (delivery_) delivery_->print(output.text_end(), held_.offset + 1);
    if (--left_ <= 0) return Step::kEnough;
    if (out.size() >= kOutputBytes) return Step::kFull;
  }
  size_t used = out.size();
  out.resize_and_overwrite(kOutputBytes, [&](char* begin, size_t size) {
    char* at = begin + used;
    char* end = begin + size;
    while (left_ > 0) {
      auto more = cursor.next(held_);
      if (!more) [[unlikely]] {
        broken = std::move(more).error();
        break;
      }
      if (!*more || held_.offset >= until) break;
      if (held_.offset < from) continue;
      std::string_view value = held_.value ? as_text(*held_.value) : null_text_;
      if (value.size() + delimiter.size() > static_cast<size_t>(end - at)) {
        holding_ = true;
        step = Step::kFull;
        break;
      }
      std::memcpy(at, value.data(), value.size());
      at += value.size();
      std::memcpy(at, delimiter.data(), delimiter.size());
      at += delimiter.size();
      if (delivery_) delivery_->print(text_begin + static_cast<uint64_t>(at - begin), held_.offset + 1);
      --left_;
    }
    return static_cast<size_t>(at - begin);
  });
  if (broken) return *std::move(broken);
  return left_ <= 0 ? Step::kEnough : step;
}

}  // namespace sl::tools::consume
