// A batch of the metadata log or of a snapshot, ordinary or control, as it is read from disk.
#include "quorum/record_batches.h"
#include "tests/fuzz/batches.h"

namespace {

using namespace sl;

std::string make(Random& random) {
  record::BatchStamp stamp{.leader_epoch = Epoch(static_cast<int32_t>(random.below(9)))};
  BufferPool pool(0);
  if (random.below(2) == 0) {
    wire::TopicRecord topic;
    wire::ConfigRecord config;
    wire::fill(topic, wire::versions_of<wire::TopicRecord>().max, random);
    wire::fill(config, wire::versions_of<wire::ConfigRecord>().max, random);
    std::vector<wire::MetadataRecord> records{topic, config};
    auto batch = quorum::build_batch(pool, quorum::encode_all(records), 1'700'000'000'000, stamp, 1 << 20);
    fuzz::require(batch.ok(), "two records fit a batch");
    return std::string(as_text(batch->bytes));
  }
  wire::LeaderChangeMessage leader;
  wire::VotersRecord voters;
  wire::fill(leader, wire::versions_of<wire::LeaderChangeMessage>().max, random);
  wire::fill(voters, wire::versions_of<wire::VotersRecord>().max, random);
  leader.version = wire::versions_of<wire::LeaderChangeMessage>().max;
  voters.version = wire::versions_of<wire::VotersRecord>().max;
  std::string leader_value = wire::encode_control(leader), voters_value = wire::encode_control(voters);
  std::vector<record::ControlRecord> records{{record::ControlType::kLeaderChange, as_bytes(leader_value)},
                                             {record::ControlType::kRaftVoters, as_bytes(voters_value)}};
  return std::string(as_text(record::build_control_batch(1'700'000'000'000, stamp, records).bytes));
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make, &fuzz::make_whole);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Buffer bytes = Buffer::copy_of({data, size});
  auto batch = record::parse_batch(bytes.bytes());
  if (!batch || !batch->crc_ok()) return 0;
  record::Decompressor decompressor;
  auto content = quorum::read_batch(*batch, decompressor);
  if (!content) {
    fuzz::require(!content.error().context.empty(), "a refusal says why");
    return 0;
  }
  for (const auto& placed : content->records)
    fuzz::require(placed.offset >= batch->base_offset() && placed.offset <= batch->last_offset(),
                  "a record lies in its batch");
  return 0;
}
