// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/broker.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(ApiVersionsRequest);
SL_WIRE_MESSAGE(ApiVersionsResponse);
SL_WIRE_MESSAGE(FindCoordinatorRequest);
SL_WIRE_MESSAGE(FindCoordinatorResponse);
SL_WIRE_MESSAGE(DescribeClusterRequest);
SL_WIRE_MESSAGE(DescribeClusterResponse);
SL_WIRE_MESSAGE(DescribeLogDirsRequest);
SL_WIRE_MESSAGE(DescribeLogDirsResponse);

}  // namespace sl::wire
