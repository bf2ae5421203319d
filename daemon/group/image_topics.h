// The topics of the metadata image, as groups see them.
#pragma once
#include "cluster/image.h"
#include "group/outcome.h"

namespace sl::group {

// kInvalidRegularExpression with the reason: `regex` is no RE2 expression, or one that needs too much memory.
Status check_regex(const std::string& regex);

class ImageTopics final : public Topics {
 public:
  explicit ImageTopics(const cluster::Image& image) : image_(image) {}
  int64_t version() const override { return image_.applied().value; }
  std::optional<Topic> find(const std::string& name) const override;
  // Internal topics are nobody's by an expression.
  std::vector<std::string> matching(const std::string& regex) const override;

 private:
  const cluster::Image& image_;
};

}  // namespace sl::group
