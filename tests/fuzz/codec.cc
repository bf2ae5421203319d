// Decompression of what a stranger compressed. SL_FUZZ_CODEC chooses the codec at compile time: one program each, so
// that a coverage of one does not hide that nothing is known about another. The bound on the output must hold whatever
// sizes the input announces.
#include "tests/fuzz/batches.h"

namespace {

using namespace sl;

constexpr auto kCodec = static_cast<record::Codec>(SL_FUZZ_CODEC);

std::string compress(Bytes plain) {
  record::Compressor compressor;
  std::string out(record::Compressor::bound(kCodec, plain.size()), '\0');
  MutableBytes room(reinterpret_cast<uint8_t*>(out.data()), out.size());
  auto size = compressor.compress(kCodec, plain, record::kDefaultLevel, room);
  fuzz::require(size.ok(), "anything can be compressed");
  out.resize(*size);
  return out;
}

std::string make(Random& random) {
  return compress(as_bytes(fuzz::words(random, random.below(8) == 0 ? 20'000 : 300)));
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Buffer in = Buffer::copy_of({data, size});
  record::Decompressor decompressor;
  constexpr size_t kSmall = 10'000;
  auto bounded = decompressor.decompress(kCodec, in.bytes(), kSmall);
  if (bounded) fuzz::require(bounded->size() <= kSmall, "the caller's bound holds");
  auto out = decompressor.decompress(kCodec, in.bytes());
  if (!out) return 0;
  fuzz::require(out->size() <= record::decompressed_limit(size), "the ratio's bound holds");
  if (out->size() > (1 << 16)) return 0;
  Buffer kept = decompressor.keep();
  std::string again = compress(*out);
  record::Decompressor other;
  auto back = other.decompress(kCodec, as_bytes(again));
  fuzz::require(back.ok() && as_text(*back) == as_text(*out), "what was compressed comes back");
  return 0;
}
