// Where the rows of a SELECT go: through a writer to standard output, until LIMIT says enough.
#pragma once
#include <optional>

#include "query/plan.h"
#include "tools/common/output.h"
#include "tools/sl-query/row_writer.h"

namespace sl::tools::query {

class RowOutput {
 public:
  RowOutput(const sl::query::Plan& plan, RowFormat format, Output& output)
      : writer_(format, plan.sink.value), output_(output), left_(plan.limit) {}

  Status take(const sl::query::Batch& batch) {
    for (size_t row = batch.pairs ? 1 : 0; row < batch.rows && !enough(); row += batch.pairs ? 2 : 1) {
      writer_.append(batch, row, output_.text());
      if (left_) --*left_;
    }
    return {};
  }
  void begin() { writer_.begin(output_.text()); }
  bool enough() const { return left_ && *left_ <= 0; }

 private:
  RowWriter writer_;
  Output& output_;
  std::optional<int64_t> left_;
};

}  // namespace sl::tools::query
