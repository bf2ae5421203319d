#include "query/json_text.h"

#include <algorithm>
#include <unordered_map>

#include "query/utf8.h"

namespace sl::query {
namespace {

constexpr size_t kDepthMax = 1000;

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}
int hex_digit(char c) {
  if (digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
// The unit that the four digits at `at` say; negative where they are not.
int hex_unit(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return -1;
  int out = 0;
  for (size_t i = at; i < at + 4; ++i) {
    int d = hex_digit(text[i]);
    if (d < 0) return -1;
    out = out * 16 + d;
  }
  return out;
}

// Walks over one value. What is open is a stack of closing brackets, so that depth costs no stack of ours.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  // The byte behind the value; none where it is no JSON.
  std::optional<size_t> value() {
    std::string open;
    for (;;) {
      skip_blanks();
      if (at_ == text_.size()) return std::nullopt;
      char c = text_[at_];
      if (c == '{' || c == '[') {
        if (open.size() == kDepthMax) return std::nullopt;
        open += c == '{' ? '}' : ']';
        ++at_;
        skip_blanks();
        if (!next_is(open.back())) {
          if (c == '{' && !name()) return std::nullopt;
          continue;
        }
      } else if (!scalar()) {
        return std::nullopt;
      }
      if (!close(open)) return std::nullopt;
      if (open.empty()) return at_;
    }
  }
  void skip_blanks() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
  }
  size_t at() const { return at_; }

 private:
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    skip_blanks();
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  // Behind a value: closes what ends here and goes on to the next item's value. False: neither a bracket nor a comma
  // stands here.
  bool close(std::string& open) {
    while (!open.empty()) {
      if (take(open.back())) {
        open.pop_back();
        continue;
      }
      return take(',') && (open.back() == ']' || name());
    }
    return true;
  }
  bool name() {
    skip_blanks();
    return string() && take(':');
  }
  bool scalar() {
    char c = text_[at_];
    if (c == '"') return string();
    for (std::string_view word : {"true", "false", "null"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return true;
    }
    return number();
  }
  bool string() {
    if (!next_is('"')) return false;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (++at_ == text_.size()) return false;
      if (text_[at_] == 'u') {
        if (hex_unit(text_, at_ + 1) < 0) return false;
        at_ += 4;
      } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }
  bool digits() {
    size_t from = at_;
    while (at_ < text_.size() && digit(text_[at_])) ++at_;
    return at_ > from;
  }
  bool number() {
    if (next_is('-')) ++at_;
    size_t from = at_;
    if (!digits() || (text_[from] == '0' && at_ > from + 1)) return false;
    if (next_is('.')) {
      ++at_;
      if (!digits()) return false;
    }
    if (next_is('e') || next_is('E')) {
      ++at_;
      if (next_is('+') || next_is('-')) ++at_;
      if (!digits()) return false;
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

void skip(std::string_view& text) {
  while (!text.empty() && (blank(text.front()) || text.front() == ',' || text.front() == ':')) text.remove_prefix(1);
}

// Calls `visit` with the name, as it stands, and the value of each member.
template <class Visit>
void each_member(std::string_view object, Visit visit) {
  object = object.substr(1, object.size() - 2);
  for (skip(object); !object.empty(); skip(object)) {
    auto name = *take_json(object);
    skip(object);
    visit(name, *take_json(object));
  }
}

}  // namespace

std::optional<std::string_view> take_json(std::string_view& text) {
  Walk walk(text);
  walk.skip_blanks();
  size_t from = walk.at();
  auto end = walk.value();
  if (!end) return std::nullopt;
  auto out = text.substr(from, *end - from);
  text.remove_prefix(*end);
  return out;
}

std::optional<std::string_view> whole_json(std::string_view text) {
  auto out = take_json(text);
  if (!out || !std::all_of(text.begin(), text.end(), blank)) return std::nullopt;
  return out;
}

std::vector<JsonMember> json_members(std::string_view object) {
  std::vector<JsonMember> out;
  std::unordered_map<std::string, size_t> places;
  each_member(object, [&](std::string_view quoted, std::string_view value) {
    auto name = json_string(quoted);
    auto [at, fresh] = places.try_emplace(name, out.size());
    if (fresh)
      out.push_back({std::move(name), value});
    else
      out[at->second].value = value;
  });
  return out;
}

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> out;
  each_member(object, [&](std::string_view quoted, std::string_view value) {
    bool escaped = quoted.find('\\') != std::string_view::npos;
    if (escaped ? json_string(quoted) == name : quoted.substr(1, quoted.size() - 2) == name) out = value;
  });
  return out;
}

std::vector<std::string_view> json_items(std::string_view array) {
  std::vector<std::string_view> out;
  array = array.substr(1, array.size() - 2);
  for (skip(array); !array.empty(); skip(array)) out.push_back(*take_json(array));
  return out;
}

std::string json_string(std::string_view value) {
  std::string out;
  auto text = value.substr(1, value.size() - 2);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    char c = text[++i];
    constexpr std::string_view kLetters = "bfnrt", kMeant = "\b\f\n\r\t";
    if (auto at = kLetters.find(c); at != std::string_view::npos) {
      out += kMeant[at];
    } else if (c != 'u') {
      out += c;
    } else {
      auto unit = static_cast<uint32_t>(hex_unit(text, i + 1));
      i += 4;
      bool high = unit >= 0xd800 && unit < 0xdc00 && text.substr(i + 1).starts_with("\\u");
      auto low = high ? static_cast<uint32_t>(hex_unit(text, i + 3)) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        i += 6;
      }
      append_utf8(out, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
    }
  }
  return out;
}

void append_compact_json(std::string& out, std::string_view value) {
  bool quoted = false;
  for (size_t i = 0; i < value.size(); ++i) {
    if (!quoted && blank(value[i])) continue;
    out += value[i];
    if (value[i] == '"') quoted = !quoted;
    if (quoted && value[i] == '\\') out += value[++i];
  }
}

}  // namespace sl::query
