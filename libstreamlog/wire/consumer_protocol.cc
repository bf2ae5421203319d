// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/consumer_protocol.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(ConsumerProtocolSubscription);
SL_WIRE_MESSAGE(ConsumerProtocolAssignment);

}  // namespace sl::wire
