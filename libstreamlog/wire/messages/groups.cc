// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/groups.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(ListGroupsRequest);
SL_WIRE_MESSAGE(ListGroupsResponse);
SL_WIRE_MESSAGE(DescribeGroupsRequest);
SL_WIRE_MESSAGE(DescribeGroupsResponse);
SL_WIRE_MESSAGE(DeleteGroupsRequest);
SL_WIRE_MESSAGE(DeleteGroupsResponse);
SL_WIRE_MESSAGE(ConsumerGroupDescribeRequest);
SL_WIRE_MESSAGE(ConsumerGroupDescribeResponse);

}  // namespace sl::wire
