// Describer: the walk that writes a message for people, {topic: "a", partition: 3}, with null where a field is null and
// [1234 bytes] for records.
#pragma once
#include <concepts>
#include <string>

#include "wire/fields.h"

namespace sl::wire {

class Describer {
 public:
  Describer(std::string& out, int16_t version, bool flexible) : out_(out), version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(const char* name, const T& v, Range range = {}) {
    if (!range.has(version_)) return;
    key(name);
    value(v);
  }
  template <class T>
  void tag(uint32_t, const char* name, const T& v, Range range = {}, const std::type_identity_t<T>& fallback = T{}) {
    if (flexible_ && !(v == fallback)) (*this)(name, v, range);
  }
  template <Struct M>
  void structure(const M& m) {
    out_ += '{';
    M::fields(m, *this);
    out_ += '}';
  }

 private:
  template <class T>
  void value(const T& v) {
    if constexpr (std::same_as<T, bool>) {
      out_ += v ? "true" : "false";
    } else if constexpr (std::integral<T> || std::same_as<T, double>) {
      out_ += std::to_string(v);
    } else if constexpr (std::same_as<T, Uuid>) {
      out_ += v.text();
    } else if constexpr (std::same_as<T, std::string>) {
      text(v);
    } else if constexpr (std::same_as<T, Blob>) {
      size(v.value.size());
    } else if constexpr (std::same_as<T, Records>) {
      if (v.is_null)
        out_ += "null";
      else
        size(v.size());
    } else if constexpr (kIsOptional<T>) {
      if (v)
        value(*v);
      else
        out_ += "null";
    } else if constexpr (kIsVector<T>) {
      out_ += '[';
      for (bool first = true; const auto& element : v) {
        if (!std::exchange(first, false)) out_ += ", ";
        value(element);
      }
      out_ += ']';
    } else {
      structure(v);
    }
  }
  void key(const char* name);
  // Quoted; control characters, quotes, backslashes and bytes beyond ASCII as \xNN, so a log line stays one line.
  void text(const std::string& v);
  void size(size_t bytes);

  std::string& out_;
  const int16_t version_;
  const bool flexible_;
};

}  // namespace sl::wire
