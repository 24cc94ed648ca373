// Runs the program itself: its output, its exit codes, and recordings sent to a server.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"
#include "tests/tools/fleetsim/scripted_server.h"

namespace tidemark::fleetsim {
namespace {

class Command : public ::testing::Test {
 protected:
  std::unique_ptr<testing::ChildProcess> Start(std::vector<std::string> arguments) {
    const char* binary = std::getenv("FLEETSIM_BINARY");
    arguments.insert(arguments.begin(), binary == nullptr ? "fleetsim" : binary);
    return testing::ChildProcess::Start(arguments, dir_.File("log" + std::to_string(++runs_)))
        .value();
  }

  // Runs to the end and gives the output.
  std::string Execute(const std::vector<std::string>& arguments) {
    const auto child = Start(arguments);
    EXPECT_TRUE(testing::WaitUntil([&] { return !child->Running(); }, 60'000));
    return child->Log();
  }

  const testing::TempDir dir_;
  int runs_ = 0;
};

const std::vector<std::string> kFleet = {
    "--clusters=1",         "--tikv=1", "--tidb=1", "--pd=0", "--connections=2", "--scrapes=4",
    "--start=1780000000000"};

std::vector<std::string> With(std::vector<std::string> arguments,
                              const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The last line of `output` as JSON.
rapidjson::Document LastLine(const std::string& output) {
  const size_t end = output.find_last_not_of('\n');
  const size_t begin = output.rfind('\n', end);
  rapidjson::Document json;
  json.Parse(output.substr(begin + 1, end - begin).c_str());
  return json;
}

std::vector<ScriptedServer::Answer> AlwaysTaken() {
  return std::vector<ScriptedServer::Answer>(100);
}

TEST_F(Command, ServeTellsItsAddressAndEndsOnSigterm) {
  const auto child = Start({"serve", "--clusters=1", "--web.listen-address=127.0.0.1:0"});
  const std::regex line("listening on 127\\.0\\.0\\.1:[1-9][0-9]*\n");
  EXPECT_TRUE(testing::WaitUntil([&] { return std::regex_match(child->Log(), line); }, 60'000));
  EXPECT_EQ(child->Terminate(), 0);
}

TEST_F(Command, WriteSendsTheFleetAndCountsIt) {
  ScriptedServer server(AlwaysTaken());
  const rapidjson::Document json =
      LastLine(Execute(With({"write", "--url=" + server.url()}, kFleet)));
  ASSERT_TRUE(json.IsObject());
  EXPECT_GT(json["samples"].GetInt64(), 4 * 600);
  EXPECT_EQ(json["requests"].GetUint64(), server.requests().size());
  EXPECT_EQ(json["failures"].GetInt64(), 0);
  EXPECT_TRUE(json["latency_ms"].HasMember("p99"));
}

TEST_F(Command, WriteFailsWithTheWordsOfARefusal) {
  const ScriptedServer::Answer refusal{400, "", "no such tenant"};
  ScriptedServer server({refusal, refusal});  // one for each connection
  const std::string output = Execute(With({"write", "--url=" + server.url()}, kFleet));
  EXPECT_NE(output.find("status 400: no such tenant"), std::string::npos) << output;
}

TEST_F(Command, RecordingsOfEqualFleetsAreEqual) {
  const std::string first = dir_.File("first");
  const std::string second = dir_.File("second");
  Execute(With({"record", "--out=" + first}, kFleet));
  Execute(With({"record", "--out=" + second}, kFleet));
  EXPECT_GT(ReadAll(first).size(), 10'000u);
  EXPECT_EQ(ReadAll(first), ReadAll(second));
}

TEST_F(Command, ReplaySendsTheBytesThatWriteWouldSend) {
  ScriptedServer written(AlwaysTaken());
  ScriptedServer replayed(AlwaysTaken());
  const std::string file = dir_.File("recording");
  Execute(With({"write", "--url=" + written.url()}, kFleet));
  Execute(With({"record", "--out=" + file}, kFleet));
  Execute({"replay", "--in=" + file, "--url=" + replayed.url()});
  const auto bodies = [](const ScriptedServer& server) {
    std::vector<std::string> sorted;
    for (const ScriptedServer::Request& request : server.requests()) {
      sorted.push_back(request.body);
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  };
  EXPECT_GE(bodies(written).size(), 3u);
  EXPECT_EQ(bodies(written), bodies(replayed));
}

TEST_F(Command, SaysWhatIsWrongWithAFlag) {
  EXPECT_NE(Execute({"serve", "--incident=flood@5m"}).find("flood@5m"), std::string::npos);
  EXPECT_NE(Execute({"record", "--out=x"}).find("--scrapes"), std::string::npos);
  EXPECT_NE(Execute({"write", "--url=ftp://x"}).find("ftp://x"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::fleetsim
