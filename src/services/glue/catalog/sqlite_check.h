#pragma once
// fsck of one SQLite file: its pages, and its rows by what their owner says of them.
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "services/fsck/fsck.h"
#include "services/glue/catalog/sqlite.h"

namespace tickerlake::glue {

/// A table of the file and what is wrong with a row.
struct TableCheck {
  const char* select;  // "SELECT name, body FROM databases": all columns, the key's first
  const char* remove;  // "DELETE FROM databases WHERE name=?"
  int columns = 0, keys = 0;
  bool last_key_is_number = false;
  std::string name;
  /// Nothing when the row is right.
  std::function<std::optional<std::string>(const Statement& row)> problem_of;
  std::string lost;  // what goes with a row that is wrong
};

/// A file's tables in the order in which they are looked at, and how to make an empty file.
struct FileCheck {
  io::Path path;
  std::function<Result<void>(const io::Path& file)> create;
  std::vector<TableCheck> tables;
  std::string lost;  // what goes with pages that can't be read
};

/// Without repairs it works on a copy: opening a database changes files beside it.
void check_sqlite(services::Fsck& fsck, const FileCheck& file);

/// Copies what can be read of a damaged file's tables into another that has the same, empty: from the front up to
/// the first page that can't be read, and from the back.
Result<void> salvage_rows(const io::Path& damaged, const io::Path& fresh, std::span<const std::string> tables);

}  // namespace tickerlake::glue
