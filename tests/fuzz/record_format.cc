// The -f formats, of output and of input: any format, run over any record and any bytes.
#include "tools/common/record_format.h"

#include "record/record_cursor.h"
#include "tests/fuzz/batches.h"
#include "tools/common/delimiter.h"
#include "tools/common/input_format.h"

namespace {

using namespace sl;

constexpr const char* kFormats[] = {"%v\\n",
                                    "%k\\t%v\\n",
                                    "%K{big32}%k%V{big32}%v",
                                    "%t %p %o %e %T %i %d{rfc3339}\\n",
                                    "%H %h{%k=%v }%v\\n",
                                    "%v{hex} %k{base64} %v{json}\\n",
                                    "%d{strftime[%F %T]} %R%s",
                                    "%v{unpack[>iq s]}%%%{%}\\x41",
                                    "%h\\n",
                                    "%V{hex16}%T{little64}%K{bool}"};

std::string make(Random& random) {
  std::string format = kFormats[random.below(std::size(kFormats))];
  return static_cast<char>(format.size()) + format + fuzz::words(random, 60);
}

void show(tools::RecordFormat& format, Bytes value) {
  BufferPool pool(0);
  record::BatchBuilder builder(pool, 64 << 10, 4 << 10);
  record::HeaderView headers[] = {{"name", value}, {"", std::nullopt}};
  builder.append(1'700'000'000'123, value, std::nullopt, headers);
  builder.append(-1, std::nullopt, value);
  Slice batch = builder.finish({});
  record::Decompressor decompressor;
  auto cursor = record::RecordCursor::open(record::BatchView(batch.bytes), decompressor);
  record::RecordView record;
  std::string out;
  for (auto more = cursor->next(record); more && *more; more = cursor->next(record))
    format.append(out, {.topic = "t", .partition = Partition(3)}, record);
}

void read(tools::InputFormat& format, std::string_view text) {
  tools::InputRecord record;
  while (!text.empty()) {
    auto taken = format.read(text, true, record);
    if (!taken) return;
    fuzz::require(*taken > 0 && *taken <= text.size(), "a record takes bytes that are there");
    text.remove_prefix(*taken);
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  std::string format(input.text());
  Buffer bytes = input.rest();
  (void)tools::unescape(format);
  (void)tools::parse_delimiter(format);
  if (auto output = tools::RecordFormat::compile(format)) show(*output, bytes.bytes());
  if (auto reader = tools::InputFormat::compile(format)) read(*reader, as_text(bytes.bytes()));
  return 0;
}
