// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/quorum.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(DescribeQuorumRequest);
SL_WIRE_MESSAGE(DescribeQuorumResponse);

}  // namespace sl::wire
