#pragma once
// One key of the object store: writers, readers and the sweep, step by step, with crashes between. Real are
// BlobLifecycle (when a blob's file goes) and check_conditions(); index and files are simulated.
#include <map>
#include <optional>

#include "services/s3/store/blob_lifecycle.h"
#include "services/s3/store/store.h"
#include "world.h"

namespace tickerlake::simulation {

class StoreWorld {
 public:
  /// A protection of the store's shell that a test takes away.
  enum class Without {
    nothing,
    seal_before_commit,
    commit_before_free,
    condition_in_commit,    // looked at before the body only
    blob_of_failed_commit,  // removed, although the commit may be in the log
    readers_in_sweep,       // the sweep removes files without asking who reads them
    readers_in_free,        // so does who replaces an object
  };
  struct Options {
    int writers = 2;
    int readers = 1;
    int writes = 2;  // begun at most, all together
    int reads = 1;
    int crashes = 1;
    bool has_failing_commits = false;
    Without without = Without::nothing;
  };
  explicit StoreWorld(Options options);

  void offer(Steps& steps) const;
  std::string tell(const Step& step) const;
  void take(const Step& step);
  void settle();
  const std::string& wrong() const { return wrong_; }
  std::string key() const;

 private:
  enum Action : std::uint8_t { write, read, go, abandon, fail_commit, kill, power_loss };
  enum class Kind : std::uint16_t { put, put_if_none, put_if_match, remove };  // a step's detail
  struct Record {
    s3::BlobId blob;
    int content = 0;  // the number of the write
  };
  struct File {
    int content = 0;
    bool durable = false;
  };
  struct Writer {
    Kind kind = Kind::put;
    int number = 0;
    int seen = 0;  // the content that put_if_match asks for
    enum Stage { begin, sealing, committing, freeing, removing } stage = begin;
    s3::BlobId blob;
    std::optional<s3::BlobId> replaced;
  };
  struct Reader {
    enum Stage { finding, pinning, opening, reading, leaving, removing } stage = finding;
    Record record;
  };
  struct Sweep {
    bool has_names = false;
    std::map<s3::BlobId, bool> named;
    std::optional<s3::BlobId> removing;
    std::vector<s3::BlobId> left;  // files still to be looked at
  };

  s3::WriteConditions conditions(const Writer& writer) const;
  bool is_allowed(const Writer& writer) const;
  void go_on(std::optional<Writer>& writer);
  void commit(std::optional<Writer>& writer);
  void go_on(std::optional<Reader>& reader);
  void go_on(Sweep& sweep);
  void remove_file(const s3::BlobId& id, bool tells_lifecycle = true);
  bool begin_removal(const s3::BlobId& id);
  void restart(bool power_lost, std::uint16_t detail);
  void check();
  void check_ended();
  void fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  Options options_;
  std::optional<Record> index_;
  std::optional<std::optional<Record>> maybe_;  // a failed commit that may be there after the next start
  std::map<s3::BlobId, File> files_;
  std::map<s3::BlobId, bool> orphans_;  // blobs of failed commits: swept by the next run
  s3::BlobLifecycle lifecycle_;
  std::vector<std::optional<Writer>> writers_;
  std::vector<std::optional<Reader>> readers_;
  std::optional<Sweep> sweep_;
  std::uint32_t run_ = 1;
  int writes_ = 0;
  int reads_ = 0;
  int crashes_ = 0;
  std::string wrong_;
};

}  // namespace tickerlake::simulation
