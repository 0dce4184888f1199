#pragma once
// What the tests want to go wrong. One text, in TICKERLAKE_FAULTS or on the control pipe; parts apart by ';':
//
//   data=FOLDER         the folder whose files are watched (absolute); its parent must be on the same file system
//   seed=N              of every random choice
//   kill=POINT@N        ends the process (SIGKILL) at the N-th time that it comes to POINT
//   cut=POINT@N         power failure there: what was not synced is lost, then SIGKILL
//   lose=all|some       how much a power failure takes (all): everything that was not synced, or a random part of it
//   fail=CALL:ERRNO:WHEN[:GLOB]
//                       CALL (write, sync, rename, make or remove; a folder's sync is "foldersync") fails with ENOSPC,
//                       EIO or EDQUOT; WHEN is @N (the N-th call) or N% (at random); GLOB limits it to such paths.
//                       May be given several times; "fail=off" forgets them
//   space=BYTES|off     so many bytes can still be written (removing files gives nothing back), then ENOSPC
//   slow=MS             each sync takes a random time up to MS milliseconds
//   ignore=CALL:GLOB    sync or foldersync of such paths answers success and does nothing: a protection taken away
//   coverage=FILE       gets a line "POINT" at the first time that this process comes to a point
//   control=PIPE        a FIFO that is read for such texts while the program runs, a line each; the line "cut" is a
//                       power failure now
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace faults {

struct Failure {
  std::string call;
  int error = 0;
  std::int64_t at = 0;  // the N-th, or 0
  int percent = 0;
  std::string glob;
  std::int64_t seen = 0;
};

struct PointAt {
  std::string point;
  std::int64_t at = 0;
};

struct Ignored {
  std::string call;
  std::string glob;
};

struct Config {
  std::string data;
  std::uint64_t seed = 1;
  PointAt kill, cut;
  bool lose_all = true;
  std::vector<Failure> failures;
  std::int64_t space = -1;  // -1: as much as there is
  int slow_ms = 0;
  std::vector<Ignored> ignored;
  std::string coverage, control;

  /// Applies a text to what is set. A part that can't be read ends the process: a test must not run without its fault.
  void apply(std::string_view text);
};

/// The name under which a descriptor's file is known now.
std::string path_of(int descriptor);

}  // namespace faults
