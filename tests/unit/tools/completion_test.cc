// Completion in sl-query's shell.
#include "tools/sl-query/completion.h"

#include <gtest/gtest.h>

namespace sl::tools::query {
namespace {

using Words = std::vector<std::string>;

TEST(QueryCompletion, KeywordsAndNamesWhateverTheirCase) {
  Words names = {"payments", "Payouts", "orders"};
  EXPECT_EQ(complete_word("sele", names).words, Words{"SELECT"});
  EXPECT_EQ(complete_word("SELECT * FROM PAYM", names).words, Words{"payments"});
  auto several = complete_word("SELECT * FROM pay", names);
  EXPECT_EQ(several.words, (Words{"Payouts", "payments"}));
  EXPECT_EQ(several.common, "Pay");
  EXPECT_EQ(complete_word("SELECT count(ord", names).words, Words{"orders"});
}

TEST(QueryCompletion, NothingToGoOn) {
  EXPECT_TRUE(complete_word("", {"a"}).words.empty());
  EXPECT_TRUE(complete_word("SELECT ", {"a"}).words.empty());
  EXPECT_TRUE(complete_word("xyzzy", {"a"}).words.empty());
  EXPECT_EQ(word_at_end("a.größe"), "größe");
}

}  // namespace
}  // namespace sl::tools::query
