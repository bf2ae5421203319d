// Writes JSON into a string, fast: no tree is built, and strings are copied in runs of what needs no escape. The
// caller nests correctly; bytes that are not UTF-8 are the caller's business too (json_record.h has base64 for them).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sl::tools {

// `text` in quotes, with quotes, backslashes and control characters escaped. Invalid UTF-8 is copied as it is.
void append_json_string(std::string& out, std::string_view text);

// Commas and nesting are kept track of here.
//   JsonWriter w(out); w.begin_object(); w.key("n"); w.number(1); w.end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);
  void text(std::string_view value);  // invalid UTF-8 becomes U+FFFD
  void number(int64_t value);
  void number(double value);  // NaN and the infinities become null
  void boolean(bool value);
  void null();

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  std::string& out_;
  bool first_ = true;
};

}  // namespace sl::tools
