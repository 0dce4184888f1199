#pragma once
// What the stores' own checks share: `tickerlake fsck` runs them on a data folder whose server is stopped.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace tickerlake::services {

/// Something that is not as the formats say.
struct Finding {
  enum class Kind {
    damage,    // what was stored is not there any more, or not as it was
    leftover,  // what an unclean stop may leave; the next start deals with it
  };
  Kind kind = Kind::damage;
  std::string place;    // file, or s3://bucket/key, or table
  std::string problem;  // what is wrong
  std::string lost;     // what nobody can have any more; "nothing"
  std::string remedy;   // what --repair does, or what a person can do
  bool repaired = false;
};

/// What one check was asked for and what it found. One thread.
struct Fsck {
  bool repair = false;  // nothing is written without it
  bool deep = false;    // read and compare contents too
  io::Path data;        // the data folder; what can't be read goes to "lost+found" in it
  std::function<void(Finding)> found;

  // What was looked at.
  std::int64_t batches = 0, log_bytes = 0, objects = 0, blob_bytes = 0, rows = 0;

  /// Says a finding. Where repairs are wanted `mend` is run first: the finding is repaired when it succeeds; what it
  /// fails with is added to the remedy.
  void say(Finding finding, const std::function<Result<void>()>& mend = {}) {
    if (repair && mend) {
      const auto mended = mend();
      finding.repaired = mended.has_value();
      if (!mended) finding.remedy += "; the repair failed: " + mended.error().message;
    }
    found(std::move(finding));
  }

  /// The path as reports show it: relative to the data folder.
  std::string shown(const io::Path& path) const { return path.lexically_relative(data).string(); }
  /// Where a file of the data folder goes when it is set aside: the same place below lost+found, with a number behind
  /// its name when that is taken. Its folder exists.
  Result<io::Path> place_aside(const io::Path& path) const;
  /// Moves a file or folder there.
  Result<void> set_aside(const io::Path& path) const;
  /// Appends a line to a file of lost+found: for entries and rows, which are no files.
  Result<void> note_aside(const std::string& file, const std::string& line) const;
};

Result<void> remove_tree(const io::Path& path);
/// Reports "*.new" files directly in a folder: a replacement that was never completed.
void check_temporary_files(Fsck& fsck, const io::Path& folder);
/// Names in a folder, sorted; empty when it is missing.
std::vector<std::string> names_in(const io::Path& folder);

}  // namespace tickerlake::services
