// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/offsets.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(ListOffsetsRequest);
SL_WIRE_MESSAGE(ListOffsetsResponse);
SL_WIRE_MESSAGE(OffsetForLeaderEpochRequest);
SL_WIRE_MESSAGE(OffsetForLeaderEpochResponse);
SL_WIRE_MESSAGE(DeleteRecordsRequest);
SL_WIRE_MESSAGE(DeleteRecordsResponse);

}  // namespace sl::wire
