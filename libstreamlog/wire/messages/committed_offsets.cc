// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/committed_offsets.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(OffsetCommitRequest);
SL_WIRE_MESSAGE(OffsetCommitResponse);
SL_WIRE_MESSAGE(OffsetFetchRequest);
SL_WIRE_MESSAGE(OffsetFetchResponse);
SL_WIRE_MESSAGE(OffsetDeleteRequest);
SL_WIRE_MESSAGE(OffsetDeleteResponse);

}  // namespace sl::wire
