#pragma once
// Which files of a log have bytes that may not be on disk yet.
#include <cstdint>
#include <vector>

namespace tickerlake::broker {

/// What has to be synced to make everything durable that was written so far: first the files, then the folder. File is
/// whatever tells one from another; the simulation's are numbers.
template <class File>
struct Unsynced {
  std::vector<File> files;  // in the order in which they were written to; a log writes to its last one only
  std::int64_t bytes = 0;   // how much was appended to them
  bool directory = false;   // a file was made, renamed or removed

  void wrote(const File& file, std::int64_t count) {
    if (files.empty() || files.back() != file) files.push_back(file);
    bytes += count;
  }
};

}  // namespace tickerlake::broker
