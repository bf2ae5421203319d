// Interruptible: waiting for a request that may be given up. The request itself runs on in the cluster's own group,
// where Cluster::close() ends it; who waited for it goes on at once. So a consumer ends without waiting for its long
// poll, and a producer without waiting for a node that does not answer.
#pragma once
#include <memory>
#include <optional>

#include "aio/event.h"
#include "client/cluster.h"

namespace sl::client {

class Interruptible {
 public:
  explicit Interruptible(Cluster& cluster)
      : cluster_(cluster), stirred_(std::make_shared<aio::Event>(cluster.runtime())) {}

  // The task's value; nothing where stop() came first. The task must touch only what it owns and the cluster.
  template <class T>
  aio::Task<std::optional<T>> run(aio::Task<T> task) {
    auto outcome = std::make_shared<std::optional<T>>();
    cluster_.detach(deliver(std::move(task), outcome, stirred_));
    while (!*outcome && !stopped_) co_await stirred_->wait();
    co_return std::move(*outcome);
  }
  // Ends every wait, now and later.
  void stop() {
    stopped_ = true;
    stirred_->notify();
  }
  bool stopped() const { return stopped_; }

 private:
  template <class T>
  static aio::Task<void> deliver(aio::Task<T> task, std::shared_ptr<std::optional<T>> outcome,
                                 std::shared_ptr<aio::Event> done) {
    T value = co_await task;
    outcome->emplace(std::move(value));
    done->notify();
  }
  Cluster& cluster_;
  std::shared_ptr<aio::Event> stirred_;
  bool stopped_ = false;
};

// A call that keeps its connection.
template <wire::Request M>
aio::Task<Result<typename M::Response>> call_on(ConnectionPtr connection, M request, int64_t timeout_ms,
                                                int16_t version_max = INT16_MAX) {
  co_return co_await connection->call(std::move(request), timeout_ms, version_max);
}

}  // namespace sl::client
