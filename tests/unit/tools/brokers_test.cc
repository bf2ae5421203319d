// Where the tools connect: the order of the places, the configuration file and its errors.
#include "tools/common/brokers.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "tools/common/config_file.h"

namespace sl::tools {
namespace {

class BrokerChoices : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sl-brokers-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    home_ = name;
    places_.files = &system_files();
    places_.uid = 4711;
    places_.owned_by = [](const std::string&, uint32_t) { return true; };
    variables_["HOME"] = home_;
  }
  void TearDown() override { ASSERT_TRUE(system_files().remove_tree(home_)); }

  void write(const std::string& path, std::string_view text) {
    ASSERT_TRUE(system_files().make_directories(parent_of(path)));
    ASSERT_TRUE(system_files().replace(path, as_bytes(text)));
  }
  void write_config(std::string_view text) { write(home_ + "/.config/streamlog/config.toml", text); }
  Result<BrokerChoice> choose(const BrokerFlags& flags = {}) {
    places_.environment = fixed_environment(variables_);
    return choose_brokers(flags, places_);
  }
  std::string addresses(const BrokerFlags& flags = {}) {
    auto choice = choose(flags);
    if (!choice) return choice.error().context;
    std::string text;
    for (const BrokerAddress& one : choice->addresses) text += (text.empty() ? "" : " ") + one.address;
    return text;
  }

  std::string home_;
  std::map<std::string, std::string> variables_;
  BrokerPlaces places_;
};

constexpr std::string_view kConfig = R"(brokers = "file:1"
[settings]
"client.id" = "from-file"
"linger.ms" = 5
[profiles.prod]
brokers = ["p:1", "p:2"]
[profiles.prod.settings]
"client.id" = "from-profile"
)";

TEST_F(BrokerChoices, TheOrderOfThePlaces) {
  write_config(kConfig);
  EXPECT_EQ(addresses(), "file:1");
  variables_["SL_PROFILE"] = "prod";
  EXPECT_EQ(addresses(), "p:1 p:2");
  variables_["SL_BROKERS"] = "v:1, v:2";
  EXPECT_EQ(addresses(), "v:1 v:2");
  BrokerFlags named;
  named.profile = "prod";
  EXPECT_EQ(addresses(named), "p:1 p:2");
  named.brokers = "unix:/x";
  EXPECT_EQ(addresses(named), "unix:/x");
  named.brokers = ",";
  EXPECT_EQ(choose(named).code(), Errc::kUsage);
}

TEST_F(BrokerChoices, SettingsAddUp) {
  write_config(kConfig);
  BrokerFlags flags;
  flags.profile = "prod";
  flags.settings = {"linger.ms=7", "dump", "a=b=c"};
  auto choice = choose(flags);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->settings, (Settings{{"client.id", "from-profile"}, {"linger.ms", "7"}, {"a", "b=c"}}));
  flags.settings = {"novalue"};
  EXPECT_EQ(choose(flags).code(), Errc::kUsage);
  std::vector<KnownSetting> known{{"client.id", "sl", "who"}, {"linger.ms", "5", "how long"}};
  auto refused = apply_settings({{"linger.mss", "1"}}, known);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().context.find("did you mean 'linger.ms'?"), std::string::npos);
  EXPECT_EQ(dump_settings({{"linger.ms", "9"}}, known), "client.id=sl\nlinger.ms=9\n");
  EXPECT_EQ(list_settings(known), "client.id\tsl\twho\nlinger.ms\t5\thow long\n");
}

TEST_F(BrokerChoices, DefaultSocketsThatExistComeFirst) {
  variables_["XDG_RUNTIME_DIR"] = home_ + "/run";
  auto choice = choose();
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->addresses.front().address, "unix:" + home_ + "/run/streamlog/streamlogd.sock");
  std::string sentence = unreachable_sentence(*choice);
  EXPECT_NE(sentence.find(home_ + "/run/streamlog/streamlogd.sock (the default socket)"), std::string::npos)
      << sentence;
  EXPECT_NE(sentence.find("SL_BROKERS is not set"), std::string::npos);
  EXPECT_NE(sentence.find("there is no " + home_ + "/.config/streamlog/config.toml"), std::string::npos);
  EXPECT_NE(sentence.find("-b HOST:PORT"), std::string::npos);
  write(home_ + "/run/streamlog/streamlogd.sock", "");
  EXPECT_TRUE(addresses().starts_with("unix:" + home_ + "/run/streamlog/streamlogd.sock"));
  EXPECT_EQ(default_socket_addresses(places_).back(), "unix:/tmp/streamlog-4711/streamlogd.sock");
}

TEST_F(BrokerChoices, AForeignSocketInTmpIsPassedOver) {
  places_.uid = 4'000'000'001;  // nobody's
  std::string directory = "/tmp/streamlog-4000000001";
  write(directory + "/streamlogd.sock", "");
  EXPECT_NE(addresses().find("unix:" + directory), std::string::npos);
  places_.owned_by = process_places().owned_by;
  auto choice = choose();
  ASSERT_TRUE(choice);
  for (const BrokerAddress& one : choice->addresses) EXPECT_EQ(one.address.find(directory), std::string::npos);
  ASSERT_TRUE(system_files().remove_tree(directory));
}

TEST_F(BrokerChoices, ErrorsNameTheLine) {
  write_config("brokers = [\n");
  EXPECT_NE(addresses().find("config.toml:"), std::string::npos);
  write_config("brokers = \"a:1\"\nbrookers = \"b:1\"\n");
  EXPECT_NE(addresses().find("config.toml:2: unknown key 'brookers', did you mean 'brokers'?"), std::string::npos);
  write_config("brokers = 5\n");
  EXPECT_NE(addresses().find("brokers must be a string"), std::string::npos);
  write_config("[settings]\nclient.id = \"x\"\n");
  EXPECT_NE(addresses().find("put the name in quotes"), std::string::npos);
  write_config(kConfig);
  BrokerFlags flags;
  flags.profile = "pord";
  EXPECT_NE(addresses(flags).find("did you mean 'prod'?"), std::string::npos);
  flags.profile.reset();
  flags.config = home_ + "/nowhere.toml";
  EXPECT_EQ(choose(flags).code(), Errc::kNotFound);
}

}  // namespace
}  // namespace sl::tools
