// Job: work that blocks, cut off from the state it came from. A log hands one out on its shard; the layer above runs it
// on a pool thread; the log takes it back, on its shard again, with finish(). A job touches nothing but what it
// captured (files, buffers, offsets), so a log may even go away while one runs. The seams it uses must outlive it.
#pragma once

namespace sl::storage {

class Job {
 public:
  virtual ~Job() = default;
  // Once. Errors wait in the job for finish().
  virtual void run() = 0;

 protected:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
};

}  // namespace sl::storage
