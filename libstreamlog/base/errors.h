// THE error table: every error the house knows, once. Numbers from -1 to 200 are Kafka's own and cross the wire
// (https://kafka.apache.org/protocol, "Error Codes"); those from 1000 are ours and are mapped to Kafka's on the way
// out. The exit codes are those of every tool: 1 failed, 2 usage, 3 unreachable or timed out, 4 not found, 5 condition
// not met (the daemon's own exits are in daemon/main.cc).
#pragma once
#include <cstdint>
#include <string_view>

namespace sl {

// X(name, number, wire number, exit code, retriable, text)
#define SL_ERRORS(X)                                                                                       \
  X(UnknownServerError, -1, -1, 1, false, "the server met an unexpected error")                            \
  X(None, 0, 0, 0, false, "no error")                                                                      \
  X(OffsetOutOfRange, 1, 1, 1, false, "the offset is outside the log")                                     \
  X(CorruptMessage, 2, 2, 1, true, "the data is damaged")                                                  \
  X(UnknownTopicOrPartition, 3, 3, 4, true, "no such topic or partition")                                  \
  X(InvalidFetchSize, 4, 4, 1, false, "the fetch size is invalid")                                         \
  X(LeaderNotAvailable, 5, 5, 3, true, "the partition has no leader now")                                  \
  X(NotLeaderOrFollower, 6, 6, 1, true, "this node is not the partition's leader")                         \
  X(RequestTimedOut, 7, 7, 3, true, "the request timed out")                                               \
  X(BrokerNotAvailable, 8, 8, 3, false, "the broker is not available")                                     \
  X(ReplicaNotAvailable, 9, 9, 3, true, "the replica is not available")                                    \
  X(MessageTooLarge, 10, 10, 1, false, "the record or batch is larger than the topic's max.message.bytes") \
  X(StaleControllerEpoch, 11, 11, 1, false, "the controller epoch is stale")                               \
  X(OffsetMetadataTooLarge, 12, 12, 1, false, "the offset's metadata is too large")                        \
  X(NetworkException, 13, 13, 3, true, "the connection was lost")                                          \
  X(CoordinatorLoadInProgress, 14, 14, 3, true, "the coordinator is still loading")                        \
  X(CoordinatorNotAvailable, 15, 15, 3, true, "no coordinator is available")                               \
  X(NotCoordinator, 16, 16, 1, true, "this node is not the coordinator")                                   \
  X(InvalidTopic, 17, 17, 2, false, "the topic name is not allowed")                                       \
  X(RecordListTooLarge, 18, 18, 1, false, "the batch is larger than a segment")                            \
  X(NotEnoughReplicas, 19, 19, 1, true, "fewer replicas are in sync than min.insync.replicas")             \
  X(NotEnoughReplicasAfterAppend, 20, 20, 1, true, "written, but too few replicas were in sync")           \
  X(InvalidRequiredAcks, 21, 21, 2, false, "acks must be -1 (all), 0 or 1")                                \
  X(IllegalGeneration, 22, 22, 1, false, "the group generation is not the current one")                    \
  X(InconsistentGroupProtocol, 23, 23, 1, false, "the group uses another protocol")                        \
  X(InvalidGroupId, 24, 24, 2, false, "the group id is not allowed")                                       \
  X(UnknownMemberId, 25, 25, 1, false, "the group does not know this member")                              \
  X(InvalidSessionTimeout, 26, 26, 2, false, "the session timeout is out of range")                        \
  X(RebalanceInProgress, 27, 27, 1, false, "the group is rebalancing")                                     \
  X(TopicAuthorizationFailed, 29, 29, 1, false, "not allowed on this topic")                               \
  X(GroupAuthorizationFailed, 30, 30, 1, false, "not allowed on this group")                               \
  X(ClusterAuthorizationFailed, 31, 31, 1, false, "not allowed on this cluster")                           \
  X(InvalidTimestamp, 32, 32, 1, false, "the timestamp is outside what the topic accepts")                 \
  X(UnsupportedSaslMechanism, 33, 33, 1, false, "the SASL mechanism is not supported")                     \
  X(IllegalSaslState, 34, 34, 1, false, "the request does not fit the SASL state")                         \
  X(UnsupportedVersion, 35, 35, 1, false, "the server does not support this version of the request")       \
  X(TopicAlreadyExists, 36, 36, 1, false, "the topic exists already")                                      \
  X(InvalidPartitions, 37, 37, 2, false, "the number of partitions is not allowed")                        \
  X(InvalidReplicationFactor, 38, 38, 2, false, "the replication factor is not possible here")             \
  X(InvalidReplicaAssignment, 39, 39, 2, false, "the replica assignment is not possible")                  \
  X(InvalidConfig, 40, 40, 2, false, "the setting is not valid")                                           \
  X(NotController, 41, 41, 1, true, "this node is not the controller")                                     \
  X(InvalidRequest, 42, 42, 1, false, "the request is malformed")                                          \
  X(UnsupportedForMessageFormat, 43, 43, 1, false, "the message format does not support this")             \
  X(PolicyViolation, 44, 44, 1, false, "a policy forbids it")                                              \
  X(OutOfOrderSequenceNumber, 45, 45, 1, false, "the producer's sequence has a gap")                       \
  X(DuplicateSequenceNumber, 46, 46, 1, false, "the producer's sequence is a duplicate")                   \
  X(InvalidProducerEpoch, 47, 47, 1, false, "a newer producer of this id exists")                          \
  X(InvalidTxnState, 48, 48, 1, false, "the transaction is in another state")                              \
  X(InvalidProducerIdMapping, 49, 49, 1, false, "the producer id belongs to another transactional id")     \
  X(InvalidTransactionTimeout, 50, 50, 2, false, "the transaction timeout is too long")                    \
  X(SecurityDisabled, 54, 54, 1, false, "security is off on this server")                                  \
  X(KafkaStorageError, 56, 56, 1, true, "the server could not use its disk")                               \
  X(LogDirNotFound, 57, 57, 1, false, "the log directory does not exist")                                  \
  X(SaslAuthenticationFailed, 58, 58, 1, false, "authentication failed")                                   \
  X(UnknownProducerId, 59, 59, 1, false, "the producer id is not known")                                   \
  X(ReassignmentInProgress, 60, 60, 1, false, "a reassignment is in progress")                             \
  X(NonEmptyGroup, 68, 68, 1, false, "the group has members")                                              \
  X(GroupIdNotFound, 69, 69, 4, false, "no such group")                                                    \
  X(FetchSessionIdNotFound, 70, 70, 1, true, "the fetch session does not exist")                           \
  X(InvalidFetchSessionEpoch, 71, 71, 1, true, "the fetch session epoch is wrong")                         \
  X(ListenerNotFound, 72, 72, 1, true, "no listener of that name")                                         \
  X(TopicDeletionDisabled, 73, 73, 1, false, "topic deletion is disabled")                                 \
  X(FencedLeaderEpoch, 74, 74, 1, true, "the leader epoch is older than the server's")                     \
  X(UnknownLeaderEpoch, 75, 75, 1, true, "the leader epoch is newer than the server's")                    \
  X(UnsupportedCompressionType, 76, 76, 1, false, "the compression is not supported")                      \
  X(StaleBrokerEpoch, 77, 77, 1, false, "the broker epoch is stale")                                       \
  X(OffsetNotAvailable, 78, 78, 1, true, "the offset is not available yet")                                \
  X(MemberIdRequired, 79, 79, 1, true, "the member must join again with the id it was given")              \
  X(GroupMaxSizeReached, 81, 81, 1, false, "the group has its most members already")                       \
  X(FencedInstanceId, 82, 82, 1, false, "another member uses this instance id")                            \
  X(GroupSubscribedToTopic, 86, 86, 1, false, "the group is subscribed to the topic")                      \
  X(InvalidRecord, 87, 87, 1, false, "a record is not acceptable")                                         \
  X(UnstableOffsetCommit, 88, 88, 1, true, "an offset commit is still open")                               \
  X(ThrottlingQuotaExceeded, 89, 89, 1, true, "a quota was exceeded")                                      \
  X(ProducerFenced, 90, 90, 1, false, "a newer producer of this id exists")                                \
  X(InconsistentVoterSet, 94, 94, 1, false, "the voter sets differ")                                       \
  X(SnapshotNotFound, 98, 98, 1, false, "the snapshot does not exist")                                     \
  X(PositionOutOfRange, 99, 99, 1, false, "the position is outside the snapshot")                          \
  X(UnknownTopicId, 100, 100, 4, true, "no topic has that id")                                             \
  X(InconsistentTopicId, 103, 103, 1, true, "the topic id does not fit")                                   \
  X(InconsistentClusterId, 104, 104, 1, false, "the cluster id is another")                                \
  X(FencedMemberEpoch, 110, 110, 1, false, "the member epoch is not the group's: the member must rejoin")  \
  X(UnreleasedInstanceId, 111, 111, 1, false, "another member still holds this instance id")               \
  X(UnsupportedAssignor, 112, 112, 2, false, "the server does not know this assignor")                     \
  X(StaleMemberEpoch, 113, 113, 1, true, "the member epoch is stale")                                      \
  X(InvalidVoterKey, 125, 125, 1, false, "the voter key is not this node's")                               \
  X(DuplicateVoter, 126, 126, 1, false, "the voter is in the set already")                                 \
  X(VoterNotFound, 127, 127, 1, false, "the voter is not in the set")                                      \
  X(InvalidRegularExpression, 128, 128, 2, false, "the regular expression is not valid")                   \
  X(Cancelled, 1000, -1, 1, false, "the operation was cancelled")                                          \
  X(Io, 1001, 56, 1, true, "an input or output error")                                                     \
  X(DiskFull, 1002, 56, 1, true, "the disk is full")                                                       \
  X(NotFound, 1003, -1, 4, false, "it does not exist")                                                     \
  X(Exists, 1004, -1, 1, false, "it exists already")                                                       \
  X(PermissionDenied, 1005, -1, 1, false, "permission denied")                                             \
  X(WouldBlock, 1006, -1, 1, true, "it would have to wait")                                                \
  X(Unreachable, 1007, -1, 3, true, "cannot connect")                                                      \
  X(ConnectionClosed, 1008, 13, 3, true, "the other side closed the connection")                           \
  X(ProtocolMismatch, 1009, 42, 3, false, "the other side does not speak Kafka's protocol")                \
  X(Malformed, 1010, 42, 1, false, "the bytes cannot be decoded")                                          \
  X(TooLarge, 1011, 10, 1, false, "it is larger than allowed")                                             \
  X(Usage, 1012, 42, 2, false, "the command line is wrong")                                                \
  X(BadConfig, 1013, 40, 1, false, "the configuration is wrong")                                           \
  X(Locked, 1014, -1, 1, false, "another process holds it")                                                \
  X(SyncFailed, 1015, 56, 1, true, "the disk could not make data durable")                                 \
  X(ConditionNotMet, 1016, -1, 5, false, "the condition is not met")                                       \
  X(MapFull, 1017, 56, 1, true, "the index has no room")                                                   \
  X(Corrupt, 1018, 2, 1, false, "the file is damaged")                                                     \
  X(BrokenPipe, 1019, 13, 1, false, "nobody reads the other end")

enum class Errc : int16_t {
#define SL_ERRC(name, number, wire, exit, retriable, text) k##name = number,
  SL_ERRORS(SL_ERRC)
#undef SL_ERRC
};

// The row of a code. A code that arrived from a newer server and is not in the table gets the row of
// UnknownServerError, with its number kept by the caller.
struct ErrorInfo {
  Errc code;
  std::string_view name;  // in Kafka's spelling, e.g. TOPIC_ALREADY_EXISTS
  int16_t wire;           // the number that crosses the wire
  int exit_code;
  bool retriable;
  std::string_view text;
};
const ErrorInfo& error_info(Errc code);

// A code as received: numbers beyond the table stay what they are.
inline Errc errc_from_wire(int16_t number) {
  return static_cast<Errc>(number);
}
inline int16_t errc_to_wire(Errc code) {
  return error_info(code).wire;
}

}  // namespace sl
