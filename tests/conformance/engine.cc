#include "tests/conformance/engine.h"

#include <algorithm>
#include <set>

namespace sl::conformance {
namespace {

class Saved final : public query::StateWriter {
 public:
  explicit Saved(std::map<std::string, std::string>& to) : to_(to) {}
  void put(std::string_view key, std::string_view value) override { to_[std::string(key)] = value; }
  void erase(std::string_view key) override { to_.erase(std::string(key)); }
  void erase_prefix(std::string_view prefix) override {
    std::erase_if(to_, [&](const auto& entry) { return entry.first.starts_with(prefix); });
  }

 private:
  std::map<std::string, std::string>& to_;
};

constexpr int64_t kNowMs = 1'700'000'000'000;

std::optional<Bytes> bytes_of(const std::optional<std::string>& text) {
  return text ? std::optional(as_bytes(*text)) : std::nullopt;
}

}  // namespace

const query::Source* Engine::source_of(const std::string& topic) const {
  auto& session = const_cast<Engine*>(this)->session_;
  for (const auto& source : session.catalogue().sources())
    if (source->topic == topic) return source.get();
  return nullptr;
}

Status Engine::make_task(Query& query) {
  SL_TRY(query.task, query::Task::make(*query.plan, session_.settings(), &random_, nullptr));
  if (options_.restart) query.task->track_changes();
  SL_TRY(query.encoder, query::SinkEncoder::make(*query.plan, query.task->environment()));
  auto* made = &query;
  query.task->set_output([this, made](const query::Batch& batch) {
    return made->encoder->encode(batch, [this, made](const query::OutputRecord& record) {
      StoredRecord stored;
      if (record.key) stored.key = std::string(*record.key);
      if (record.value) stored.value = std::string(*record.value);
      stored.timestamp = record.timestamp;
      stored.headers = std::string(as_text(record.headers.encoded));
      stored.header_count = record.headers.count;
      topics_[made->plan->sink.topic].push_back(std::move(stored));
      return Status();
    });
  });
  return {};
}

Status Engine::execute(const std::string& statement) {
  SL_TRY(auto script, query::split_script(statement));
  for (const auto& text : script.statements) {
    SL_TRY(auto parsed, session_.parse(text));
    SL_TRY(auto outcome, session_.run(std::move(parsed)));
    if (auto* insert = std::get_if<query::InsertRow>(&outcome)) {
      static_cast<void>(insert);
      continue;
    }
    auto* start = std::get_if<query::StartQuery>(&outcome);
    if (!start) continue;
    auto made = std::make_unique<Query>();
    made->plan = start->plan;
    SL_CHECK(make_task(*made));
    queries_.push_back(std::move(made));
  }
  return {};
}

void Engine::produce(const std::string& topic, StoredRecord record) {
  topics_[topic].push_back(std::move(record));
}

Status Engine::run(const std::vector<Input>& inputs) {
  for (auto& query : queries_) SL_CHECK(feed(*query, inputs));
  return {};
}

Status Engine::feed(Query& query, const std::vector<Input>& inputs) {
  std::set<std::string> topics;
  for (size_t i = 0; i < query.task->sources(); ++i) topics.insert(query.task->source(i).topic);
  bool from_outside =
      std::any_of(inputs.begin(), inputs.end(), [&](const Input& in) { return topics.contains(in.topic); });
  if (!from_outside) {
    for (const auto& topic : topics) SL_CHECK(push(query, topic, 0, topics_[topic].size()));
    return {};
  }
  for (size_t i = 0; i < inputs.size();) {
    size_t end = i + 1;
    while (end < inputs.size() && inputs[end].topic == inputs[i].topic && end - i < options_.batch) ++end;
    if (topics.contains(inputs[i].topic))
      SL_CHECK(push(query, inputs[i].topic, inputs[i].index, inputs[i].index + (end - i)));
    i = end;
  }
  return {};
}

Status Engine::push(Query& query, const std::string& topic, size_t from, size_t to) {
  for (size_t at = from; at < to;) {
    size_t end = std::min(to, at + options_.batch);
    for (size_t source = 0; source < query.task->sources(); ++source) {
      if (query.task->source(source).topic != topic) continue;
      std::vector<query::InputRecord> records;
      for (size_t i = at; i < end; ++i) {
        const auto& stored = topics_[topic][i];
        query::InputRecord record;
        record.key = bytes_of(stored.key);
        record.value = bytes_of(stored.value);
        record.timestamp = stored.timestamp;
        record.offset = static_cast<int64_t>(i);
        record.headers = {as_bytes(stored.headers), stored.header_count};
        records.push_back(record);
      }
      SL_CHECK(query.task->push(source, records, kNowMs));
    }
    if (options_.restart) SL_CHECK(restart(query));
    at = end;
  }
  return {};
}

Status Engine::restart(Query& query) {
  Saved saved(query.saved);
  query.task->save(saved);
  SL_CHECK(make_task(query));
  for (const auto& [key, value] : query.saved) SL_CHECK(query.task->restore(key, value));
  return {};
}

}  // namespace sl::conformance
