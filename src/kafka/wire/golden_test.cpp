// Every version of every message against bytes that Apache Kafka's schemas give (testdata/make_golden.py and, for what
// kafka-python does not have, testdata/MakeGolden.java).
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/digest.h"
#include "kafka/wire/requests.h"

namespace tickerlake::kafka {
namespace {

/// Decodes a body and encodes it again; nothing where decoding fails.
using Again = std::optional<Buffer> (*)(ByteView body, std::int16_t version, bool flexible);

template <class Message>
std::optional<Buffer> again(ByteView body, std::int16_t version, bool flexible) {
  Reader reader(body, version, flexible);
  Message message;
  reader.read_struct(message);
  if (!reader.finish()) return std::nullopt;
  Writer writer(version, flexible);
  writer.write_struct(message);
  return writer.finish().bytes;
}

struct Entry {
  Api api;
  Again again;
};

template <class... Request>
std::map<std::string, Entry> entries(RequestList<Request...>) {
  std::map<std::string, Entry> all;
  (all.emplace(std::string(Request::api.name) + "Request", Entry{Request::api, again<Request>}), ...);
  (all.emplace(std::string(Request::api.name) + "Response", Entry{Request::api, again<typename Request::Response>}),
   ...);
  return all;
}

struct Line {
  std::string message;
  std::int16_t version;
  Entry entry;
  Buffer body;
};

std::map<std::string, Entry> spoken() {
  auto known = entries(AllRequests());
  known.merge(entries(AskedRequests()));
  return known;
}

/// The lines of the versions that are spoken here.
std::vector<Line> golden_lines() {
  const auto known = spoken();
  std::vector<Line> lines;
  for (const char* name : {"golden_messages.txt", "golden_messages_java.txt"}) {
    std::ifstream file(std::string(TICKERLAKE_SOURCE_DIR "/src/kafka/wire/testdata/") + name);
    std::string message, body;
    std::int16_t version = 0;
    while (file >> message >> version >> body) {
      const Entry& entry = known.at(message);
      if (entry.api.versions.contains(version)) {
        lines.push_back({message, version, entry, body == "-" ? Buffer{} : *unhex(body)});
      }
    }
  }
  return lines;
}

std::string label(const Line& line) { return line.message + " v" + std::to_string(line.version); }

TEST(Golden, every_version_of_every_message_is_read_and_written_byte_for_byte) {
  const auto lines = golden_lines();
  EXPECT_GT(lines.size(), 400u);
  for (const Line& line : lines) {
    const auto bytes = line.entry.again(line.body, line.version, line.entry.api.is_flexible(line.version));
    ASSERT_TRUE(bytes) << label(line);
    EXPECT_EQ(hex(*bytes), hex(line.body)) << label(line);
  }
}

TEST(Golden, no_version_that_is_spoken_is_without_such_bytes) {
  std::set<std::string> tested;
  for (const Line& line : golden_lines()) tested.insert(label(line));
  for (const auto& [message, entry] : spoken()) {
    // Produce 0 to 2 are announced for librdkafka's sake (KAFKA-18659), and refused.
    const std::int16_t first = entry.api.key == ProduceRequest::api.key ? 3 : entry.api.versions.first;
    for (std::int16_t version = first; version <= entry.api.versions.last; ++version) {
      EXPECT_TRUE(tested.contains(message + " v" + std::to_string(version))) << message << " v" << version;
    }
  }
}

TEST(Golden, a_body_cut_off_at_any_byte_is_refused) {
  for (const Line& line : golden_lines()) {
    for (std::size_t size = 0; size < line.body.size(); ++size) {
      const bool flexible = line.entry.api.is_flexible(line.version);
      EXPECT_FALSE(line.entry.again(ByteView(line.body).first(size), line.version, flexible)) << label(line) << size;
    }
  }
}

TEST(Golden, any_changed_byte_is_read_or_refused_but_never_crashes) {
  for (const Line& line : golden_lines()) {
    for (std::size_t at = 0; at < line.body.size(); ++at) {
      for (const unsigned char wrong : {at % 2 == 0 ? 0x00 : 0x80, 0xFF}) {
        Buffer body = line.body;
        body[at] = std::byte{wrong};
        (void)line.entry.again(body, line.version, line.entry.api.is_flexible(line.version));
      }
    }
  }
}

}  // namespace
}  // namespace tickerlake::kafka
