// Printer: records into the output's text, in the form that was asked for, those that pass the filter, at most --count.
//
// What is hard is speed: by default a record is its value and a newline, and then a loop of its own copies values
// straight from the fetched batch into the text.
#pragma once
#include <optional>

#include "record/record_cursor.h"
#include "tools/common/output.h"
#include "tools/common/record_format.h"
#include "tools/sl-consume/delivery.h"
#include "tools/sl-consume/options.h"

namespace sl::tools::consume {

class Printer {
 public:
  // kUsage where the format is wrong. `options` must outlive it.
  static Result<Printer> make(const Options& options);

  // Appends records of `cursor` with offsets in [from, until).
  enum class Step {
    kDone,    // the cursor has no more of them
    kFull,    // flush the output and come again
    kEnough,  // --count is reached
  };
  // kInvalidRecord where the batch is broken.
  Result<Step> print(Output& output, record::RecordCursor& cursor, const RecordContext& context, Offset from,
                     Offset until);
  // Appends one record, if it passes.
  void print(Output& output, const RecordContext& context, const record::RecordView& record);
  // The same to any text; whether it passed.
  bool append(std::string& text, const RecordContext& context, const record::RecordView& record);
  // Takes a record for one that was printed, if it passes: for what shows it otherwise.
  bool admit(const record::RecordView& record);

  // From here on each record leaves its mark there, at the place that was entered last.
  void track(Delivery& delivery) { delivery_ = &delivery; }
  bool enough() const { return left_ <= 0; }

 private:
  explicit Printer(const Options& options) : options_(options) {}
  Result<Step> print_values(Output& output, record::RecordCursor& cursor, Offset from, Offset until);

  const Options& options_;
  RecordFormat format_ = RecordFormat::lines("\n");
  std::string null_text_;
  bool values_only_ = false;
  int64_t left_ = INT64_MAX;  // records that may still be printed
  // Read from the cursor, and found to be too much for the text.
  record::RecordView held_;
  bool holding_ = false;
  Delivery* delivery_ = nullptr;
};

}  // namespace sl::tools::consume
