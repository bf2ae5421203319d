// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/metadata.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(MetadataRequest);
SL_WIRE_MESSAGE(MetadataResponse);
SL_WIRE_MESSAGE(DescribeTopicPartitionsRequest);
SL_WIRE_MESSAGE(DescribeTopicPartitionsResponse);

}  // namespace sl::wire
