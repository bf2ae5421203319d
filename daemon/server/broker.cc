#include "server/broker.h"

#include "server/handlers/families.h"

namespace sl::server {

Broker::Broker(BrokerParts parts)
    : parts_(std::move(parts)),
      checks_(parts_.runtime, parts_.buffers),
      request_memory_(parts_.runtime, static_cast<size_t>(parts_.settings.integer("queued.max.request.bytes"))) {
  add_all_handlers(dispatcher_);
}

const ListenerName* Broker::listener(std::string_view name) const {
  for (const auto& listener : parts_.listeners)
    if (listener.name == name) return &listener;
  return nullptr;
}

void add_all_handlers(Dispatcher& dispatcher) {
  add_connection_handlers(dispatcher);
  add_metadata_handlers(dispatcher);
  add_produce_handlers(dispatcher);
  add_fetch_handlers(dispatcher);
  add_offset_handlers(dispatcher);
  add_topic_handlers(dispatcher);
  add_config_handlers(dispatcher);
  add_log_dir_handlers(dispatcher);
  add_membership_handlers(dispatcher);
  add_committed_offset_handlers(dispatcher);
  add_group_handlers(dispatcher);
}

}  // namespace sl::server
