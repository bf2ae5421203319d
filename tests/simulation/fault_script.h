// FaultScript: what a client does in the short life of a daemon whose disk fails once: two topics, records, a trim that
// lets a segment go, a topic deleted, each step tried until it is answered; and what must be there in the end. Record n
// lies at offset n, since nothing may be lost, doubled or refused for good.
#pragma once
#include <map>
#include <string>

#include "aio/runtime.h"
#include "client/admin.h"
#include "client/producer.h"

namespace sl::simulation {

class FaultScript {
 public:
  static constexpr uint64_t kRecords = 36;

  explicit FaultScript(aio::Runtime& runtime) : runtime_(runtime) {}
  FaultScript(const FaultScript&) = delete;

  // All of it. It pauses in the middle until go_on(), for a restart.
  aio::Task<void> run();
  bool half_done() const { return half_done_; }
  void go_on() { may_go_on_ = true; }
  bool done() const { return done_; }
  // Reads what the daemon holds now; then `judged`, and verdict() says what is wrong.
  aio::Task<void> judge();
  bool judged() const { return judged_; }
  const std::string& verdict() const { return trouble_; }
  // Whatever runs comes to its end soon.
  void abandon() { abandoned_ = true; }
  const std::string& doing() const { return doing_; }

 private:
  enum class Step { kCreate, kRemove, kTrim };
  aio::Task<void> pause(int64_t ms);
  aio::Task<void> administer(Step step, std::string topic);
  aio::Task<Errc> try_step(Step step, std::string topic);
  aio::Task<void> produce(uint64_t first, uint64_t count);
  aio::Task<Status> read(client::Cluster* cluster);
  aio::Task<Status> look(client::Cluster* cluster);
  void note(const client::Delivery& delivery);
  void require(bool holds, const std::string& sentence);

  aio::Runtime& runtime_;
  std::map<uint64_t, int64_t> acknowledged_;  // number to offset
  int64_t trimmed_to_ = 0;
  bool removed_ = false;
  bool half_done_ = false;
  bool may_go_on_ = false;
  bool done_ = false;
  bool judged_ = false;
  bool abandoned_ = false;
  std::string doing_;
  std::string trouble_;
};

}  // namespace sl::simulation
