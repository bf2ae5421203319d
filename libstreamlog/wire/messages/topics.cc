// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/topics.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(CreateTopicsRequest);
SL_WIRE_MESSAGE(CreateTopicsResponse);
SL_WIRE_MESSAGE(DeleteTopicsRequest);
SL_WIRE_MESSAGE(DeleteTopicsResponse);
SL_WIRE_MESSAGE(CreatePartitionsRequest);
SL_WIRE_MESSAGE(CreatePartitionsResponse);
SL_WIRE_MESSAGE(ListPartitionReassignmentsRequest);
SL_WIRE_MESSAGE(ListPartitionReassignmentsResponse);

}  // namespace sl::wire
