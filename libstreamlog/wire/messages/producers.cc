// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/producers.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(InitProducerIdRequest);
SL_WIRE_MESSAGE(InitProducerIdResponse);
SL_WIRE_MESSAGE(DescribeProducersRequest);
SL_WIRE_MESSAGE(DescribeProducersResponse);

}  // namespace sl::wire
