#pragma once
// A folder on a disk that keeps only what was synced, and of the rest whatever it likes, block by block.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "world.h"

namespace tickerlake::simulation {

/// What a power loss leaves of a file's bytes that were written and not synced. Higher numbers: a pattern of blocks.
enum class Loss : std::uint16_t {
  all,
  nothing,
  but_first_block,
  of_first_block,
  of_second_block,
  of_last_block,
  of_content_but_not_size
};
inline constexpr std::uint16_t named_losses = 7;

/// Names reach the disk in the order in which they were made, as journaling file systems have it; bytes in any order.
class FakeDisk {
 public:
  static constexpr std::size_t block_size = 48;

  bool has(const std::string& name) const { return names_.contains(name); }
  const std::map<std::string, int>& names() const { return names_; }
  const std::string& content(const std::string& name) const { return file(names_.at(name)).content; }
  const std::string& content(int file_id) const { return file(file_id).content; }

  /// Makes the file if it is not there; its number, which stays when the name changes.
  int open(const std::string& name);
  void write(int file_id, std::size_t position, std::string_view bytes);
  void truncate(int file_id, std::size_t size) { file(file_id).content.resize(size); }
  void sync(int file_id) { file(file_id).on_disk = file(file_id).content; }
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& name);
  void sync_names();
  /// A new content under the name, on disk itself; the name points to it on disk after sync_names().
  void replace(const std::string& name, std::string_view content);

  /// How many changes of names are not on disk yet.
  std::size_t unsynced_names() const { return changes_.size(); }
  /// The files with unsynced bytes, in the order of their names.
  std::vector<int> unsynced_files() const;
  /// The power goes: the first `kept_names` changes of names stay, and of each file of unsynced_files() what `losses`
  /// says.
  void lose_power(std::size_t kept_names, const std::vector<Loss>& losses);

  void add_to(KeyWriter& key) const;

 private:
  struct File {
    std::string content;
    std::string on_disk;
  };
  struct Change {
    std::string removed;  // one or both may be empty
    std::string made;
    int file_id = -1;
  };
  File& file(int file_id) { return files_[static_cast<std::size_t>(file_id)]; }
  const File& file(int file_id) const { return files_[static_cast<std::size_t>(file_id)]; }
  static void apply(const Change& change, std::map<std::string, int>& names);
  void change(Change change);

  std::vector<File> files_;
  std::map<std::string, int> names_;
  std::map<std::string, int> names_on_disk_;
  std::vector<Change> changes_;
};

}  // namespace tickerlake::simulation
