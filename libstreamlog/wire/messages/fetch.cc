// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/fetch.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(FetchRequest);
SL_WIRE_MESSAGE(FetchResponse);

}  // namespace sl::wire
