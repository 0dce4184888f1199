#pragma once
// What a disk would hold if the power failed now.
//
// The library lets every change through to the file system and keeps what is needed to take it back until a sync
// covers it. The model is strict, so that what survives here survives on any journaling file system:
//   - bytes and size of a file last after fsync or fdatasync of that file; a sync covers what was written before it
//     began;
//   - a name (made, removed, renamed, linked) lasts after fsync of its folder, and only then: syncing a new file does
//     not promise its name. A rename between folders is one step, which a sync of either makes last;
//   - what the folder held when the process began is taken as lasting.
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace faults {

using FileId = std::pair<dev_t, ino_t>;

/// All methods want the caller to hold mutex, and to do the change itself under the same hold.
class Disk {
 public:
  std::mutex mutex;

  /// `root`: the folder that is watched; files that were removed are kept beside it as long as they may come back.
  void start(const std::string& root);

  void will_write(int descriptor, off_t position, std::size_t length);
  void will_truncate(int descriptor, off_t size);
  /// A sync is two calls: writes between them are not covered by it.
  std::uint64_t begin_file_sync(int descriptor);
  void end_file_sync(int descriptor, std::uint64_t covered);
  std::uint64_t begin_folder_sync() const { return next_step_; }
  void end_folder_sync(int descriptor, std::uint64_t covered);

  void created(const std::string& path, bool is_folder);
  void linked(const std::string& name) { note({Step::made, name, {}, {}, parent_of(name), {}, 0}); }
  /// These do the work themselves; errno tells why they could not (-1).
  int remove(const std::string& path);
  int remove_folder(const std::string& path);
  int rename(const std::string& from, const std::string& to);

  /// Takes back what was not synced: all of it, or a random part with the last block torn.
  void lose_power(bool all, std::uint64_t seed);

 private:
  /// What changed between two syncs of a file.
  struct Layer {
    std::uint64_t number = 0;
    off_t size = 0;                      // of the file when the layer began
    std::map<off_t, std::string> saved;  // the old bytes of changed blocks, by position
    std::set<off_t> touched;             // all changed blocks
  };
  struct Content {
    std::string path;
    std::vector<Layer> layers;  // oldest first
  };
  struct Step {
    enum Kind { made, made_folder, removed, removed_folder, renamed } kind;
    std::string path;
    std::string to;     // renamed
    std::string grave;  // where the removed or replaced file is kept
    FileId folder, other_folder;
    std::uint64_t number = 0;
  };

  Layer& layer_of(int descriptor);
  void save(int descriptor, Layer& layer, off_t from, off_t to);
  void note(Step step);
  void settle(const Step& step);
  void undo(const Step& step);
  void lose_content(Content& content, bool all, std::uint64_t& random);
  void moved(const std::string& from, const std::string& to);
  std::string new_grave();
  static FileId parent_of(const std::string& path);

  std::string root_;
  std::string graves_;
  std::uint64_t next_layer_ = 1, next_step_ = 1, next_grave_ = 1;
  std::map<FileId, Content> contents_;
  std::vector<Step> steps_;  // not synced, oldest first
};

}  // namespace faults
