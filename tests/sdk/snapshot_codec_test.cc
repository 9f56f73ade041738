// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nines/snapshot.h"
#include "snapshot/snapshot_frame.h"
#include "support/snapshots.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

// The status of a snapshot whose content is `body`, with the right checksum.
absl::Status StatusOfBody(absl::string_view body) {
  return DecodeSnapshot(FrameSnapshot(body)).status();
}

// A body with `endpoints`, as JSON.
std::string BodyWith(absl::string_view endpoints, absl::string_view more = "") {
  return absl::StrCat(R"({"target": "t", "written_at": "2026-01-01T00:00:00Z",)",
                      R"("resolved_at": "2026-01-01T00:00:00Z", "endpoints": )", endpoints, more,
                      "}");
}

TEST(SnapshotCodecTest, ReadsBackWhatItWrote) {
  const Snapshot snapshot = CompleteSnapshot();

  const absl::StatusOr<Snapshot> read = DecodeSnapshot(EncodeSnapshot(snapshot));

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, snapshot);
}

TEST(SnapshotCodecTest, KnowsEveryFieldOfAnEndpoint) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.endpoints[0].is_lame = true;
  const Snapshot read = *DecodeSnapshot(EncodeSnapshot(snapshot));

  // Does not compile when an endpoint gets another field: then the snapshot needs it too.
  const auto& [address, weight, hash_key, tier, zone, attributes, is_lame] = read.endpoints[0];
  EXPECT_EQ(address, "192.0.2.1:443");
  EXPECT_EQ(weight, 3u);
  EXPECT_EQ(hash_key, "shard-1");
  EXPECT_EQ(tier, 0u);
  EXPECT_EQ(zone, "eu-1a");
  EXPECT_EQ(attributes.size(), 2u);
  EXPECT_TRUE(is_lame);
}

TEST(SnapshotCodecTest, ReadsBackThatNothingIsKnown) {
  Snapshot nothing;
  nothing.target = "static:///nowhere";

  const absl::StatusOr<Snapshot> read = DecodeSnapshot(EncodeSnapshot(nothing));

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, nothing);
}

TEST(SnapshotCodecTest, KeepsNanoseconds) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.resolved_at += absl::Nanoseconds(123456789);
  snapshot.learned.endpoints[0].latency = absl::Nanoseconds(1);

  EXPECT_EQ(*DecodeSnapshot(EncodeSnapshot(snapshot)), snapshot);
}

TEST(SnapshotCodecTest, ReplacesWhatIsNotUtf8) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.learned.endpoints[0].reason = "said \xFF";

  EXPECT_EQ(DecodeSnapshot(EncodeSnapshot(snapshot))->learned.endpoints[0].reason,
            "said \xEF\xBF\xBD");
}

TEST(SnapshotCodecTest, ReadsBackTheLongestNoteThatIsNotUtf8) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.learned.overrides[0].wish.note = std::string(Override::kMaxNote, '\xE4');  // Latin-1

  const absl::StatusOr<Snapshot> read = DecodeSnapshot(EncodeSnapshot(snapshot));

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->learned.overrides[0].wish.note, std::string(Override::kMaxNote, '?'));
}

TEST(SnapshotCodecTest, LeavesOutNamesThatWouldBecomeTheSame) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.endpoints[0].attributes = {
      {"\xEF\xBF\xBD", "1"}, {"\xEF\xBF\xBD\xFE", "2"}, {"\xEF\xBF\xBD\xFF", "3"}};

  const absl::StatusOr<Snapshot> read = DecodeSnapshot(EncodeSnapshot(snapshot));

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->endpoints[0].attributes, ElementsAre(Pair("\xEF\xBF\xBD", "1")));
}

TEST(SnapshotCodecTest, LeavesOutAnAddressThatIsNotUtf8) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.endpoints[0].address = "unix:/\xFF";

  const Snapshot read = *DecodeSnapshot(EncodeSnapshot(snapshot));

  ASSERT_EQ(read.endpoints.size(), 1u);
  EXPECT_EQ(read.endpoints[0], snapshot.endpoints[1]);
}

TEST(SnapshotCodecTest, NoticesEveryByteThatIsFlipped) {
  const std::string bytes = EncodeSnapshot(CompleteSnapshot());
  int accepted = 0;

  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int mask = 1; mask < 256; ++mask) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ mask);
      if (DecodeSnapshot(damaged).ok()) ++accepted;
    }
  }

  EXPECT_EQ(accepted, 0) << "of " << bytes.size() * 255;
}

TEST(SnapshotCodecTest, NoticesEveryLengthItIsCutTo) {
  const std::string bytes = EncodeSnapshot(CompleteSnapshot());
  int accepted = 0;

  for (size_t size = 0; size < bytes.size(); ++size) {
    const absl::Status status = DecodeSnapshot(bytes.substr(0, size)).status();
    if (!absl::IsDataLoss(status)) ++accepted;
  }

  EXPECT_EQ(accepted, 0) << "of " << bytes.size();
}

TEST(SnapshotCodecTest, NoticesWhatFollows) {
  EXPECT_TRUE(absl::IsDataLoss(DecodeSnapshot(EncodeSnapshot(CompleteSnapshot()) + "\n").status()));
}

TEST(SnapshotCodecTest, NoticesTwoBytesThatAreSwapped) {
  const std::string bytes = EncodeSnapshot(CompleteSnapshot());
  int accepted = 0;

  for (size_t i = 1; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    std::swap(damaged[i - 1], damaged[i]);
    if (damaged != bytes && DecodeSnapshot(damaged).ok()) ++accepted;
  }

  EXPECT_EQ(accepted, 0);
}

TEST(SnapshotCodecTest, SaysWhereItIsDamaged) {
  std::string bytes = EncodeSnapshot(CompleteSnapshot());
  EXPECT_THAT(MessageOf(DecodeSnapshot(bytes.substr(0, 300)).status()),
              AllOf(StartsWith("byte 300: ends after "), HasSubstr("bytes of content")));
  bytes.back() = ' ';
  EXPECT_THAT(MessageOf(DecodeSnapshot(bytes).status()), HasSubstr("checksum mismatch"));
  EXPECT_THAT(MessageOf(DecodeSnapshot("ELF").status()), StartsWith("byte 0: is not a snapshot"));
  EXPECT_EQ(DecodeSnapshot("").status().message(), "is empty");
}

TEST(SnapshotCodecTest, RefusesALaterVersionByName) {
  const absl::Status status = DecodeSnapshot("nines-snapshot 2 whatever that means\n???").status();

  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_EQ(status.message(),
            "has format version 2; this program reads versions up to 1: a later version of nines "
            "wrote it");
}

TEST(SnapshotCodecTest, RefusesAVersionThatNeverWas) {
  for (const char* version : {"0", "01", "-1", "", "x", "99999"}) {
    const absl::Status status =
        DecodeSnapshot(absl::StrCat("nines-snapshot ", version, " 0 0\n")).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << version << ": " << status;
  }
}

// What version 1 looked like on the day it was published; it stays readable for ever.
TEST(SnapshotCodecTest, ReadsTheFirstVersionEver) {
  std::ifstream file(NINES_SNAPSHOT_CORPUS_DIR "/version_1", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});

  const absl::StatusOr<Snapshot> read = DecodeSnapshot(bytes);

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, CompleteSnapshot());
}

TEST(SnapshotCodecTest, PassesOverFieldsOfLaterPrograms) {
  const std::string body =
      BodyWith(R"([{"address": "a", "colour": {"deep": [1]}, "health": {"state": "healthy",
                    "mood": "good"}}])",
               R"(, "more": [])");

  EXPECT_EQ(DecodeSnapshot(FrameSnapshot(body))->endpoints[0].address, "a");
}

TEST(SnapshotCodecTest, RefusesContentThatMeansNothing) {
  EXPECT_TRUE(StatusOfBody(BodyWith("[]")).ok());
  for (const std::string& body : {
           std::string(),
           std::string("[]"),
           std::string("{}"),
           std::string("nonsense"),
           BodyWith("{}"),
           BodyWith("[1]"),
           BodyWith("[{}]"),
           BodyWith(R"([{"address": ""}])"),
           BodyWith(R"([{"address": "a"}, {"address": "a"}])"),
           BodyWith(R"([{"address": "a", "weight": 0}])"),
           BodyWith(R"([{"address": "a", "tier": -1}])"),
           BodyWith(R"([{"address": "a", "health": {"state": "draining"}}])"),
           BodyWith(R"([{"address": "a", "health": {"state": "healthy", "since": "now"}}])"),
           BodyWith(R"([{"address": "a",
                         "health": {"state": "healthy", "since": "infinite-past"}}])"),
           BodyWith(R"([{"address": "a", "health": {"state": "healthy", "latency": "-1s"}}])"),
           BodyWith("[]", R"(, "overrides": [{"address": "a", "mode": "paused"}])"),
           BodyWith("[]", R"(, "overrides": [{"address": "a", "mode": "drain",
                                              "note": "two\nlines"}])"),
           BodyWith("[]", R"(, "target": "twice")"),
       }) {
    const absl::Status status = StatusOfBody(body);
    EXPECT_TRUE(absl::IsDataLoss(status)) << body << ": " << status;
    EXPECT_THAT(MessageOf(status), StartsWith("after its first line: "));
  }
}

TEST(SnapshotCodecTest, RefusesWhatIsNestedTooDeep) {
  const std::string deep(10'000, '[');

  EXPECT_THAT(MessageOf(StatusOfBody(BodyWith(deep))), HasSubstr("nested deeper than 16"));
}

TEST(SnapshotCodecTest, HoldsTensOfThousandsOfEndpoints) {
  Snapshot snapshot = CompleteSnapshot();
  for (int i = 0; i < 30'000; ++i) {
    Endpoint endpoint;
    endpoint.address = absl::StrCat("e", i);
    LearnedEndpoint learned = snapshot.learned.endpoints[0];
    learned.address = endpoint.address;
    snapshot.endpoints.push_back(endpoint);
    snapshot.learned.endpoints.push_back(learned);
  }
  const std::string bytes = EncodeSnapshot(snapshot);

  EXPECT_LT(bytes.size(), kMaxSnapshotBytes * 30'000 / 100'000);  // as its comment says
  EXPECT_EQ(*DecodeSnapshot(bytes), snapshot);
}

TEST(SnapshotCodecTest, ShiftsEveryTime) {
  const LearnedState learned = CompleteSnapshot().learned;

  const LearnedState later = Shifted(learned, absl::Hours(1));

  EXPECT_EQ(later.as_of, learned.as_of + absl::Hours(1));
  EXPECT_EQ(later.endpoints[0].since, learned.endpoints[0].since + absl::Hours(1));
  EXPECT_EQ(later.endpoints[0].ejected_until, learned.endpoints[0].ejected_until + absl::Hours(1));
  EXPECT_EQ(later.endpoints[1].ejected_until, absl::InfinitePast());
  EXPECT_EQ(later.overrides[0].until, learned.overrides[0].until + absl::Hours(1));
  EXPECT_EQ(later.overrides[1].until, absl::InfiniteFuture());
}

}  // namespace
}  // namespace nines
