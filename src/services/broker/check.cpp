#include "services/broker/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "kafka/records/records.h"
#include "services/broker/broker_configs.h"
#include "services/broker/groups/group_records.h"
#include "services/broker/groups/offset_log.h"
#include "services/broker/log/check.h"
#include "services/broker/log/segment_check.h"
#include "services/broker/share/share_states.h"
#include "services/broker/topic_store.h"
#include "services/broker/topics.h"
#include "services/broker/transactions/transaction_records.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {
namespace {

using services::Finding;
using services::Fsck;

constexpr const char* topic_file = "topic";

std::optional<std::int32_t> partition_number(const std::string& name) {
  std::int32_t number = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool valid = error == std::errc() && stop == name.data() + name.size() && std::to_string(number) == name;
  return valid ? std::optional(number) : std::nullopt;
}

/// One topic's folder.
class TopicCheck {
 public:
  TopicCheck(Fsck& fsck, io::Path directory) : fsck_(fsck), directory_(std::move(directory)) {}

  void run() {
    const std::string name = directory_.filename().string();
    services::check_temporary_files(fsck_, directory_);
    list();
    const TopicRecord record = read_record(name);
    const auto config = TopicConfig::parse(record.config);
    if (!config) {
      fsck_.say({.place = fsck_.shown(directory_ / topic_file),
                 .problem = config.error().message,
                 .lost = "nothing",
                 .remedy = "by hand: take that setting out of the file. Without that no server starts"});
    }
    for (std::int32_t i = 0; i < record.partitions; ++i) {
      if (std::ranges::find(numbers_, i) == numbers_.end()) {
        say_missing(name, i);
        continue;
      }
      std::string what = fmt::format("of topic {}, partition {}", name, i);
      if (name == offsets_topic) what += ": commits of groups, which fall back to earlier ones";
      check_partition(fsck_, directory_ / std::to_string(i), config.value_or(TopicConfig{}), what);
    }
    for (const std::int32_t number : numbers_) {
      if (number >= record.partitions) say_surplus(directory_ / std::to_string(number));
    }
  }

 private:
  void list() {
    for (const std::string& name : services::names_in(directory_)) {
      if (const auto number = partition_number(name)) {
        numbers_.push_back(*number);
      } else if (name != topic_file && !name.ends_with(".new")) {
        fsck_.say({.place = fsck_.shown(directory_ / name),
                   .problem = "this does not belong here",
                   .lost = "nothing",
                   .remedy = "move it to lost+found"},
                  [&] { return fsck_.set_aside(directory_ / name); });
      }
    }
    std::ranges::sort(numbers_);
  }

  TopicRecord read_record(const std::string& name) {
    const io::Path path = directory_ / topic_file;
    Result<TopicRecord> read;
    if (const auto text = io::read_file(path)) {
      read = TopicRecord::decode(*text);
    } else {
      read = std::unexpected(text.error());
    }
    if (read) return *std::move(read);
    TopicRecord made;
    made.id = kafka::Uuid::random();
    made.internal = name.starts_with("__");
    made.config = {{"retention.ms", "-1"}};  // the default would remove records whose keeping may have been wished
    made.partitions = std::max<std::int32_t>(numbers_.empty() ? 1 : numbers_.back() + 1, 1);
    fsck_.say({.place = fsck_.shown(path),
               .problem = read.error().message,
               .lost = "the topic's id and settings",
               .remedy = "write it anew for the partitions that are there, with a new id, retention.ms=-1 and default "
                         "settings. Without "
                         "that no server starts"},
              [&]() -> Result<void> {
                if (std::filesystem::exists(path)) CHECK(fsck_.set_aside(path));
                return io::write_file_atomically(path, made.encode());
              });
    return made;
  }

  void say_missing(const std::string& name, std::int32_t partition) {
    const io::Path path = directory_ / std::to_string(partition);
    fsck_.say({.place = fsck_.shown(path),
               .problem = "the partition's folder is missing",
               .lost = fmt::format("all records of topic {}, partition {}", name, partition),
               .remedy = "make an empty one: its offsets begin anew"},
              [&]() -> Result<void> {
                CHECK(io::make_directories(path));
                return io::sync_directory(directory_);
              });
  }

  void say_surplus(const io::Path& path) {
    const bool empty = services::names_in(path).empty();
    fsck_.say({.kind = empty ? Finding::Kind::leftover : Finding::Kind::damage,
               .place = fsck_.shown(path),
               .problem = "the topic has no such partition",
               .lost = "nothing",
               .remedy = empty ? "remove the empty folder" : "move it to lost+found"},
              [&] { return empty ? services::remove_tree(path) : fsck_.set_aside(path); });
  }

  Fsck& fsck_;
  const io::Path directory_;
  std::vector<std::int32_t> numbers_;
};

/// What is said of a coordinator's journal.
struct JournalCheck {
  const char* topic;
  const char* lost_record;
  const char* lost_journal;
  const char* remedy;
  Result<void> (*decode)(ByteView key, std::optional<ByteView> value);
};

constexpr JournalCheck journals[] = {
    {offsets_topic, "what a group has committed there: it falls back to earlier commits",
     "commits of groups, which fall back to earlier ones",
     "by hand: delete the groups' topic, and groups begin where their clients say",
     [](ByteView key, std::optional<ByteView> value) -> Result<void> {
       CHECK(decode_coordinator_record(key, value));
       return {};
     }},
    {transactions_topic, "the state of a transactional id: it falls back to an earlier one",
     "transactions that are open or being ended: they hang until an administrator aborts them",
     "by hand: delete the transactions' topic, then end what hangs (kafka-transactions.sh find-hanging, abort)",
     [](ByteView key, std::optional<ByteView> value) -> Result<void> {
       CHECK(decode_transaction_record(key, value));
       return {};
     }},
    {share_state_topic, "what members of a share group acknowledged there: it may be delivered again",
     "acknowledgements of share groups, to which records are delivered again",
     "by hand: delete the share groups' topic, and they begin where share.auto.offset.reset says",
     [](ByteView key, std::optional<ByteView> value) -> Result<void> {
       CHECK(decode_share_record(key, value));
       return {};
     }},
};

/// What can't be decoded is left out by the server, with a warning.
Result<void> check_journal(Fsck& fsck, const io::Path& directory, const JournalCheck& journal) {
  for (const std::string& name : services::names_in(directory)) {
    if (!name.ends_with(".log")) continue;
    TRY(const std::string text, io::read_file(directory / name));
    for (ByteView rest = as_bytes(text); !rest.empty();) {
      const auto batch = kafka::take_batch(rest);
      if (!batch || !kafka::crc_matches(*batch)) break;  // the segment's check has said it
      if (batch->header.record_count == 0 || batch->header.is_control()) continue;
      TRY(auto reader, kafka::RecordReader::open(*batch));
      kafka::Record record;
      while (true) {
        TRY(const bool more, reader.next(record));
        if (!more) break;
        if (!record.key) continue;
        const auto decoded = journal.decode(*record.key, record.value);
        if (decoded) continue;
        fsck.say(
            {.place = fsck.shown(directory / name),
             .problem = fmt::format("the record at offset {}: {}", record.offset, decoded.error().message),
             .lost = journal.lost_record,
             .remedy = "none is needed: the server leaves it out, and it goes when the journal is next written anew"});
      }
    }
  }
  return {};
}

void check_leftover_folder(Fsck& fsck, const io::Path& path, const char* what) {
  if (services::names_in(path).empty()) return;
  fsck.say({.kind = Finding::Kind::leftover,
            .place = fsck.shown(path),
            .problem = what,
            .lost = "nothing",
            .remedy = "remove what is in it"},
           [&]() -> Result<void> {
             for (const std::string& name : services::names_in(path)) CHECK(services::remove_tree(path / name));
             return {};
           });
}

void check_small_files(Fsck& fsck, const io::Path& directory) {
  services::check_temporary_files(fsck, directory);
  const io::Path cluster = directory / "cluster-id";
  const auto id = io::read_file(cluster);
  const bool needed = id || !services::names_in(directory / "topics").empty();
  if (needed && (!id || id->find_first_not_of("\r\n ") == std::string::npos)) {
    fsck.say({.place = fsck.shown(cluster),
              .problem = id ? "it is empty" : "it is missing",
              .lost = "the cluster's id: sinks take the topics for another cluster's",
              .remedy = "make a new one; or put the old one there by hand, as the sinks' plans have it"},
             [&] { return io::write_file_atomically(cluster, kafka::Uuid::random().text() + "\n"); });
  }
  const io::Path configs = directory / "broker-configs";
  if (const auto opened = BrokerConfigs::open(configs, {}); !opened) {
    fsck.say({.place = fsck.shown(configs),
              .problem = opened.error().message,
              .lost = "the broker's settings that were changed while it ran",
              .remedy = "move it to lost+found. Without that no server starts"},
             [&] { return fsck.set_aside(configs); });
  }
  const io::Path producers = directory / "next-producer-id";
  const auto text = io::read_file(producers);
  std::int64_t next = -1;
  if (!text) return;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), next);
  if (error == std::errc() && next >= 0 && std::string_view(stop, text->data() + text->size()) == "\n") return;
  // Ids are handed out from 0 in blocks: nobody has come this far.
  constexpr std::int64_t beyond_all = std::int64_t{1} << 48;
  fsck.say({.place = fsck.shown(producers),
            .problem = "it does not hold a producer id",
            .lost = "nothing",
            .remedy = "write one beyond all that were handed out. Without that no server starts"},
           [&]() -> Result<void> {
             CHECK(fsck.set_aside(producers));
             return io::write_file_atomically(producers, std::to_string(beyond_all) + "\n");
           });
}

}  // namespace

void check_broker(Fsck& fsck, const io::Path& directory) {
  check_small_files(fsck, directory);
  const io::Path topics = directory / "topics";
  for (const std::string& name : services::names_in(topics)) {
    const io::Path path = topics / name;
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored) || !check_topic_name(name)) {
      fsck.say({.place = fsck.shown(path),
                .problem = "this is no topic's folder",
                .lost = "nothing",
                .remedy = "move it to lost+found. Without that no server starts"},
               [&] { return fsck.set_aside(path); });
      continue;
    }
    TopicCheck(fsck, path).run();
  }
  for (const JournalCheck& journal : journals) {
    const io::Path path = topics / journal.topic / "0";
    if (const auto checked = check_journal(fsck, path, journal); !checked) {
      fsck.say({.place = fsck.shown(path),
                .problem = checked.error().message,
                .lost = journal.lost_journal,
                .remedy = journal.remedy});
    }
  }
  check_leftover_folder(fsck, directory / "making", "a topic whose creation was cut");
  check_leftover_folder(fsck, directory / "trash", "a deleted topic that was not removed yet");
}

}  // namespace tickerlake::broker
