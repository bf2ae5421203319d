// The command line: GNU habits, sentences, help, the declaration's dump and the completion.
#include "tools/common/command_line.h"

#include <gtest/gtest.h>

namespace sl::tools {
namespace {

using Words = std::vector<std::string>;

struct SampleTool {
  std::string brokers = "none";
  std::optional<std::string> key;
  Words topics, settings, headers;
  int32_t partitions = 1;
  int64_t timeout_ms = 10'000, size = 0;
  int verbose = 0;
  bool dry_run = false, quiet = false;
  std::string format = "text", from, to;
  CommandLine cli{"sl-topic", "Create, list and change topics."};

  SampleTool() {
    Command& root = cli.root();
    root.example("sl-topic create orders -p 8", "a topic of eight partitions");
    root.option("-b,--brokers", "LIST", "Brokers to ask")
        .into(&brokers)
        .env("SL_BROKERS")
        .alias("--bootstrap-server")
        .group("Connection");
    root.flag("-v,--verbose", "Say more").into_count(&verbose);
    root.flag("-q,--quiet", "Say less").into(&quiet).excludes("--verbose");
    root.option("--timeout", "DURATION", "Wait").into_duration(&timeout_ms, 1000).default_text("10s");
    Command& create = root.command("create", "Create topics");
    create.positional("TOPIC", "Names").into(&topics).required().complete([](std::string_view) {
      return std::vector<Candidate>{{"orders", "8 partitions"}, {"other", ""}};
    });
    create.option("-p,--partitions", "N", "Number of partitions").into(&partitions).range(1, 100);
    create.option("-c,--config", "K=V", "A setting").into(&settings);
    create.option("-k,--key", "KEY", "A key").into(&key);
    create.option("--size", "SIZE", "A size").into_size(&size);
    create.flag("-n,--dry-run", "Only look").into(&dry_run);
    create.option("--format", "FORMAT", "How").choices({"text", "json"}).into(&format).default_text("text");
    create.option("--secret", "X", "Not shown").into(&from).hidden();
    root.command("list", "List topics");
    Command& copy = root.command("copy", "Copy");
    copy.positional("FROM", "Sources").into(&topics).required();
    copy.positional("TO", "Target").into(&to).required();
  }
  Parsed parse(const Words& words, std::map<std::string, std::string> variables = {}) {
    return cli.parse(words, fixed_environment(std::move(variables)));
  }
  std::string refusal(const Words& words) {
    Parsed parsed = parse(words);
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_EQ(parsed.chosen, nullptr);
    EXPECT_EQ(parsed.out, "");
    return parsed.err;
  }
};

TEST(CommandLine, TakesWordsTheGnuWay) {
  SampleTool t;
  Parsed parsed = t.parse({"-vv", "create", "-p8", "a", "--config=x=1", "-c", "y=2", "b", "-b", "h:1", "--size=64K"});
  ASSERT_NE(parsed.chosen, nullptr) << parsed.err;
  EXPECT_EQ(parsed.chosen->name(), "create");
  EXPECT_EQ(t.topics, (Words{"a", "b"}));
  EXPECT_EQ(t.settings, (Words{"x=1", "y=2"}));
  EXPECT_EQ(t.partitions, 8);
  EXPECT_EQ(t.verbose, 2);
  EXPECT_EQ(t.brokers, "h:1");
  EXPECT_EQ(t.size, 65536);
}

TEST(CommandLine, AnEmptyValueDoesNotTakeTheNextWord) {
  SampleTool t;
  ASSERT_NE(t.parse({"create", "--key=", "t"}).chosen, nullptr);
  EXPECT_EQ(t.key, "");
  EXPECT_EQ(t.topics, Words{"t"});
}

TEST(CommandLine, AValueMayLookLikeAnything) {
  for (const char* value : {"-5", "--foo", "-", "", "--key=", "--help", "--", "[1,2]", "create"}) {
    SampleTool t;
    ASSERT_NE(t.parse({"create", "-k", value, "t"}).chosen, nullptr) << value;
    EXPECT_EQ(t.key, value);
    EXPECT_EQ(t.topics, Words{"t"});
  }
  SampleTool t;
  ASSERT_NE(t.parse({"create", "-c", "[1,2]", "-c", "{a}", "t"}).chosen, nullptr);
  EXPECT_EQ(t.settings, (Words{"[1,2]", "{a}"}));
}

TEST(CommandLine, TheLastRepeatWinsAndNumbersAreDecimal) {
  SampleTool t;
  ASSERT_NE(t.parse({"create", "-p", "1", "t", "-p", "010", "-k", "a", "--key", "b"}).chosen, nullptr);
  EXPECT_EQ(t.partitions, 10);
  EXPECT_EQ(t.key, "b");
  EXPECT_NE(t.refusal({"create", "t", "-p", "0x10"}).find("'0x10' is not a whole number"), std::string::npos);
}

TEST(CommandLine, TwoDashesEndTheOptionsAnywhere) {
  SampleTool t;
  ASSERT_NE(t.parse({"create", "a", "-p", "2", "--", "-c", "--help", "--"}).chosen, nullptr);
  EXPECT_EQ(t.topics, (Words{"a", "-c", "--help", "--"}));
}

TEST(CommandLine, ATopicMayBeCalledLikeACommand) {
  SampleTool t;
  Parsed parsed = t.parse({"create", "list", "create"});
  ASSERT_NE(parsed.chosen, nullptr) << parsed.err;
  EXPECT_EQ(parsed.chosen->name(), "create");
  EXPECT_EQ(t.topics, (Words{"list", "create"}));
}

TEST(CommandLine, AListLeavesWhatThePositionalsBehindItNeed) {
  SampleTool t;
  ASSERT_NE(t.parse({"copy", "a", "b", "c"}).chosen, nullptr);
  EXPECT_EQ(t.topics, (Words{"a", "b"}));
  EXPECT_EQ(t.to, "c");
  SampleTool u;
  EXPECT_NE(u.refusal({"copy", "a"}).find("FROM is missing"), std::string::npos);
}

TEST(CommandLine, VariablesStandInForAbsentOptions) {
  SampleTool t;
  ASSERT_NE(t.parse({"list"}, {{"SL_BROKERS", "v:1"}}).chosen, nullptr);
  EXPECT_EQ(t.brokers, "v:1");
  ASSERT_NE(t.parse({"list", "-b", "w:1"}, {{"SL_BROKERS", "v:1"}}).chosen, nullptr);
  EXPECT_EQ(t.brokers, "w:1");
  ASSERT_NE(t.parse({"list", "--bootstrap-server", "x:1"}).chosen, nullptr);
  EXPECT_EQ(t.brokers, "x:1");
}

TEST(CommandLine, RefusalsSayWhatToDo) {
  SampleTool t;
  EXPECT_EQ(t.refusal({"crate", "t"}),
            "sl-topic: unknown command 'crate'\nDid you mean 'create'?\nTry 'sl-topic --help'.\n");
  EXPECT_EQ(t.refusal({"create", "--partitons", "3", "t"}),
            "sl-topic: unknown option '--partitons'\nDid you mean '--partitions'?\nTry 'sl-topic create --help'.\n");
  EXPECT_EQ(t.refusal({"create"}), "sl-topic: TOPIC is missing\nTry 'sl-topic create --help'.\n");
  EXPECT_NE(t.refusal({"create", "t", "-p"}).find("option '--partitions' needs a value"), std::string::npos);
  EXPECT_NE(t.refusal({"create", "t", "-p", "0"}).find("option '--partitions': 0 is not between 1 and 100"),
            std::string::npos);
  EXPECT_NE(t.refusal({"create", "t", "--format", "xml"}).find("'xml' is not one of text, json"), std::string::npos);
  EXPECT_NE(t.refusal({"list", "extra"}).find("unexpected argument 'extra'"), std::string::npos);
  EXPECT_NE(t.refusal({"list", "-q", "-v"}).find("--quiet and --verbose cannot be used together"), std::string::npos);
  EXPECT_NE(t.refusal({"--tmeout", "3", "list"}).find("Did you mean '--timeout'?"), std::string::npos);
  EXPECT_NE(t.refusal({"-v"}).find("a command is missing"), std::string::npos);
  EXPECT_NE(t.refusal({"create", "--part", "3", "t"}).find("unknown option '--part'"), std::string::npos);
  EXPECT_NE(t.refusal({"list", "--timeout", "soon"}).find("'soon' is not a duration"), std::string::npos);
}

TEST(CommandLine, HelpComesWhateverElseIsWrong) {
  SampleTool t;
  for (Words words : {Words{"create", "--help"}, Words{"create", "-p", "abc", "--help"}, Words{"create", "--no", "-h"},
                      Words{"create", "t", "-vh"}}) {
    Parsed parsed = t.parse(words);
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_EQ(parsed.chosen, nullptr);
    EXPECT_EQ(parsed.err, "");
    EXPECT_TRUE(parsed.out.starts_with("Usage: sl-topic create [OPTION...] TOPIC...\n")) << parsed.out;
    EXPECT_TRUE(parsed.out.ends_with("\nman sl-topic\n"));
  }
  EXPECT_TRUE(t.parse({"create", "--help"}).out.find("--secret") == std::string::npos);
}

TEST(CommandLine, HelpShowsExamplesGroupsDefaultsAndVariables) {
  SampleTool t;
  std::string help = t.parse({"--help"}).out;
  EXPECT_LT(help.find("sl-topic create orders -p 8"), help.find("Commands:"));
  EXPECT_LT(help.find("Commands:"), help.find("\nOptions:\n"));
  EXPECT_LT(help.find("\nOptions:\n"), help.find("\nConnection:\n"));
  EXPECT_NE(help.find("[default: 10s]"), std::string::npos);
  EXPECT_NE(help.find("[env: SL_BROKERS]"), std::string::npos);
  EXPECT_EQ(t.parse({"--version"}).out, std::string("sl-topic ") + SL_VERSION + "\n");
}

TEST(CommandLine, NoWordsIsAShortHelpAndAFailure) {
  SampleTool t;
  std::string said = t.refusal({});
  EXPECT_TRUE(said.ends_with("Try 'sl-topic --help'.\n"));
  EXPECT_NE(said.find("Commands: create list copy"), std::string::npos);
  EXPECT_LE(std::count(said.begin(), said.end(), '\n'), 10);
}

TEST(CommandLine, TheDumpIsALineAnOption) {
  SampleTool t;
  std::string dump = t.parse({"--dump-cli"}).out;
  EXPECT_TRUE(dump.starts_with("sl-topic\t\t\t\tCreate, list and change topics.\t\t\n")) << dump;
  EXPECT_NE(dump.find("\nsl-topic create\t\t\t\tCreate topics\t\t\n"), std::string::npos);
  EXPECT_NE(dump.find("\nsl-topic create\t-p,--partitions\tN\t\tNumber of partitions\t\t\n"), std::string::npos);
  EXPECT_NE(dump.find("\nsl-topic\t-b,--brokers\tLIST\t\tBrokers to ask\tConnection\tSL_BROKERS\n"), std::string::npos);
  EXPECT_NE(dump.find("\nsl-topic create\tTOPIC...\tTOPIC\t\tNames\t\t\n"), std::string::npos);
  EXPECT_EQ(dump.find("secret"), std::string::npos);
}

TEST(CommandLine, CompletesCommandsOptionsAndValues) {
  SampleTool t;
  auto complete = [&](Words words) {
    words.insert(words.begin(), {"__complete", "--"});
    return t.parse(words).out;
  };
  EXPECT_EQ(complete({"cr"}), "create\tCreate topics\n");
  EXPECT_EQ(complete({"create", "--par"}), "--partitions\tNumber of partitions\n");
  EXPECT_EQ(complete({"create", "--help"}), "--help\tShow this help\n");
  EXPECT_EQ(complete({"create", "--format", "j"}), "json\t\n");
  EXPECT_EQ(complete({"create", "--format=j"}), "--format=json\t\n");
  EXPECT_EQ(complete({"create", "-p", "3", "or"}), "orders\t8 partitions\n");
  EXPECT_EQ(complete({"create", "a", "o"}), "orders\t8 partitions\nother\t\n");
  EXPECT_EQ(complete({"create", "--sec"}), "");
  EXPECT_EQ(complete({"-b", "h:9", "list", "x"}), "");
  EXPECT_EQ(t.brokers, "h:9");
}

}  // namespace
}  // namespace sl::tools
