// The -o grammar of offsets, ranges and times.
#include "tools/common/offset_spec.h"

#include "tests/fuzz/fuzz.h"

namespace {

using namespace sl;

constexpr const char* kTexts[] = {"start",
                                  "end",
                                  "47",
                                  "+5",
                                  "-5",
                                  "10:20",
                                  ":end",
                                  "@1700000000000",
                                  "@-1h:now",
                                  "@2026-01-31T09:15:00.000+01:00",
                                  "s@2026-01-31",
                                  "e@-2d",
                                  "@2026-01-31:1h"};

std::string make(Random& random) {
  return kTexts[random.below(std::size(kTexts))];
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Buffer input = Buffer::copy_of({data, size});
  std::string_view text = as_text(input.bytes());
  tools::OffsetGrammar grammar{.now_ms = 1'769'850'900'000, .stored_allowed = size % 2 == 0};
  tools::OffsetRange range;
  if (tools::parse_offsets(text, grammar, range)) {
    fuzz::require(range.from || range.to, "a range has a side");
    if (range.from) fuzz::require(!tools::describe(*range.from).empty(), "a position can be described");
    if (range.to) fuzz::require(!tools::describe(*range.to).empty(), "a position can be described");
  }
  (void)tools::parse_position(text, grammar);
  (void)tools::parse_moment(text, grammar.now_ms);
  return 0;
}
