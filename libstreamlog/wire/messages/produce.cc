// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/produce.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(ProduceRequest);
SL_WIRE_MESSAGE(ProduceResponse);

}  // namespace sl::wire
