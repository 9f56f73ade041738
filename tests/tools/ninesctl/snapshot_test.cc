// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nines/snapshot.h"
#include "ninesctl_process.h"
#include "support/snapshots.h"
#include "support/temporary_folder.h"

namespace nines::ctl {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Snapshot OtherSnapshot() {
  Snapshot other = CompleteSnapshot();
  other.target = "dns:///other.example:443";
  return other;
}

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(WriteSnapshotFile(path_, CompleteSnapshot()).ok()); }

  // Changes one byte in the middle of the file.
  void Damage(const std::string& name) const {
    std::string bytes = ReadFile(folder_ / name);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    folder_.Write(name, bytes);
  }

  std::vector<std::string> FilesBeside() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_ / "state";
};

TEST_F(SnapshotTest, VerifiesOneThatIsWhole) {
  const Ran text = RunNinesctl({"snapshot", "verify", path_});
  const Ran json = RunNinesctl({"snapshot", "verify", path_, "--json"});

  EXPECT_EQ(text.exit_status, 0) << text.err;
  EXPECT_EQ(text.out, absl::StrCat("valid: ", path_,
                                   ": dns:///greeter.example:443, 2 endpoints, "
                                   "written 2026-01-01 00:00:00 UTC\n"));
  EXPECT_EQ(json.exit_status, 0);
  EXPECT_EQ(json.json()["valid"], true);
  EXPECT_EQ(json.json()["target"], "dns:///greeter.example:443");
  EXPECT_EQ(json.json()["written_at"], "2026-01-01T00:00:00Z");
  EXPECT_TRUE(json.json()["error"].is_null());
}

TEST_F(SnapshotTest, OneThatIsDamagedIsBadNewsWithTheReason) {
  Damage("state");

  const Ran text = RunNinesctl({"snapshot", "verify", path_});
  const Ran json = RunNinesctl({"snapshot", "verify", path_, "--json"});

  EXPECT_EQ(text.exit_status, 1);
  EXPECT_THAT(text.out, StartsWith(absl::StrCat("damaged: ", path_, ": byte ")));
  EXPECT_THAT(text.out, HasSubstr("checksum mismatch"));
  EXPECT_EQ(json.exit_status, 1);
  EXPECT_EQ(json.json()["valid"], false);
  EXPECT_EQ(json.json()["error"]["code"], "DATA_LOSS");
}

TEST_F(SnapshotTest, OneOfALaterVersionIsBadNewsWithBothVersions) {
  folder_.Write("state", "nines-snapshot 2 anything\n");

  const Ran ran = RunNinesctl({"snapshot", "verify", path_});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("not readable: "));
  EXPECT_THAT(ran.out, HasSubstr("format version 2; this program reads versions up to 1"));
}

TEST_F(SnapshotTest, ShowsAllThatIsKnown) {
  const Ran ran = RunNinesctl({"snapshot", "show", path_});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("dns:///greeter.example:443: 2 endpoints\n"
                                  "  written 2026-01-01 00:00:00 UTC\n"
                                  "  resolved 2025-12-31 23:57:00 UTC\n"));
  EXPECT_THAT(ran.out, ContainsRegex("192.0.2.1:443 +3 +0  shard-1 +ejected +2025-12-31 23:59:56 "
                                     "UTC +1.75 ms +5 consecutive failures.*\\\\x0A"));
  EXPECT_THAT(ran.out, ContainsRegex("2001:db8::2.:443 +1 +2 +healthy +new"));
  EXPECT_THAT(ran.out, ContainsRegex("192.0.2.9:443 +drain, weight 7.*: kernel update, ticket 4711 "
                                     "+2026-01-01 00:10:00 UTC"));
}

TEST_F(SnapshotTest, TellsProgramsAllThatIsKnown) {
  const Ran ran = RunNinesctl({"snapshot", "show", path_, "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  const nlohmann::json answer = ran.json();
  EXPECT_EQ(answer["resolved_at"], "2025-12-31T23:57:00Z");
  EXPECT_EQ(answer["endpoints"][0]["hash_key"], "shard-1");
  const nlohmann::json health = answer["endpoints"][0]["health"];
  EXPECT_EQ(health["state"], "ejected");
  EXPECT_EQ(health["since"], "2025-12-31T23:59:56Z");
  EXPECT_EQ(health["ejection_multiplier"], 2);
  EXPECT_EQ(health["ejected_until"], "2026-01-01T00:00:06.25Z");
  EXPECT_EQ(health["probe_failed"], true);
  EXPECT_EQ(health["latency_ms"], 1.75);
  EXPECT_TRUE(answer["endpoints"][1]["health"]["latency_ms"].is_null());
  EXPECT_EQ(answer["overrides"].size(), 2U);
  EXPECT_EQ(answer["overrides"][0]["note"], "kernel update, ticket 4711");
}

TEST_F(SnapshotTest, ShowsThatAnEndpointWasNotInUse) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.learned.endpoints.pop_back();
  ASSERT_TRUE(WriteSnapshotFile(path_, snapshot).ok());

  const Ran text = RunNinesctl({"snapshot", "show", path_});
  const Ran json = RunNinesctl({"snapshot", "show", path_, "--json"});

  EXPECT_THAT(text.out, ContainsRegex("2001:db8::2.:443 +1 +2 +not in use"));
  EXPECT_TRUE(json.json()["endpoints"][1]["health"].is_null());
}

TEST_F(SnapshotTest, DoesNotShowWhatIsDamaged) {
  Damage("state");

  const Ran ran = RunNinesctl({"snapshot", "show", path_, "--json"});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.err, StartsWith(absl::StrCat("ninesctl snapshot show: ", path_, ": byte ")));
  EXPECT_EQ(ran.json()["error"]["code"], "DATA_LOSS");
}

TEST_F(SnapshotTest, BacksUpToAFileThatOnlyItsOwnerReads) {
  const Ran ran = RunNinesctl({"snapshot", "backup", path_, folder_ / "copy"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  const absl::StatusOr<Snapshot> copy = ReadSnapshotFile(folder_ / "copy");
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(*copy, CompleteSnapshot());
  struct stat facts = {};
  ASSERT_EQ(stat((folder_ / "copy").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(SnapshotTest, BacksUpToARelativePath) {
  const Ran ran = RunScript(
      absl::StrCat("cd '", folder_.path(), "' && exec \"$NINESCTL\" snapshot backup state copy"));

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ReadSnapshotFile(folder_ / "copy").ok());
}

TEST_F(SnapshotTest, DoesNotBackUpWhatIsDamaged) {
  Damage("state");
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "copy", OtherSnapshot()).ok());

  const Ran ran = RunNinesctl({"snapshot", "backup", path_, folder_ / "copy", "--replace"});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.err, HasSubstr("checksum mismatch"));
  EXPECT_EQ(*ReadSnapshotFile(folder_ / "copy"), OtherSnapshot());
}

TEST_F(SnapshotTest, ReplacesOnlyIfItIsTold) {
  folder_.Write("copy", "precious");

  const Ran refused = RunNinesctl({"snapshot", "backup", path_, folder_ / "copy"});
  const std::string kept = ReadFile(folder_ / "copy");
  const Ran done = RunNinesctl({"snapshot", "backup", path_, folder_ / "copy", "--replace"});

  EXPECT_EQ(refused.exit_status, 2);
  EXPECT_THAT(refused.err,
              HasSubstr("copy: is there already; allowed: another file, or --replace"));
  EXPECT_EQ(kept, "precious");
  EXPECT_EQ(done.exit_status, 0) << done.err;
  EXPECT_EQ(*ReadSnapshotFile(folder_ / "copy"), CompleteSnapshot());
}

TEST_F(SnapshotTest, RestoresAndKeepsWhatWasThere) {
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "backup", OtherSnapshot()).ok());
  const std::string before = ReadFile(path_);

  const Ran ran = RunNinesctl({"snapshot", "restore", folder_ / "backup", path_, "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(*ReadSnapshotFile(path_), OtherSnapshot());
  const std::string kept = ran.json()["kept"];
  EXPECT_THAT(kept, StartsWith(absl::StrCat(path_, ".20")));
  EXPECT_EQ(ReadFile(kept), before);
}

TEST_F(SnapshotTest, KeepsEachOfTwoInOneSecond) {
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "backup", OtherSnapshot()).ok());

  const Ran first = RunNinesctl({"snapshot", "restore", folder_ / "backup", path_});
  const Ran second = RunNinesctl({"snapshot", "restore", folder_ / "backup", path_});

  EXPECT_THAT(first.out, HasSubstr(absl::StrCat("\nwhat was there before: ", path_, ".")));
  EXPECT_EQ(second.exit_status, 0) << second.err;
  EXPECT_THAT(FilesBeside(), ::testing::SizeIs(4));
}

TEST_F(SnapshotTest, RestoresWhereNothingIs) {
  const Ran ran = RunNinesctl({"snapshot", "restore", path_, folder_ / "fresh", "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ran.json()["kept"].is_null());
  EXPECT_EQ(*ReadSnapshotFile(folder_ / "fresh"), CompleteSnapshot());
}

TEST_F(SnapshotTest, RestoresOverWhatIsDamaged) {
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "backup", OtherSnapshot()).ok());
  Damage("state");

  const Ran ran = RunNinesctl({"snapshot", "restore", folder_ / "backup", path_});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(*ReadSnapshotFile(path_), OtherSnapshot());
}

TEST_F(SnapshotTest, DoesNotRestoreWhatIsDamaged) {
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "backup", OtherSnapshot()).ok());
  Damage("backup");

  const Ran ran = RunNinesctl({"snapshot", "restore", folder_ / "backup", path_});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_EQ(*ReadSnapshotFile(path_), CompleteSnapshot());
  EXPECT_THAT(FilesBeside(), ::testing::UnorderedElementsAre("backup", "state"));
}

TEST_F(SnapshotTest, AFullDiskIsBadNewsAndTheOldOneStays) {
  const Ran ran =
      RunScript(absl::StrCat("ulimit -f 0; trap '' XFSZ; exec \"$NINESCTL\" snapshot "
                             "backup '",
                             path_, "' '", folder_ / "copy", "'"));

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(FilesBeside(), ::testing::UnorderedElementsAre("state"));
}

TEST_F(SnapshotTest, ARestoreThatFailsSaysWhereItKeptWhatWasThere) {
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "backup", OtherSnapshot()).ok());

  // Through a pipe: what the program says goes to files, of which it may write none.
  const Ran ran = RunScript(
      absl::StrCat("{ (ulimit -f 0; trap '' XFSZ; exec \"$NINESCTL\" snapshot restore '",
                   folder_ / "backup", "' '", path_, "'); echo \"status $?\"; } 2>&1 | cat"));

  EXPECT_THAT(ran.out, HasSubstr(absl::StrCat("; what was there before is kept: ", path_, ".20")));
  EXPECT_THAT(ran.out, HasSubstr("\nstatus 1\n"));
  EXPECT_EQ(*ReadSnapshotFile(path_), CompleteSnapshot());
}

/// Arguments in the test's folder, and what must be said of them.
struct WrongSnapshotUse {
  std::vector<std::string> args;
  std::string message;
};

class WrongSnapshotUseTest : public SnapshotTest,
                             public ::testing::WithParamInterface<WrongSnapshotUse> {};

TEST_P(WrongSnapshotUseTest, EndsWithTwoAndChangesNothing) {
  std::string script = absl::StrCat("cd '", folder_.path(), "' && exec \"$NINESCTL\" snapshot");
  for (const std::string& arg : GetParam().args) absl::StrAppend(&script, " '", arg, "'");

  const Ran ran = RunScript(script);

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, StartsWith("ninesctl"));
  EXPECT_THAT(ran.err, HasSubstr(GetParam().message));
  EXPECT_THAT(FilesBeside(), ::testing::UnorderedElementsAre("state"));
}

INSTANTIATE_TEST_SUITE_P(
    Snapshot, WrongSnapshotUseTest,
    ::testing::Values(
        WrongSnapshotUse{{}, "ninesctl: a command is missing; allowed: verify, show, backup"},
        WrongSnapshotUse{{"save"}, "\"save\" is not a command; allowed: verify, show, backup, re"},
        WrongSnapshotUse{{"verify"}, "ninesctl snapshot verify: SNAPSHOT is required"},
        WrongSnapshotUse{{"verify", "nothing"}, "ninesctl snapshot verify: nothing: "},
        WrongSnapshotUse{{"verify", "."}, "is not a regular file"},
        WrongSnapshotUse{{"show", "nothing"}, "nothing: "},
        WrongSnapshotUse{{"backup", "nothing", "copy"}, "nothing: "},
        WrongSnapshotUse{{"backup", "state"}, "DESTINATION is required"},
        WrongSnapshotUse{{"backup", "state", "./state", "--replace"},
                         "./state: is the file that is copied; allowed: another one"},
        WrongSnapshotUse{{"backup", "state", "."}, ".: is a folder; allowed: a file in one"},
        WrongSnapshotUse{{"restore", "nothing", "state"}, "nothing: "},
        WrongSnapshotUse{{"restore", "state", "state"}, "state: is the file that is copied"}));

}  // namespace
}  // namespace nines::ctl
