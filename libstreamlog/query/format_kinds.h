// The formats, one by one; format.cc chooses.
#pragma once
#include "query/format.h"

namespace sl::query {

std::unique_ptr<Decoder> json_decoder(const Format& format, std::vector<Field> columns, std::vector<size_t> wanted);
std::unique_ptr<Encoder> json_encoder(const Format& format, std::vector<Field> columns);
std::unique_ptr<Decoder> delimited_decoder(const Format& format, std::vector<Field> columns,
                                           std::vector<size_t> wanted);
std::unique_ptr<Encoder> delimited_encoder(const Format& format, std::vector<Field> columns);
// KAFKA, NONE and RAW.
std::unique_ptr<Decoder> plain_decoder(const Format& format, std::vector<Field> columns, std::vector<size_t> wanted);
std::unique_ptr<Encoder> plain_encoder(const Format& format, std::vector<Field> columns);

// A text as a value of a type without parts, as DELIMITED and numbers in JSON strings have it; none where it does not
// fit.
std::optional<Value> value_from_text(std::string_view text, const Type& type, Arena& arena);

}  // namespace sl::query
