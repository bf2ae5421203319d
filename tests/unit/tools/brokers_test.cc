// Where the tools connect: the order of the places, the configuration file and its errors.
#include "tools/common/brokers.h"

#include <gtest/gtest.h>
#include <re2/re2.h>
#include <stdlib.h>

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
    for (const Given& one : choice->addresses) text += (text.empty() ? "" : " ") + one.text;
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

// The order that streamlog(7) tells: of any two places the first one counts.
TEST_F(BrokerChoices, OfTwoPlacesTheFirstCounts) {
  std::string file, own_profile;
  BrokerFlags flags;
  struct Place {
    std::string address;
    std::function<void()> name;
  };
  const std::vector<Place> places{{"b:1 b:2", [&] { flags.brokers = "b:1, b:2"; }},
                                  {"flag:1", [&] { flags.profile = "flag"; }},
                                  {"variable:1", [&] { variables_["SL_PROFILE"] = "variable"; }},
                                  {"v:1 v:2", [&] { variables_["SL_BROKERS"] = "v:1,v:2"; }},
                                  {"own:1", [&] { own_profile = "profile = \"own\"\n"; }},
                                  {"file:1", [&] { file = "brokers = \"file:1\"\n"; }},
                                  {"unix:" + home_ + "/streamlog/streamlogd.sock", [&] {
                                     variables_["XDG_RUNTIME_DIR"] = home_;
                                     write(home_ + "/streamlog/streamlogd.sock", "");
                                   }}};
  for (size_t first = 0; first < places.size(); ++first)
    for (size_t second = first; second < places.size(); ++second) {
      flags = {};
      variables_ = {{"HOME", home_}};
      file.clear();
      own_profile.clear();
      places[second].name();
      places[first].name();
      write_config(file + own_profile + "[profiles]\nflag.brokers = \"flag:1\"\nvariable.brokers = \"variable:1\"\n" +
                   "own.brokers = \"own:1\"\nempty = {}\n");
      EXPECT_EQ(addresses(flags).substr(0, places[first].address.size()), places[first].address)
          << first << " before " << second;
    }
}

TEST_F(BrokerChoices, AProfileWithoutBrokersLeavesThePlaceToTheNext) {
  write_config("brokers = \"file:1\"\n[profiles.bare]\n");
  BrokerFlags flags;
  flags.profile = "bare";
  EXPECT_EQ(addresses(flags), "file:1");
  variables_["SL_BROKERS"] = "v:1";
  EXPECT_EQ(addresses(flags), "v:1");
  flags.brokers = ",";
  EXPECT_EQ(choose(flags).code(), Errc::kUsage);
}

TEST_F(BrokerChoices, SettingsAddUp) {
  write_config(kConfig);
  BrokerFlags flags;
  flags.profile = "prod";
  flags.settings = {"linger.ms=7", "dump", "a=b=c"};
  auto choice = choose(flags);
  ASSERT_TRUE(choice);
  ASSERT_EQ(choice->settings.size(), 3u);
  EXPECT_EQ(choice->settings["client.id"].text, "from-profile");
  EXPECT_EQ(choice->settings["client.id"].origin, home_ + "/.config/streamlog/config.toml:8:15");
  EXPECT_EQ(choice->settings["linger.ms"].text, "7");
  EXPECT_EQ(choice->settings["linger.ms"].origin, "-X");
  EXPECT_EQ(choice->settings["a"].text, "b=c");
  flags.settings = {"novalue"};
  EXPECT_EQ(choose(flags).code(), Errc::kUsage);
  std::vector<KnownSetting> known{{"client.id", "sl", "who"}, {"linger.ms", "5", "how long"}};
  auto refused = apply_settings({{"linger.mss", {"1", "-X"}}}, known);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().context.find("did you mean 'linger.ms'?"), std::string::npos);
  EXPECT_EQ(dump_settings({{"linger.ms", {"9", "-X"}}}, known), "client.id=sl\nlinger.ms=9\n");
  EXPECT_EQ(list_settings(known), "client.id\tsl\twho\nlinger.ms\t5\thow long\n");
}

TEST_F(BrokerChoices, DefaultSocketsThatExistComeFirst) {
  variables_["XDG_RUNTIME_DIR"] = home_ + "/run";
  auto choice = choose();
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->addresses.front().text, "unix:" + home_ + "/run/streamlog/streamlogd.sock");
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
  for (const Given& one : choice->addresses) EXPECT_EQ(one.text.find(directory), std::string::npos);
  ASSERT_TRUE(system_files().remove_tree(directory));
}

// A setting of the file that has a wrong value is not one of -X, and every error in the file is a usage error.
TEST_F(BrokerChoices, ErrorsNameThePlace) {
  write_config("[settings]\n\"acks\" = \"some\"\n");
  auto choice = choose();
  ASSERT_TRUE(choice);
  auto take = [](std::string_view) -> Status { return Error{Errc::kMalformed, "that is none"}; };
  auto refused = apply_settings(choice->settings, {{"acks", "all", "who", take}});
  EXPECT_EQ(refused.code(), Errc::kUsage);
  EXPECT_EQ(refused.error().context, home_ + "/.config/streamlog/config.toml:2:10: acks: that is none");
  for (std::string_view wrong :
       {"brokers = [\n", "brokers = 5\n", "profile = 1\n", "profile = \"none\"\n", "x = 1\n"}) {
    write_config(wrong);
    EXPECT_EQ(choose().code(), Errc::kUsage) << wrong;
    std::string sentence = addresses();
    EXPECT_TRUE(re2::RE2::PartialMatch(sentence, "config\\.toml:[0-9]+:[0-9]+: ")) << sentence;
  }
  write_config("brokers = \"a:1\"\nbrookers = \"b:1\"\n");
  EXPECT_NE(addresses().find("config.toml:2:1: unknown key 'brookers', did you mean 'brokers'?"), std::string::npos);
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
  EXPECT_EQ(choose(flags).code(), Errc::kUsage);
}

}  // namespace
}  // namespace sl::tools
