// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/membership.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(JoinGroupRequest);
SL_WIRE_MESSAGE(JoinGroupResponse);
SL_WIRE_MESSAGE(SyncGroupRequest);
SL_WIRE_MESSAGE(SyncGroupResponse);
SL_WIRE_MESSAGE(HeartbeatRequest);
SL_WIRE_MESSAGE(HeartbeatResponse);
SL_WIRE_MESSAGE(LeaveGroupRequest);
SL_WIRE_MESSAGE(LeaveGroupResponse);
SL_WIRE_MESSAGE(ConsumerGroupHeartbeatRequest);
SL_WIRE_MESSAGE(ConsumerGroupHeartbeatResponse);

}  // namespace sl::wire
