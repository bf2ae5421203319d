// URL_*: the parts of a URL, as Java's URI takes it apart (RFC 2396), and the encoding of form parameters. What is no
// URL is an error.
#include <fmt/format.h>

#include "base/text.h"
#include "query/call_result.h"
#include "query/function_table.h"
#include "query/name.h"
#include "query/utf8.h"

namespace sl::query {
namespace {

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}
int hex_digit(char c) {
  if (digit(c)) return c - '0';
  c = upper(c);
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
// The byte that %XX at `at` stands for; negative where it is not that.
int escaped(std::string_view text, size_t at) {
  if (at + 2 >= text.size()) return -1;
  int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct Url {
  std::optional<std::string_view> scheme, authority, path, query,
      fragment;  // path: none where the URL is opaque (mailto:…)
  std::optional<std::string_view> host;
  std::optional<int64_t> port;
};

bool legal(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c <= ' ' || c == 0x7f || std::string_view("\"<>\\^`{|}").find(text[i]) != std::string_view::npos) return false;
    if (c == '%' && escaped(text, i) < 0) return false;
  }
  return true;
}

std::optional<std::string_view> take_from(std::string_view& text, char mark) {
  auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  auto out = text.substr(at + 1);
  text = text.substr(0, at);
  return out;
}

bool host_name(std::string_view host) {
  if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
  if (host.ends_with('.')) host.remove_suffix(1);
  bool digits = true;
  for (auto label : split(host, '.')) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    for (char c : label)
      if (!letter(c) && !digit(c) && c != '-') return false;
    digits = digit(label.front());
  }
  // The last label begins with a letter, or it is an address of four numbers.
  if (!digits) return true;
  auto parts = split(host, '.');
  bool four = parts.size() == 4;
  for (auto part : parts) {
    auto n = parse_int(part);
    four = four && n && *n >= 0 && *n <= 255;
  }
  return four;
}

// user@host:port; an authority that is not of this form is one without a host.
void take_server(Url& url, std::string_view server) {
  if (auto at = server.find('@'); at != std::string_view::npos) server = server.substr(at + 1);
  auto behind = server.starts_with('[') ? server.find(']') : 0;
  auto colon = behind == std::string_view::npos ? behind : server.find(':', behind);
  auto host = server.substr(0, colon);
  if (!host_name(host)) return;
  if (colon != std::string_view::npos && colon + 1 < server.size()) {
    auto port = parse_int(server.substr(colon + 1));
    if (!port || !digit(server[colon + 1]) || *port > INT32_MAX) return;
    url.port = *port;
  }
  url.host = host;
}

std::optional<Url> parse_url(std::string_view text) {
  Url out;
  if (!legal(text)) return std::nullopt;
  out.fragment = take_from(text, '#');
  auto stop = text.find_first_of(":/?");
  if (stop != std::string_view::npos && text[stop] == ':') {
    out.scheme = text.substr(0, stop);
    if (out.scheme->empty() || !letter(out.scheme->front())) return std::nullopt;
    for (char c : *out.scheme)
      if (!letter(c) && !digit(c) && c != '+' && c != '-' && c != '.') return std::nullopt;
    text = text.substr(stop + 1);
    if (text.empty()) return std::nullopt;
    if (text.front() != '/') return out;
  }
  out.query = take_from(text, '?');
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    auto end = std::min(text.find('/'), text.size());
    if (text.empty() && !out.query && !out.fragment) return std::nullopt;
    out.authority = text.substr(0, end);
    take_server(out, *out.authority);
    text = text.substr(end);
  }
  if (text.find_first_of("[]") != std::string_view::npos) return std::nullopt;
  out.path = text;
  return out;
}

// The text with its %XX decoded; what then is no UTF-8 becomes U+FFFD. `plus` is what a + stands for.
std::optional<std::string> decoded(std::string_view text, char plus) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i] == '+' ? plus : text[i];
      continue;
    }
    int byte = escaped(text, i);
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
    i += 2;
  }
  return whole_utf8(bytes);
}

using Part = std::optional<std::string_view> (*)(const Url&);

Value no_url(CallContext& call, std::string_view text) {
  return failed(call, fmt::format("URL input has invalid syntax: {}", text));
}

template <Part part, bool encoded>
Value extract(CallContext& call, const Value* a) {
  auto url = parse_url(a[0].as_text());
  if (!url) return no_url(call, a[0].as_text());
  auto found = part(*url);
  if (!found) return Value::null();
  if (!encoded || found->find('%') == std::string_view::npos) return Value::text(*found);
  return made(call, *decoded(*found, '+'));
}
std::optional<std::string_view> scheme_of(const Url& url) {
  return url.scheme;
}
std::optional<std::string_view> host_of(const Url& url) {
  return url.host;
}
std::optional<std::string_view> path_of(const Url& url) {
  return url.path;
}
std::optional<std::string_view> query_of(const Url& url) {
  return url.query;
}
std::optional<std::string_view> fragment_of(const Url& url) {
  return url.fragment;
}

Value extract_port(CallContext& call, const Value* a) {
  auto url = parse_url(a[0].as_text());
  if (!url) return no_url(call, a[0].as_text());
  return url->port ? Value::integer(*url->port) : Value::null();
}

// The query is decoded before it is taken apart.
Value extract_parameter(CallContext& call, const Value* a) {
  auto url = parse_url(a[0].as_text());
  if (!url) return no_url(call, a[0].as_text());
  if (!url->query) return Value::null();
  auto query = *decoded(*url->query, '+');
  for (std::string_view parameter : split(query, '&')) {
    auto value = take_from(parameter, '=');
    if (parameter == a[1].as_text()) return made(call, value.value_or(""));
  }
  return Value::null();
}

Value encode_parameter(CallContext& call, const Value* a) {
  std::string out;
  for (char c : a[0].as_text()) {
    if (letter(c) || digit(c) || c == '-' || c == '_' || c == '.' || c == '*')
      out += c;
    else if (c == ' ')
      out += '+';
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return made(call, out);
}
Value decode_parameter(CallContext& call, const Value* a) {
  auto out = decoded(a[0].as_text(), ' ');
  return out ? made(call, *out)
             : failed(call, fmt::format("there is a % without two hexadecimal digits in {}", a[0].as_text()));
}

constexpr ScalarVariant kDecode[] = {{"STRING", "STRING", decode_parameter}};
constexpr ScalarVariant kEncode[] = {{"STRING", "STRING", encode_parameter}};
constexpr ScalarVariant kFragment[] = {{"STRING", "STRING", extract<fragment_of, true>}};
constexpr ScalarVariant kHost[] = {{"STRING", "STRING", extract<host_of, false>}};
constexpr ScalarVariant kParameter[] = {{"STRING, STRING", "STRING", extract_parameter}};
constexpr ScalarVariant kPath[] = {{"STRING", "STRING", extract<path_of, true>}};
constexpr ScalarVariant kPort[] = {{"STRING", "INT", extract_port}};
constexpr ScalarVariant kProtocol[] = {{"STRING", "STRING", extract<scheme_of, false>}};
constexpr ScalarVariant kQuery[] = {{"STRING", "STRING", extract<query_of, true>}};

constexpr ScalarEntry kTable[] = {
    {"URL_DECODE_PARAM", "a form parameter decoded: + is a blank, %XX a byte", kDecode},
    {"URL_ENCODE_PARAM", "a text encoded as a form parameter", kEncode},
    {"URL_EXTRACT_FRAGMENT", "what follows the # of a URL", kFragment},
    {"URL_EXTRACT_HOST", "the host of a URL", kHost},
    {"URL_EXTRACT_PARAMETER", "the value of the parameter of that name in a URL's query", kParameter},
    {"URL_EXTRACT_PATH", "the path of a URL", kPath},
    {"URL_EXTRACT_PORT", "the port that a URL names", kPort},
    {"URL_EXTRACT_PROTOCOL", "what stands before the : of a URL", kProtocol},
    {"URL_EXTRACT_QUERY", "what follows the ? of a URL", kQuery},
};

}  // namespace

std::span<const ScalarEntry> url_functions() {
  return kTable;
}

}  // namespace sl::query
