// REGEXP_*: regular expressions by RE2, whose time is linear in the text whoever wrote the pattern. It knows no
// look-around and no back-references, which Java does; such a pattern is an error. A call site keeps its last pattern
// compiled.
#include <fmt/format.h>
#include <re2/re2.h>

#include "query/call_result.h"
#include "query/function_table.h"
#include "query/utf8.h"

namespace sl::query {
namespace {

struct Compiled {
  std::string pattern;
  re2::RE2 regexp;

  explicit Compiled(std::string_view text)
      : pattern(text), regexp(re2::StringPiece(text.data(), text.size()), quiet()) {}
  static re2::RE2::Options quiet() {
    re2::RE2::Options out;
    out.set_log_errors(false);
    return out;
  }
};

std::shared_ptr<Compiled> compiled(CallContext& call, std::string_view pattern) {
  auto kept = call.site ? std::static_pointer_cast<Compiled>(*call.site) : nullptr;
  if (kept && kept->pattern == pattern) return kept;
  kept = std::make_shared<Compiled>(pattern);
  if (call.site) *call.site = kept;
  return kept;
}
Value refused(CallContext& call, const Compiled& compiled) {
  return failed(call,
                fmt::format("Invalid regular expression pattern: {}: {}", compiled.pattern, compiled.regexp.error()));
}

using Groups = std::vector<re2::StringPiece>;

// Calls `visit` with the groups of each match, as Java's Matcher.find() goes on: behind an empty match at the next
// character.
template <class Visit>
void each_match(const re2::RE2& regexp, std::string_view text, Visit visit) {
  Groups groups(static_cast<size_t>(regexp.NumberOfCapturingGroups()) + 1);
  re2::StringPiece whole(text.data(), text.size());
  for (size_t at = 0; at <= text.size();) {
    if (!regexp.Match(whole, at, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
      return;
    auto from = static_cast<size_t>(groups[0].data() - text.data());
    if (!visit(groups, from)) return;
    at = from + groups[0].size();
    if (!groups[0].empty()) continue;
    ++at;
    while (at < text.size() && utf8_continues(text[at])) ++at;
  }
}

Value of_group(const re2::StringPiece& group) {
  return group.data() ? Value::text({group.data(), group.size()}) : Value::null();
}

Value extract_group(CallContext& call, std::string_view pattern, std::string_view text, int64_t group) {
  auto found = compiled(call, pattern);
  if (!found->regexp.ok()) return refused(call, *found);
  if (group < 0) return Value::error("a capturing group's number is not negative");
  if (group > found->regexp.NumberOfCapturingGroups()) return Value::null();
  Value out;
  each_match(found->regexp, text, [&](const Groups& groups, size_t) {
    out = of_group(groups[static_cast<size_t>(group)]);
    return false;
  });
  return out;
}
Value extract(CallContext& call, const Value* a) {
  return extract_group(call, a[0].as_text(), a[1].as_text(), 0);
}
Value extract_n(CallContext& call, const Value* a) {
  return extract_group(call, a[0].as_text(), a[1].as_text(), a[2].as_integer());
}

Value extract_all_groups(CallContext& call, std::string_view pattern, std::string_view text, int64_t group) {
  auto found = compiled(call, pattern);
  if (!found->regexp.ok()) return refused(call, *found);
  if (group < 0) return Value::error("a capturing group's number is not negative");
  if (group > found->regexp.NumberOfCapturingGroups()) return Value::null();
  std::vector<Value> items;
  each_match(found->regexp, text, [&](const Groups& groups, size_t) {
    items.push_back(of_group(groups[static_cast<size_t>(group)]));
    return true;
  });
  return made_array(call, items);
}
Value extract_all(CallContext& call, const Value* a) {
  return extract_all_groups(call, a[0].as_text(), a[1].as_text(), 0);
}
Value extract_all_n(CallContext& call, const Value* a) {
  return extract_all_groups(call, a[0].as_text(), a[1].as_text(), a[2].as_integer());
}

// Appends the replacement: $1 is a group (of more digits as long as there is such a group), a backslash takes the
// meaning from the next character. False: it names a group that there is not.
bool append_replacement(std::string& out, std::string_view with, const Groups& groups) {
  for (size_t i = 0; i < with.size(); ++i) {
    if (with[i] == '\\') {
      if (++i == with.size()) return false;
      out += with[i];
      continue;
    }
    if (with[i] != '$') {
      out += with[i];
      continue;
    }
    auto digit_at = [&](size_t at) { return at < with.size() && with[at] >= '0' && with[at] <= '9'; };
    if (!digit_at(i + 1)) return false;
    auto group = static_cast<size_t>(with[++i] - '0');
    if (group >= groups.size()) return false;
    while (digit_at(i + 1) && group * 10 + static_cast<size_t>(with[i + 1] - '0') < groups.size())
      group = group * 10 + static_cast<size_t>(with[++i] - '0');
    out.append(groups[group].data() ? groups[group].data() : "", groups[group].size());
  }
  return true;
}

Value replace_all(CallContext& call, const Value* a) {
  auto text = a[0].as_text(), with = a[2].as_text();
  auto found = compiled(call, a[1].as_text());
  if (!found->regexp.ok()) return refused(call, *found);
  std::string out;
  size_t copied = 0;
  bool right = true;
  each_match(found->regexp, text, [&](const Groups& groups, size_t from) {
    out += text.substr(copied, from - copied);
    copied = from + groups[0].size();
    right = append_replacement(out, with, groups);
    return right;
  });
  if (!right) return failed(call, fmt::format("the replacement {} names a group that the pattern does not have", with));
  if (copied == 0 && out.empty()) return a[0];
  out += text.substr(copied);
  return made(call, out);
}

// Empty pieces stay, but where the pattern may be nothing at all: then it splits between characters, and the last empty
// ones go.
Value split_by(CallContext& call, const Value* a) {
  auto text = a[0].as_text();
  auto found = compiled(call, a[1].as_text());
  if (!found->regexp.ok()) return refused(call, *found);
  bool between = re2::RE2::FullMatch("", found->regexp);
  std::vector<Value> items;
  size_t begin = 0;
  bool rest = true;
  each_match(found->regexp, text, [&](const Groups& groups, size_t from) {
    if (groups[0].empty() && from == begin) return true;
    items.push_back(Value::text(text.substr(begin, from - begin)));
    begin = from + groups[0].size();
    rest = !groups[0].empty() || from < text.size();
    return true;
  });
  if (rest) items.push_back(Value::text(text.substr(begin)));
  while (between && items.size() > 1 && items.back().as_text().empty()) items.pop_back();
  return made_array(call, items);
}

constexpr ScalarVariant kExtract[] = {{"STRING, STRING", "STRING", extract},
                                      {"STRING, STRING, INT", "STRING", extract_n}};
constexpr ScalarVariant kExtractAll[] = {{"STRING, STRING", "ARRAY<STRING>", extract_all},
                                         {"STRING, STRING, INT", "ARRAY<STRING>", extract_all_n}};
constexpr ScalarVariant kReplace[] = {{"STRING, STRING, STRING", "STRING", replace_all}};
constexpr ScalarVariant kSplit[] = {{"STRING, STRING", "ARRAY<STRING>", split_by}};

constexpr ScalarEntry kTable[] = {
    {"REGEXP_EXTRACT", "what of a text (pattern, text, group) matches first, or the given group of it", kExtract},
    {"REGEXP_EXTRACT_ALL", "all that matches (pattern, text, group), or the given group of each", kExtractAll},
    {"REGEXP_REPLACE", "the text (text, pattern, replacement) with every match replaced; $1 is a group", kReplace},
    {"REGEXP_SPLIT_TO_ARRAY", "the pieces of a text (text, pattern) between the matches", kSplit},
};

}  // namespace

std::span<const ScalarEntry> regexp_functions() {
  return kTable;
}

}  // namespace sl::query
