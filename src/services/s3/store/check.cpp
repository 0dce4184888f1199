#include "services/s3/store/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/digest.h"
#include "services/s3/store/content_check.h"
#include "services/s3/store/index.h"
#include "services/s3/store/records.h"

namespace tickerlake::s3 {
namespace {

using services::Finding;
using services::Fsck;

constexpr std::size_t upload_id_chars = 32;
constexpr const char* entries_file = "s3-entries.txt";  // of lost+found

class StoreCheck {
 public:
  StoreCheck(Fsck& fsck, const io::Path& directory)
      : fsck_(fsck), index_path_(directory / "index"), blobs_path_(directory / "blobs") {}

  void run() {
    if (!open_index()) return;
    check_buckets();
    check_objects();
    check_uploads();
    check_parts();
    if (!removals_.empty() || !puts_.empty()) settle();
    check_blobs();
  }

 private:
  /// Looked at without changing anything; opened for writing only then, and only for repairs.
  Result<void> open() {
    {
      TRY(auto index, Index::open_read_only(index_path_));
      CHECK(index->verify());
      if (!fsck_.repair) {
        index_ = std::move(index);
        return {};
      }
    }
    TRY(index_, Index::open(index_path_, Log()));
    return {};
  }

  bool open_index() {
    if (!std::filesystem::exists(index_path_) && !std::filesystem::exists(blobs_path_)) return false;
    const auto opened = open();
    if (opened) return true;
    index_damaged_ = true;
    fsck_.say({.place = fsck_.shown(index_path_),
               .problem = opened.error().message,
               .lost = "objects whose entries can't be read any more; their blobs go to lost+found",
               .remedy = "copy the index to lost+found, build it anew from what can be read of it"},
              [&]() -> Result<void> {
                TRY(const io::Path copy, fsck_.place_aside(index_path_));
                std::error_code error;
                std::filesystem::copy(index_path_, copy, std::filesystem::copy_options::recursive, error);
                if (error) return fail_errno("can't copy the index", error.value());
                if (std::filesystem::exists(index_path_)) CHECK(Index::salvage(index_path_));
                return open();
              });
    return index_ != nullptr;
  }

  template <class Visit>
  void each(std::string_view prefix, const Visit& visit) {
    const auto cursor = index_->cursor();
    for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
      visit(std::string(cursor->key()), cursor->value());
    }
  }

  static std::string shown_key(std::string_view bucket, std::string_view key) {
    return fmt::format("s3://{}/{}", bucket, key);
  }

  /// Takes an entry out of the index; the entry itself is noted in lost+found.
  Result<void> drop_entry(const std::string& key, std::string_view value) {
    CHECK(fsck_.note_aside(entries_file, hex(as_bytes(key)) + " " + hex(as_bytes(value))));
    removals_.push_back(key);
    return {};
  }

  void say_broken_record(const std::string& what, const std::string& key, std::string_view value) {
    has_broken_record_ = true;
    fsck_.say({.place = what,
               .problem = "its entry in the index can't be read",
               .lost = what,
               .remedy = "move the entry to lost+found; its blob follows"},
              [&] { return drop_entry(key, value); });
  }

  void check_buckets() {
    each(keys::buckets(), [&](const std::string& key, std::string_view value) {
      const std::string name = key.substr(1);
      buckets_.insert(name);
      if (decode_bucket(value)) return;
      fsck_.say({.place = "s3://" + name,
                 .problem = "the bucket's entry can't be read",
                 .lost = "when it was made",
                 .remedy = "write it anew"},
                [&] { return put_bucket(name); });
    });
  }

  Result<void> put_bucket(const std::string& name) {
    puts_.emplace_back(keys::bucket(name),
                       encode(BucketRecord{.created = SystemClock().now_ms(), .region = "us-east-1"}));
    return {};
  }

  void need_bucket(const std::string& name) {
    if (!buckets_.insert(name).second) return;
    fsck_.say({.place = "s3://" + name,
               .problem = "there are objects or uploads of a bucket that has no entry",
               .lost = "when it was made",
               .remedy = "write the bucket's entry anew"},
              [&] { return put_bucket(name); });
  }

  void check_objects() {
    each("O", [&](const std::string& key, std::string_view value) {
      const std::size_t nul = key.find('\0');
      const std::string bucket = key.substr(1, nul == std::string::npos ? nul : nul - 1);
      const std::string what = shown_key(bucket, nul == std::string::npos ? "" : key.substr(nul + 1));
      const auto record = decode_object(value);
      if (!record) return say_broken_record(what, key, value);
      ++fsck_.objects;
      need_bucket(bucket);
      check_blob(what, key, value, *record);
    });
  }

  void check_uploads() {
    each("U", [&](const std::string& key, std::string_view value) {
      const std::size_t nul = key.find('\0');
      const std::string bucket = key.substr(1, nul == std::string::npos ? nul : nul - 1);
      const auto name = nul == std::string::npos ? std::nullopt : keys::parse_upload(key, bucket);
      const std::string what = fmt::format("an upload of {}", shown_key(bucket, name ? name->key : "?"));
      if (!name || !decode_upload(value)) return say_broken_record(what, key, value);
      need_bucket(bucket);
      uploads_.insert(name->id);
    });
  }

  void check_parts() {
    each("P", [&](const std::string& key, std::string_view value) {
      const std::string id = key.substr(1, upload_id_chars);
      const std::string what = fmt::format("part {} of upload {}", keys::parse_part(key).value_or(0), id);
      const auto record = decode_part(value);
      if (!record) return say_broken_record(what, key, value);
      if (!uploads_.contains(id)) {
        // Its blob is removed as one that nothing names.
        fsck_.say({.place = what, .problem = "there is no such upload", .lost = "nothing", .remedy = "remove it"},
                  [&] { return drop_entry(key, value); });
        return;
      }
      check_blob(what, key, value, *record);
    });
  }

  io::Path path_of(const BlobId& id) const { return blobs_path_ / fmt::format("{:08x}", id.folder) / hex(id.name); }

  template <class Record>
  void check_blob(const std::string& what, const std::string& key, std::string_view value, const Record& record) {
    const io::Path path = path_of(record.blob);
    if (!named_.insert(record.blob).second) {
      fsck_.say({.place = what,
                 .problem = "another entry names its blob " + fsck_.shown(path) + " too",
                 .lost = "nothing yet; deleting one of them would take the other's bytes",
                 .remedy = "by hand: download and upload one of them"});
    }
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::string problem;
    if (error) {
      problem = "its blob " + fsck_.shown(path) + " is missing";
    } else if (static_cast<std::int64_t>(size) != record.size) {
      problem = fmt::format("its blob {} has {} bytes, not {}", fsck_.shown(path), size, record.size);
    } else if (fsck_.deep) {
      problem = compare(path, record);
    }
    fsck_.blob_bytes += error ? 0 : static_cast<std::int64_t>(size);
    if (problem.empty()) return;
    fsck_.say({.place = what,
               .problem = problem + (error ? "" : fmt::format(" (ETag {})", record.etag)),
               .lost = fmt::format("{}, {} bytes", what, record.size),
               .remedy = error ? "take it out of the index: it answers NoSuchKey instead of an error"
                               : "move its bytes to lost+found and take it out of the index"},
              [&]() -> Result<void> {
                if (!error) CHECK(fsck_.set_aside(path));
                return drop_entry(key, value);
              });
  }

  template <class Record>
  std::string compare(const io::Path& path, const Record& record) const {
    const auto file = io::File::open(path, io::File::Mode::read);
    if (!file) return file.error().message;
    const auto compared = compare_content(*file, record);
    return compared ? *compared : compared.error().message;
  }

  void settle() {
    const auto committed = index_->commit({.puts = puts_, .removals = removals_});
    if (committed) return;
    fsck_.say({.place = fsck_.shown(index_path_),
               .problem = committed.error().message,
               .lost = "nothing",
               .remedy = "run the repair again"});
  }

  /// Files that no entry names. Where entries could not be read they may be objects: those are kept.
  void check_blobs() {
    const bool keep = index_damaged_ || has_broken_record_;
    for (const std::string& folder : services::names_in(blobs_path_)) {
      const auto number = unhex(folder);
      for (const std::string& name : services::names_in(blobs_path_ / folder)) {
        const io::Path path = blobs_path_ / folder / name;
        const auto bytes = unhex(name);
        BlobId id;
        const bool is_blob = number && number->size() == 4 && bytes && bytes->size() == id.name.size();
        if (is_blob) {
          id.folder = load_big_endian<std::uint32_t>(number->data());
          std::copy(bytes->begin(), bytes->end(), id.name.begin());
          if (named_.contains(id)) continue;
        }
        const bool aside = keep || !is_blob;
        fsck_.say({.kind = aside ? Finding::Kind::damage : Finding::Kind::leftover,
                   .place = fsck_.shown(path),
                   .problem = is_blob ? "no object names this blob" : "this file does not belong here",
                   .lost = keep && is_blob ? "the name of the object it was" : "nothing",
                   .remedy = aside ? "move it to lost+found" : "remove it"},
                  [&] { return aside ? fsck_.set_aside(path) : io::remove_file(path); });
      }
    }
  }

  Fsck& fsck_;
  const io::Path index_path_, blobs_path_;
  std::unique_ptr<Index> index_;
  bool index_damaged_ = false;
  bool has_broken_record_ = false;
  std::set<std::string> buckets_, uploads_;
  std::set<BlobId> named_;
  // What repairs change of the index, in one commit.
  std::vector<std::pair<std::string, std::string>> puts_;
  std::vector<std::string> removals_;
};

}  // namespace

void check_store(Fsck& fsck, const io::Path& directory) { StoreCheck(fsck, directory).run(); }

}  // namespace tickerlake::s3
