// The walks of these messages, compiled once; see wire/instantiate.h.
#include "wire/control_records.h"

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(LeaderChangeMessage);
SL_WIRE_MESSAGE(KRaftVersionRecord);
SL_WIRE_MESSAGE(VotersRecord);
SL_WIRE_MESSAGE(SnapshotHeaderRecord);
SL_WIRE_MESSAGE(SnapshotFooterRecord);
SL_WIRE_MESSAGE(QuorumStateData);

}  // namespace sl::wire
