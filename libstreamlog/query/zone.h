// Time zones by name, from the machine's zoneinfo (Abseil's time library reads it).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sl::query {

class Zone {
 public:
  // "Europe/London", "UTC", "+02:00", "PST"; none where there is no such zone. Names may come out of records: one that
  // could not be a zone's opens no file.
  static std::optional<Zone> find(std::string_view name);
  // Milliseconds east of UTC at a moment, and at a local time (the earlier one where a clock went back).
  int64_t offset_at(int64_t utc_ms) const;
  int64_t offset_at_local(int64_t local_ms) const;
  std::string name() const;  // "America/Los_Angeles"
  // "PDT" or, where there is none, "GMT+2".
  std::string abbreviation_at(int64_t utc_ms) const;

 private:
  struct Loaded;
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace sl::query
