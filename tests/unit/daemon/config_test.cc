// streamlogd.toml, --set and the defaults: who outranks whom, and the sentence for everything that is wrong, with file,
// line and column.
#include "config.h"

#include <gtest/gtest.h>

#include "aio/sim_disk.h"
#include "config_file.h"

namespace sl::daemon {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    around.uid = 1000;
    around.home = "/home/u";
    around.runtime_dir = "/run/user/1000";
  }
  void write(std::string_view text) {
    auto file = files.open("/streamlogd.toml", FileSystem::Mode::kCreate);
    Bytes bytes = as_bytes(text);
    ASSERT_TRUE(file && (*file)->write_at({&bytes, 1}, 0));
    flags.config_file = "/streamlogd.toml";
  }
  Config make() {
    auto config = make_config(flags, around, files);
    EXPECT_TRUE(config) << (config ? "" : config.error().context);
    return config ? *std::move(config) : Config();
  }
  // The sentence of a refusal.
  std::string refused() {
    auto config = make_config(flags, around, files);
    EXPECT_FALSE(config);
    if (config) return {};
    EXPECT_EQ(config.code(), Errc::kBadConfig);
    return config.error().context;
  }
  std::string refused(std::string_view text) {
    write(text);
    std::string sentence = refused();
    EXPECT_TRUE(files.remove("/streamlogd.toml"));
    return sentence;
  }

  aio::SimDisk files;
  Flags flags;
  Surroundings around;
};

TEST_F(ConfigTest, DefaultsFollowTheUserAndTheSurroundings) {
  Config config = make();
  EXPECT_EQ(config.data_directory, "/home/u/.local/share/streamlog");
  EXPECT_EQ(config.log_level, LogLevel::kInfo);
  ASSERT_EQ(config.listeners.size(), 1u);
  EXPECT_EQ(config.listeners[0].address.text(), "unix:/run/user/1000/streamlog/streamlogd.sock");
  around.data_home = "/home/u/data";
  around.runtime_dir.clear();
  config = make();
  EXPECT_EQ(config.data_directory, "/home/u/data/streamlog");
  EXPECT_EQ(config.listeners[0].address.text(), "unix:/tmp/streamlog-1000/streamlogd.sock");
  around.uid = 0;
  config = make();
  EXPECT_EQ(config.data_directory, "/var/lib/streamlog");
  EXPECT_EQ(config.listeners[0].address.text(), "unix:/run/streamlog/streamlogd.sock");
  around.state_directory = "/var/lib/private/s";
  EXPECT_EQ(make().data_directory, "/var/lib/private/s");
}

TEST_F(ConfigTest, KeysMayBeDottedQuotedOrTables) {
  write(
      "log.dirs = \"/d\"\n"
      "\"log.retention.ms\" = -1\n"
      "num = { partitions = 3 }\n"
      "[auto.create]\n"
      "topics.enable = true\n"
      "[log.segment]\n"
      "bytes = 1048576\n");
  Config config = make();
  EXPECT_EQ(config.data_directory, "/d");
  EXPECT_EQ(config.settings.integer("log.retention.ms"), -1);
  EXPECT_EQ(config.settings.integer("num.partitions"), 3);
  EXPECT_TRUE(config.settings.boolean("auto.create.topics.enable"));
  EXPECT_EQ(config.settings.integer("log.segment.bytes"), 1048576);
}

TEST_F(ConfigTest, AListBecomesAText) {
  write("listeners = [\"A://127.0.0.1:1\", \"UNIX:///s\"]\n");
  Config config = make();
  ASSERT_EQ(config.listeners.size(), 2u);
  EXPECT_EQ(config.listeners[0].name, "A");
  EXPECT_EQ(config.listeners[0].address.text(), "127.0.0.1:1");
  EXPECT_EQ(config.listeners[1].address.text(), "unix:/s");
}

TEST_F(ConfigTest, TheSettingsTellOfAllListeners) {
  EXPECT_EQ(make().settings.text("listeners"), "UNIX:///run/user/1000/streamlog/streamlogd.sock");
  flags.set = {"listeners=A://127.0.0.1:1"};
  flags.listen = {"[::1]:9092", "unix:/s"};
  EXPECT_EQ(make().settings.text("listeners"), "A://127.0.0.1:1,PLAINTEXT://[::1]:9092,UNIX:///s");
}

TEST_F(ConfigTest, FlagsOutrankSetAndSetTheFile) {
  write("log.dirs = '/file'\nlog.level = 'error'\nnum.partitions = 3\nnode.id = 5\n");
  flags.set = {"num.partitions=4", "log.dirs=/set"};
  Config config = make();
  EXPECT_EQ(config.data_directory, "/set");
  EXPECT_EQ(config.log_level, LogLevel::kError);
  EXPECT_EQ(config.settings.integer("num.partitions"), 4);
  EXPECT_EQ(config.settings.node(), NodeId(5));
  flags.data = "/flag";
  flags.log_level = "debug";
  flags.set.push_back("num.partitions=6");
  config = make();
  EXPECT_EQ(config.data_directory, "/flag");
  EXPECT_EQ(config.log_level, LogLevel::kDebug);
  EXPECT_EQ(config.settings.integer("num.partitions"), 6) << "the last --set counts";
}

TEST_F(ConfigTest, AnUnknownKeyGetsTheNearestName) {
  EXPECT_EQ(refused("node.id = 1\nnum.partition = 3\n"),
            "/streamlogd.toml:2:17: Unknown broker config name: num.partition (did you mean num.partitions?)");
  flags = {};
  flags.set = {"log.retention.mss=1"};
  EXPECT_EQ(refused(), "--set: Unknown broker config name: log.retention.mss (did you mean log.retention.ms?)");
  flags.set = {"xyzzy=1"};
  EXPECT_EQ(refused(), "--set: Unknown broker config name: xyzzy");
}

TEST_F(ConfigTest, AWrongValueIsNamedWithItsPlace) {
  EXPECT_EQ(refused("# a comment\n[num]\npartitions = \"three\"\n"),
            "/streamlogd.toml:3:14: Invalid value three for configuration num.partitions: Not a number of type INT");
  EXPECT_EQ(refused("auto.create.topics.enable = 1\n"),
            "/streamlogd.toml:1:29: Invalid value 1 for configuration auto.create.topics.enable: Expected value to be "
            "either true or false");
  EXPECT_EQ(refused("num.partitions = 0\n"),
            "/streamlogd.toml:1:18: Invalid value 0 for configuration num.partitions: Value must be at least 1");
  EXPECT_EQ(refused("num.partitions = 1.5\n"),
            "/streamlogd.toml:1:18: Invalid value 1.5 for configuration num.partitions: Not a number of type INT");
  EXPECT_EQ(refused("num.partitions = 1979-05-27\n"),
            "/streamlogd.toml:1:18: num.partitions: a setting is a text, a number, true or false, or a list of these");
  EXPECT_EQ(refused("listeners = [[1]]\n"),
            "/streamlogd.toml:1:13: listeners: a setting is a text, a number, true or false, or a list of these");
  EXPECT_EQ(refused("log.dirs = '/a,/b'\n"), "/streamlogd.toml:1:12: log.dirs: one directory, not several");
  EXPECT_TRUE(refused("\nlog.level = 'loud'\n").starts_with("/streamlogd.toml:2:13: "))
      << refused("log.level = 'loud'");
}

TEST_F(ConfigTest, WhatIsNotTomlIsNamedWithItsPlace) {
  EXPECT_TRUE(refused("node.id = 1\nnum.partitions = \n").starts_with("/streamlogd.toml:2:1"));
  EXPECT_TRUE(refused("a = 1\na = 2\n").starts_with("/streamlogd.toml:2:"));
  EXPECT_TRUE(refused("a = \"\xff\"\n").starts_with("/streamlogd.toml:1:"));
}

TEST_F(ConfigTest, AFileThatIsMissingOrTooLargeIsAnError) {
  flags.config_file = "/nowhere.toml";
  auto missing = make_config(flags, around, files);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().context.find("/nowhere.toml"), std::string::npos);
  write("# " + std::string(1 << 20, 'x'));
  EXPECT_FALSE(make_config(flags, around, files));
}

TEST_F(ConfigTest, SetWantsKeyAndValue) {
  for (const char* wrong : {"num.partitions", "=3", ""}) {
    flags.set = {wrong};
    EXPECT_EQ(refused(), std::string("--set ") + wrong + ": write it as --set key=value");
  }
  flags.set = {"broker.rack=a=b"};
  EXPECT_EQ(make().settings.text("broker.rack"), "a=b");
}

}  // namespace
}  // namespace sl::daemon
