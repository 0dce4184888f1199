#include "services/glue/catalog/sqlite_check.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace tickerlake::glue {
namespace {

using services::Finding;
using services::Fsck;

constexpr const char* beside[] = {"-wal", "-shm"};  // what SQLite keeps beside its file

io::Path with(const io::Path& path, const char* suffix) {
  io::Path longer = path;
  longer += suffix;
  return longer;
}

Result<void> copy_to(const io::Path& from, const io::Path& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (error) return fail_errno("can't copy " + from.string(), error.value());
  return {};
}

/// Whether all pages are what they should be; the first lines of what SQLite says otherwise.
Result<void> check_pages(Sqlite& database) {
  TRY(auto statement, database.try_prepare("PRAGMA integrity_check(3)"));
  std::string problems;
  while (true) {
    TRY(const bool more, statement.step());
    if (!more) break;
    const std::string line(statement.text(0));
    if (line != "ok") problems += (problems.empty() ? "" : "; ") + line;
  }
  if (!problems.empty()) return fail(ErrorCode::corrupt, problems);
  return {};
}

class SqliteCheck {
 public:
  SqliteCheck(Fsck& fsck, const FileCheck& file) : fsck_(fsck), file_(file) {}

  void run() {
    if (!std::filesystem::exists(file_.path)) return;
    auto database = open();
    if (!database) {
      fsck_.say({.place = fsck_.shown(file_.path),
                 .problem = database.error().message,
                 .lost = file_.lost,
                 .remedy = "copy it to lost+found; write it anew with the rows that can be read"},
                [&]() -> Result<void> {
                  CHECK(salvage());
                  database = open();
                  if (!database) return std::unexpected(database.error());
                  return {};
                });
    }
    if (!database) return;
    for (const TableCheck& table : file_.tables) {
      if (const auto checked = check_rows(*database, table); !checked) {
        fsck_.say({.place = fsck_.shown(file_.path) + ", table " + table.name,
                   .problem = checked.error().message,
                   .lost = table.lost,
                   .remedy = "run the repair again"});
      }
    }
  }

 private:
  Result<Sqlite> open() {
    io::Path path = file_.path;
    if (!fsck_.repair) {
      path = copy_.path() / path.filename();
      CHECK(copy_to(file_.path, path));
      if (std::filesystem::exists(with(file_.path, "-wal"))) {
        CHECK(copy_to(with(file_.path, "-wal"), with(path, "-wal")));
      }
    }
    TRY(Sqlite database, Sqlite::open(path));
    CHECK(check_pages(database));
    return database;
  }

  Result<void> salvage() {
    TRY(const io::Path aside, fsck_.place_aside(file_.path));
    CHECK(copy_to(file_.path, aside));
    for (const char* suffix : beside) {
      if (std::filesystem::exists(with(file_.path, suffix))) {
        CHECK(copy_to(with(file_.path, suffix), with(aside, suffix)));
      }
    }
    // SQLite may write to what it reads rows from: not to the copy that is kept.
    const io::Path damaged = copy_.path() / "damaged.sqlite";
    CHECK(copy_to(file_.path, damaged));
    if (std::filesystem::exists(with(file_.path, "-wal"))) {
      CHECK(copy_to(with(file_.path, "-wal"), with(damaged, "-wal")));
    }
    const io::Path fresh = with(file_.path, ".new");
    for (const char* suffix : {"", "-wal", "-shm"}) CHECK(io::remove_file(with(fresh, suffix)));
    CHECK(file_.create(fresh));
    std::vector<std::string> tables;
    for (const TableCheck& table : file_.tables) tables.push_back(table.name);
    // Nothing can be read of a file whose head is gone; then the fresh one stays empty.
    if (const auto saved = salvage_rows(damaged, fresh, tables); !saved && saved.error().code != ErrorCode::corrupt) {
      return saved;
    }
    for (const char* suffix : beside) CHECK(io::remove_file(with(file_.path, suffix)));
    CHECK(io::rename(fresh, file_.path));
    for (const char* suffix : beside) CHECK(io::remove_file(with(fresh, suffix)));
    return io::sync_directory(file_.path.parent_path());
  }

  Result<void> check_rows(Sqlite& database, const TableCheck& table) {
    struct Wrong {
      std::vector<std::string> values;
      std::string problem;
    };
    std::vector<Wrong> wrong;
    {
      TRY(auto rows, database.try_prepare(table.select));
      while (true) {
        TRY(const bool more, rows.step());
        if (!more) break;
        ++fsck_.rows;
        auto problem = table.problem_of(rows);
        if (!problem) continue;
        Wrong row{{}, *std::move(problem)};
        for (int i = 0; i < table.columns; ++i) row.values.emplace_back(rows.text(i));
        wrong.push_back(std::move(row));
      }
    }
    for (const Wrong& row : wrong) {
      std::string key;
      for (int i = 0; i < table.keys; ++i) {
        key += i == 0 ? "" : "/";
        for (const char c : row.values[static_cast<std::size_t>(i)])
          key += static_cast<unsigned char>(c) < 32 ? '.' : c;
      }
      fsck_.say({.place = fmt::format("{}, {} {}", fsck_.shown(file_.path), table.name, key),
                 .problem = row.problem,
                 .lost = table.lost,
                 .remedy = "move the row to lost+found"},
                [&] { return move_aside(database, table, row.values); });
    }
    return {};
  }

  Result<void> move_aside(Sqlite& database, const TableCheck& table, const std::vector<std::string>& values) {
    std::string line = table.name;
    for (const std::string& value : values) line += " " + (value.empty() ? "-" : hex(as_bytes(value)));
    CHECK(fsck_.note_aside(file_.path.stem().string() + "-rows.txt", line));
    TRY(auto remove, database.try_prepare(table.remove));
    std::vector<std::string_view> key(values.begin(), values.begin() + table.keys);
    const auto number = [&] {
      return static_cast<std::int64_t>(
          std::strtoll(values[static_cast<std::size_t>(table.keys) - 1].c_str(), nullptr, 10));
    };
    switch (table.keys) {
      case 1:
        return remove.bind(key[0]).run();
      case 2:
        return remove.bind(key[0], key[1]).run();
      default:
        return table.last_key_is_number ? remove.bind(key[0], key[1], number()).run()
                                        : remove.bind(key[0], key[1], key[2]).run();
    }
  }

  Fsck& fsck_;
  const FileCheck& file_;
  const io::TemporaryDirectory copy_;
};

}  // namespace

void check_sqlite(Fsck& fsck, const FileCheck& file) { SqliteCheck(fsck, file).run(); }

}  // namespace tickerlake::glue
