// LIKE: % for any text, _ for one character (of UTF-8), and a character that takes the meaning from the next.
#pragma once
#include <string_view>

namespace sl::query {

// `escape` 0: none. Takes time in the product of both lengths at worst.
bool like_match(std::string_view text, std::string_view pattern, char escape);

}  // namespace sl::query
