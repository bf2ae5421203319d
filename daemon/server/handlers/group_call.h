// A request to the coordinator of a group: authorised, asked and waited for.
#pragma once
#include <string>
#include <utility>

#include "group/coordinator.h"
#include "server/broker.h"

namespace sl::server {

// `request(group::Groups&, group::RequestId, group::Now, group::Outcome&)` is put to the partition that owns the group.
// A client that hangs up is not waited for. kGroupAuthorizationFailed; kNotCoordinator and the like where this node
// cannot say.
template <class Body, class Request>
aio::Task<Result<Body>> ask_coordinator(Call& call, Operation operation, std::string group, Request request) {
  if (!call.allowed(operation, ResourceType::kGroup, group)) co_return Errc::kGroupAuthorizationFailed;
  SL_CO_TRY(auto partition, co_await call.broker.coordinator().find(std::move(group)));
  if (call.session.leaving) co_return Errc::kCoordinatorNotAvailable;
  group::Question question(call.broker.runtime());
  call.session.on_close.emplace(&question, [&question] { question.abandon(); });
  group::RequestId id = partition->ask(question, std::move(request));
  bool answered = co_await question;
  partition->withdraw(id);
  call.session.on_close.erase(&question);
  if (!answered) co_return Errc::kCoordinatorNotAvailable;
  co_return question.take<Body>();
}

}  // namespace sl::server
