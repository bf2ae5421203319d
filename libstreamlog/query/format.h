// How columns lie in the bytes of a key or a value: JSON, DELIMITED, KAFKA, NONE and RAW. A decoder writes only the
// columns it was asked for; an encoder appends one record's bytes. Coercions are ksqlDB's (JsonSerdeUtils): missing
// is null, numbers in strings are taken, anything else that does not fit rejects the whole record.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "query/type.h"
#include "query/value.h"

namespace sl::query {

enum class FormatKind : uint8_t {
  kJson,
  kDelimited,
  kKafka,  // Kafka's own serializers: big-endian numbers, UTF-8
  kNone,   // no columns, no bytes
  kRaw,    // the whole of it as one STRING or BYTES column
};

struct Format {
  FormatKind kind = FormatKind::kJson;
  char delimiter = ',';
  // JSON: a single column stands for itself and is no object.
  bool unwrapped = false;
};
// "JSON", "Delimited", …: kNotFound with the nearest name (AVRO and PROTOBUF are named as not supported yet).
Result<FormatKind> parse_format(std::string_view name);
std::string_view format_name(FormatKind kind);
// kMalformed where the format cannot hold such columns (KAFKA with two, DELIMITED with an ARRAY); ksqlDB's sentence.
Status check_format(const Format& format, std::span<const Field> columns, bool key);

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Row `row` of `columns[i]` gets the column that was asked for i-th. False: the record is bad and `why` says how;
  // nothing counts of it. Values may point into `data`, which outlives the batch, or into `arena`. `slack` bytes behind
  // the data may be read too, whatever they hold: with 64 of them JSON is parsed where it lies.
  virtual bool decode(Bytes data, size_t slack, Value* const* columns, size_t row, Arena& arena, std::string& why) = 0;
};
// `columns` are all that the format holds, in order; `wanted` are indexes into them.
std::unique_ptr<Decoder> make_decoder(const Format& format, std::vector<Field> columns, std::vector<size_t> wanted);

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Appends the record's bytes: row `row` of each of `columns`, which are all there are. False: there are none (a null
  // key or value). kMalformed where a value cannot be said in this format.
  virtual Result<bool> encode(const Value* const* columns, size_t row, std::string& out) = 0;
};
std::unique_ptr<Encoder> make_encoder(const Format& format, std::vector<Field> columns);

// Appends `value` as JSON: how the encoder writes it, and TO_JSON_STRING.
void append_json(std::string& out, const Value& value, const Type& type);
// Appends a field of CSV in quotes, those within it doubled (RFC 4180).
void append_csv_quoted(std::string& out, std::string_view text);
// One JSON text as a value of `type` by the coercions above; none where it does not fit. Views into `arena`.
std::optional<Value> value_from_json(std::string_view json, const Type& type, Arena& arena, std::string& why);

}  // namespace sl::query
