// Acks: what became of the records. It counts, remembers the first input that failed, and with -o prints every record
// that was acknowledged.
//
// What is hard is -o with a format that shows a record's key, value, time or headers: the broker says only where it
// lies. So each partition has a queue of copies of what is under way; deliveries come in the order of the appends.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/producer.h"
#include "tools/common/message.h"
#include "tools/common/record_format.h"
#include "tools/sl-produce/ledger.h"
#include "tools/sl-produce/printer.h"

namespace sl::tools::produce {

class Acks {
 public:
  // `where` names an input by its number: "line 7 of a.txt". All must outlive it.
  Acks(Messages& messages, Printer& printer, std::function<std::string(uint64_t)> where)
      : messages_(messages), printer_(printer), where_(std::move(where)) {}

  // Prints acknowledged records in this format.
  void print(RecordFormat format, bool needs_record) {
    format_ = std::move(format);
    needs_record_ = needs_record;
  }
  // Whether note() must be told of each record that was appended.
  bool needs_record() const { return needs_record_; }
  void note(const client::ProducerTopic& topic, int32_t partition, const client::ProducerRecord& record);

  // For Producer::on_delivery.
  void delivered(const client::Delivery& delivery);
  // A record that never left. Only the first failure is told of, and with `always` this one too.
  void refused(uint64_t input, const Error& why, bool always = false);

  uint64_t acked() const { return acked_; }
  uint64_t failed() const { return failed_; }
  // A batch failed in a way that the next ones will, too: no broker, no permission, no topic.
  bool hopeless() const { return hopeless_; }
  // From here on records that are given up are counted, not reported: the user has asked for the end.
  void stopping() { stopping_ = true; }
  // "9 acked, 3 failed; the first of them is line 7"
  std::string summary() const;

 private:
  void fail(uint64_t input, uint64_t count, const Error& why, bool always);

  Messages& messages_;
  Printer& printer_;
  std::function<std::string(uint64_t)> where_;
  std::optional<RecordFormat> format_;
  bool needs_record_ = false;
  std::map<std::string, std::map<int32_t, Ledger>, std::less<>> ledgers_;
  uint64_t acked_ = 0, failed_ = 0;
  std::optional<uint64_t> first_failed_;
  bool hopeless_ = false;
  bool stopping_ = false;
};

}  // namespace sl::tools::produce
