// What the ApiVersions answer says, made of the list in the header.
#include "wire/api.h"

#include <string_view>

#include "wire/frame.h"

namespace sl::wire {

const ApiInfo* find_api(int16_t key) {
  for (const ApiInfo& api : kApis)
    if (static_cast<int16_t>(api.key) == key) return &api;
  return nullptr;
}

std::string api_name(int16_t key) {
  std::string name;
  bool found = visit_request(key, [&]<class M>() {
    std::string_view full = message_name<M>();
    name = full.substr(0, full.size() - std::string_view("Request").size());
  });
  return found ? name : "Api" + std::to_string(key);
}

ApiVersionsResponse listed_apis() {
  ApiVersionsResponse response;
  for (const ApiInfo& api : kApis)
    response.api_keys.push_back({static_cast<int16_t>(api.key), api.listed_min, api.listed_max});
  return response;
}

Encoded encode_api_versions_refusal(int32_t correlation_id) {
  constexpr ApiInfo kSelf = api_info<ApiVersionsRequest>();
  ApiVersionsResponse response;
  response.error_code = errc_to_wire(Errc::kUnsupportedVersion);
  response.api_keys.push_back({static_cast<int16_t>(kSelf.key), kSelf.listed_min, kSelf.listed_max});
  return encode_response(correlation_id, response, 0);
}

}  // namespace sl::wire
