// Who asks, and may they? Every session carries a Principal and every handler passes authorise() for each resource it
// touches; the dispatcher refuses a request type that was registered without saying how it is authorised. Until ACLs
// exist the one Authoriser allows whoever could connect: the unix socket's mode and loopback decide that.
#pragma once
#include <string>
#include <string_view>

namespace sl::server {

// Kafka's form: "User:alice".
struct Principal {
  std::string type = "User";
  std::string name = "ANONYMOUS";
  std::string text() const { return type + ":" + name; }
};

// Kafka's AclOperation and ResourceType, by their numbers on the wire.
enum class Operation {
  kRead = 3,
  kWrite = 4,
  kCreate = 5,
  kDelete = 6,
  kAlter = 7,
  kDescribe = 8,
  kClusterAction = 9,
  kDescribeConfigs = 10,
  kAlterConfigs = 11,
  kIdempotentWrite = 12
};
enum class ResourceType { kTopic = 2, kGroup = 3, kCluster = 4, kTransactionalId = 5 };

inline constexpr std::string_view kClusterResource = "kafka-cluster";

class Authoriser {
 public:
  virtual ~Authoriser() = default;
  virtual bool allows(const Principal& who, Operation operation, ResourceType type, std::string_view name) = 0;
};

class AllowAll final : public Authoriser {
 public:
  bool allows(const Principal&, Operation, ResourceType, std::string_view) override { return true; }
};

}  // namespace sl::server
