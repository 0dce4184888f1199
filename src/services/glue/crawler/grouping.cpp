#include "services/glue/crawler/grouping.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "services/glue/catalog/catalog.h"

namespace tickerlake::glue {
namespace {

/// A folder: its files, or the folders below it, or both.
struct Folder {
  std::string path;  // key prefix
  std::string name;
  int depth = 0;  // parts of the path below the bucket
  std::map<std::string, Folder, std::less<>> children;
  std::vector<const FileFinding*> files;
  std::optional<FileSchema> schema;  // of its own files; none where they differ, or there are none
  bool is_mixed = false;             // its own files differ
  FileTotals totals;                 // of its own files
};

bool same_style(const FileSchema& left, const FileSchema& right) {
  return left.format == right.format && left.compression == right.compression &&
         (left.format != FileFormat::csv || left.csv.delimiter == right.csv.delimiter);
}

/// Whether schemas hang together: same style, at most five different sets of columns, each similar to another one so
/// that all are connected.
bool belong_together(const std::vector<const FileSchema*>& schemas, bool ignore_similarity) {
  std::vector<const FileSchema*> different;
  for (const auto* schema : schemas) {
    if (!same_style(*schema, *schemas.front())) return false;
    if (ignore_similarity) continue;
    const auto same = [&](const FileSchema* other) { return other->columns == schema->columns; };
    if (std::ranges::none_of(different, same)) different.push_back(schema);
  }
  if (different.size() <= 1) return true;
  std::set<std::set<std::string_view>> name_sets;
  for (const auto* schema : different) {
    std::set<std::string_view> names;
    for (const auto& column : schema->columns) names.insert(column.name);
    name_sets.insert(std::move(names));
  }
  if (name_sets.size() > max_different_schemas) return false;
  // Grow the connected part from the first schema.
  std::vector<const FileSchema*> connected = {different.front()};
  std::vector<const FileSchema*> rest(different.begin() + 1, different.end());
  for (std::size_t i = 0; i < connected.size(); ++i) {
    std::erase_if(rest, [&](const FileSchema* other) {
      const bool near = similarity(connected[i]->columns, other->columns) > least_similarity;
      if (near) connected.push_back(other);
      return near;
    });
  }
  return rest.empty();
}

/// from's columns, paths and flags go into the schema of the whole.
void merge_schema(FileSchema& into, const FileSchema& from) {
  merge_columns(into.columns, from.columns);
  into.csv.is_quoted |= from.csv.is_quoted;
  into.csv.has_header |= from.csv.has_header;
  std::vector<std::string> paths;
  std::ranges::set_union(into.json_paths, from.json_paths, std::back_inserter(paths));
  into.json_paths = std::move(paths);
}

/// Decides what the folder's own files are, and drops those that say nothing where no neighbour does either.
void settle(Folder& folder, bool ignore_similarity) {
  std::vector<const FileSchema*> known;
  for (const auto* file : folder.files) {
    if (file->schema && file->schema->format != FileFormat::unknown) known.push_back(&*file->schema);
  }
  if (known.empty()) {
    folder.files.clear();
    return;
  }
  // A file that is nothing known among others makes the folder no worse: it is left out, unless it is a fragment.
  std::erase_if(folder.files, [](const FileFinding* file) {
    return file->schema && file->schema->format == FileFormat::unknown && !file->schema->is_fragment;
  });
  if (!belong_together(known, ignore_similarity)) {
    folder.is_mixed = true;
    return;
  }
  folder.schema = *known.front();
  for (const auto* schema : known) merge_schema(*folder.schema, *schema);
  std::int64_t sampled_size = 0;
  std::int64_t sampled_records = 0;
  std::int64_t other_size = 0;
  for (const auto* file : folder.files) {
    folder.totals.object_count += 1;
    folder.totals.size += file->size;
    if (file->schema) {
      sampled_size += file->size;
      sampled_records += file->schema->record_count;
    } else {
      other_size += file->size;
    }
  }
  folder.totals.record_count = sampled_records;
  if (sampled_size > 0) {  // files that weren't sampled are like those that were
    folder.totals.record_count += static_cast<std::int64_t>(
        static_cast<double>(sampled_records) * static_cast<double>(other_size) / static_cast<double>(sampled_size));
  }
}

/// The folders with files at or below this one.
void collect(Folder& folder, std::vector<Folder*>& with_files) {
  if (!folder.files.empty()) with_files.push_back(&folder);
  for (auto& [name, child] : folder.children) collect(child, with_files);
}

bool are_one_table(const std::vector<Folder*>& folders, bool ignore_similarity) {
  std::vector<const FileSchema*> schemas;
  for (const auto* folder : folders) {
    if (folder->is_mixed || folder->depth != folders.front()->depth) return false;
    schemas.push_back(&*folder->schema);
  }
  return belong_together(schemas, ignore_similarity);
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Hive writes special characters of partition values as %XX.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (low) {
      plain += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// Parts of a folder's path below the table's folder: "year=2016/month=1/" has two.
std::vector<std::string_view> parts_below(std::string_view path, std::string_view table_folder) {
  std::vector<std::string_view> parts;
  path.remove_prefix(table_folder.size());
  while (!path.empty()) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

/// "year" when every folder of that level is "year=…", otherwise nothing.
std::optional<std::string> common_key(const std::vector<std::vector<std::string_view>>& paths, std::size_t level) {
  std::optional<std::string> key;
  for (const auto& parts : paths) {
    const auto equals = parts[level].find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    auto name = fold_name(parts[level].substr(0, equals));
    if (key && *key != name) return std::nullopt;
    key = std::move(name);
  }
  return key;
}

FoundTable make_table(const Folder& at, const std::vector<Folder*>& folders) {
  FoundTable table;
  table.folder = at.path;
  table.name_source = at.name;
  table.schema = *folders.front()->schema;
  std::vector<std::vector<std::string_view>> paths;
  for (const auto* folder : folders) {
    merge_schema(table.schema, *folder->schema);
    table.totals.object_count += folder->totals.object_count;
    table.totals.size += folder->totals.size;
    table.totals.record_count += folder->totals.record_count;
    paths.push_back(parts_below(folder->path, at.path));
  }
  const auto levels = paths.front().size();
  std::vector<bool> is_named;
  for (std::size_t level = 0; level < levels; ++level) {
    auto key = common_key(paths, level);
    is_named.push_back(key.has_value());
    table.partition_keys.push_back(key ? *std::move(key) : "partition_" + std::to_string(level));
  }
  if (levels == 0) return table;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    FoundPartition partition{{}, folders[i]->path, folders[i]->schema->columns, folders[i]->totals};
    for (std::size_t level = 0; level < levels; ++level) {
      const auto part = paths[i][level];
      auto value = is_named[level] ? unescape(part.substr(part.find('=') + 1)) : std::string(part);
      partition.values.push_back(value.empty() ? "__HIVE_DEFAULT_PARTITION__" : std::move(value));
    }
    table.partitions.push_back(std::move(partition));
  }
  return table;
}

/// A table of one file, as AWS makes them where the files of a folder have nothing in common.
FoundTable make_file_table(const FileFinding& file) {
  FoundTable table;
  table.folder = file.key;
  table.name_source = file.key.substr(file.key.rfind('/') + 1);
  table.schema = *file.schema;
  table.totals = {1, file.size, file.schema->record_count};
  return table;
}

class Grouping {
 public:
  explicit Grouping(const GroupingOptions& options) : options_(options) {}

  std::vector<FoundTable> run(Folder& root) {
    Folder* start = &root;
    // A bucket with a single folder in it: the bucket's name says less than the folder's.
    if (root.path.empty() && root.files.empty() && root.children.size() == 1 &&
        root.children.begin()->first.find('=') == std::string::npos) {
      start = &root.children.begin()->second;
    }
    group(*start);
    return std::move(tables_);
  }

 private:
  void group(Folder& folder) {
    std::vector<Folder*> folders;
    collect(folder, folders);
    if (folders.empty()) return;
    const bool is_above_level = options_.table_level > 0 && folder.depth + 1 < options_.table_level;
    const bool combine =
        options_.combine_compatible_schemas || (options_.table_level > 0 && folder.depth + 1 == options_.table_level);
    if (!is_above_level && are_one_table(folders, combine)) {
      tables_.push_back(make_table(folder, folders));
      return;
    }
    if (folder.is_mixed) {
      for (const auto* file : folder.files) {
        if (file->schema && file->schema->format != FileFormat::unknown) tables_.push_back(make_file_table(*file));
      }
    } else if (!folder.files.empty()) {
      std::vector<Folder*> alone = {&folder};
      tables_.push_back(make_table(folder, alone));
    }
    for (auto& [name, child] : folder.children) group(child);
  }

  const GroupingOptions& options_;
  std::vector<FoundTable> tables_;
};

void settle_all(Folder& folder, bool ignore_similarity) {
  settle(folder, ignore_similarity);
  for (auto& [name, child] : folder.children) settle_all(child, ignore_similarity);
}

}  // namespace

double similarity(const std::vector<InferredColumn>& left, const std::vector<InferredColumn>& right) {
  if (left.empty() && right.empty()) return 1;
  std::map<std::string_view, const HiveType*> types;
  for (const auto& column : left) types.emplace(column.name, &column.type);
  std::size_t common = 0;
  std::size_t together = types.size();
  for (const auto& column : right) {
    const auto found = types.find(column.name);
    if (found == types.end()) {
      ++together;
    } else if (are_compatible(*found->second, column.type)) {
      ++common;
    }
  }
  return static_cast<double>(common) / static_cast<double>(together);
}

void merge_columns(std::vector<InferredColumn>& left, const std::vector<InferredColumn>& right) {
  for (std::size_t i = 0; i < right.size(); ++i) {
    // Usually the same columns in the same order.
    if (i < left.size() && left[i].name == right[i].name) {
      if (left[i].type != right[i].type) left[i].type = widen(left[i].type, right[i].type);
      continue;
    }
    const auto known = std::ranges::find(left, right[i].name, &InferredColumn::name);
    if (known == left.end()) {
      left.push_back(right[i]);
    } else {
      known->type = widen(known->type, right[i].type);
    }
  }
}

std::vector<FoundTable> group_files(const std::vector<FileFinding>& files, const GroupingOptions& options) {
  if (files.size() == 1 && files.front().key == options.root) {
    if (!files.front().schema || files.front().schema->format == FileFormat::unknown) return {};
    return {make_file_table(files.front())};
  }
  Folder root;
  root.path = options.root;
  root.depth = static_cast<int>(std::ranges::count(options.root, '/'));
  root.name = options.bucket;
  if (!options.root.empty()) {
    const auto trimmed = std::string_view(options.root).substr(0, options.root.size() - 1);
    root.name = trimmed.substr(trimmed.rfind('/') + 1);  // npos + 1 is 0
  }
  for (const auto& file : files) {
    Folder* folder = &root;
    auto rest = std::string_view(file.key).substr(options.root.size());
    for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
      const auto part = rest.substr(0, slash);
      auto child = folder->children.find(part);
      if (child == folder->children.end()) {
        child = folder->children.emplace(std::string(part), Folder()).first;
        child->second.path = folder->path + std::string(part) + "/";
        child->second.name = part;
        child->second.depth = folder->depth + 1;
      }
      folder = &child->second;
      rest.remove_prefix(slash + 1);
    }
    folder->files.push_back(&file);
  }
  settle_all(root, options.combine_compatible_schemas);
  return Grouping(options).run(root);
}

}  // namespace tickerlake::glue
