// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/messages/configs.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(DescribeConfigsRequest);
SL_WIRE_MESSAGE(DescribeConfigsResponse);
SL_WIRE_MESSAGE(AlterConfigsRequest);
SL_WIRE_MESSAGE(AlterConfigsResponse);
SL_WIRE_MESSAGE(IncrementalAlterConfigsRequest);
SL_WIRE_MESSAGE(IncrementalAlterConfigsResponse);

}  // namespace sl::wire
