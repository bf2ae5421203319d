// KAFKA (Kafka's own serializers), NONE, and RAW: one column at most, and no syntax.
#include <fmt/format.h>

#include <bit>

#include "query/format_kinds.h"

namespace sl::query {
namespace {

template <class Int>
std::optional<Int> big_endian(Bytes data) {
  if (data.size() != sizeof(Int)) return std::nullopt;
  return load_be<Int>(data.data());
}

class PlainDecoder final : public Decoder {
 public:
  PlainDecoder(std::vector<Field> columns, std::vector<size_t> wanted)
      : columns_(std::move(columns)), wanted_(!wanted.empty()) {}
  bool decode(Bytes data, size_t, Value* const* columns, size_t row, Arena&, std::string& why) override {
    if (!wanted_) return true;
    auto value = read(data);
    if (!value) {
      why = fmt::format("{} bytes are no {}", data.size(), to_sql(*columns_[0].type));
      return false;
    }
    columns[0][row] = *value;
    return true;
  }

 private:
  std::optional<Value> read(Bytes data) const {
    switch (columns_[0].type->base) {
      case Base::kInt: {
        auto v = big_endian<int32_t>(data);
        return v ? std::optional(Value::integer(*v)) : std::nullopt;
      }
      case Base::kBigint: {
        auto v = big_endian<int64_t>(data);
        return v ? std::optional(Value::integer(*v)) : std::nullopt;
      }
      case Base::kDouble: {
        auto v = big_endian<uint64_t>(data);
        return v ? std::optional(Value::real(std::bit_cast<double>(*v))) : std::nullopt;
      }
      default:
        return Value::bytes(data);
    }
  }
  std::vector<Field> columns_;
  bool wanted_;
};

class PlainEncoder final : public Encoder {
 public:
  explicit PlainEncoder(std::vector<Field> columns) : columns_(std::move(columns)) {}
  Result<bool> encode(const Value* const* columns, size_t row, std::string& out) override {
    if (columns_.empty() || columns[0][row].is_null()) return false;
    const auto& v = columns[0][row];
    uint8_t bytes[8];
    switch (columns_[0].type->base) {
      case Base::kInt:
        store_be<int32_t>(bytes, static_cast<int32_t>(v.as_integer()));
        out.append(reinterpret_cast<const char*>(bytes), 4);
        return true;
      case Base::kBigint:
        store_be<int64_t>(bytes, v.as_integer());
        out.append(reinterpret_cast<const char*>(bytes), 8);
        return true;
      case Base::kDouble:
        store_be<uint64_t>(bytes, std::bit_cast<uint64_t>(v.as_real()));
        out.append(reinterpret_cast<const char*>(bytes), 8);
        return true;
      default:
        out += v.as_text();
        return true;
    }
  }

 private:
  std::vector<Field> columns_;
};

}  // namespace

std::unique_ptr<Decoder> plain_decoder(const Format&, std::vector<Field> columns, std::vector<size_t> wanted) {
  return std::make_unique<PlainDecoder>(std::move(columns), std::move(wanted));
}
std::unique_ptr<Encoder> plain_encoder(const Format&, std::vector<Field> columns) {
  return std::make_unique<PlainEncoder>(std::move(columns));
}

}  // namespace sl::query
