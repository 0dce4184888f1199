// Listing objects and uploads in pages, with common prefixes.
#include "services/s3/store/store.h"

namespace tickerlake::s3 {
namespace {

// Walks the entries under `scope` and fills a page: names are given by name_of(index key), items made by item_of.
// `skip` says which names the marker has dealt with; `first` is where to begin.
template <class Item, class NameOf, class ItemOf, class Skip>
ApiResult<Page<Item>> walk(IndexCursor& cursor, std::string_view scope, const std::string& first,
                           const ListQuery& query, NameOf name_of, ItemOf item_of, Skip skip) {
  Page<Item> page;
  if (query.limit == 0) return page;
  cursor.seek(first);
  while (cursor.valid() && cursor.key().starts_with(scope)) {
    const auto name = name_of(cursor.key());
    if (!name || !std::string_view(name->key).starts_with(query.prefix)) break;
    if (skip(*name)) {
      cursor.next();
      continue;
    }
    if (page.items.size() + page.common_prefixes.size() == query.limit) {
      page.truncated = true;
      break;
    }
    if (const auto common = common_prefix_of(name->key, query.prefix, query.delimiter)) {
      page.common_prefixes.emplace_back(*common);
      page.last = *common;
      const auto behind = after_prefix(std::string(scope) += *common);
      if (!behind) break;
      cursor.seek(*behind);
      continue;
    }
    TRY(auto item, item_of(*name, cursor.value()));
    page.items.push_back(std::move(item));
    page.last = name->key;
    cursor.next();
  }
  return page;
}

// The first name behind the marker: the next page begins behind a whole common prefix, not within it.
std::optional<std::string> begin_of(const ListQuery& query) {
  const std::string& marker = query.start_after;
  if (marker < query.prefix) return query.prefix;
  const auto common = common_prefix_of(marker, query.prefix, query.delimiter);
  if (common && common->size() == marker.size()) return after_prefix(marker);
  return marker;
}

}  // namespace

std::optional<std::string_view> common_prefix_of(std::string_view key, std::string_view prefix,
                                                 std::string_view delimiter) {
  if (delimiter.empty() || !key.starts_with(prefix)) return std::nullopt;
  const std::size_t found = key.find(delimiter, prefix.size());
  if (found == std::string_view::npos) return std::nullopt;
  return key.substr(0, found + delimiter.size());
}

ApiResult<Page<ListedObject>> Store::list_objects(std::string_view bucket, const ListQuery& query) const {
  CHECK(this->bucket(bucket));
  const auto begin = begin_of(query);
  if (!begin) return Page<ListedObject>{};
  const std::string scope = keys::objects_of(bucket);
  struct Name {
    std::string_view key;
  };
  const auto cursor = index_->cursor();
  return walk<ListedObject>(
      *cursor, scope, scope + *begin, query,
      [&](std::string_view index_key) { return std::optional(Name{index_key.substr(scope.size())}); },
      [](const Name& name, std::string_view value) -> ApiResult<ListedObject> {
        TRY(auto record, decode_object(value));
        return ListedObject{std::string(name.key), std::move(record)};
      },
      [&](const Name& name) { return !query.start_after.empty() && name.key == query.start_after; });
}

ApiResult<Page<ListedUpload>> Store::list_uploads(std::string_view bucket, const ListQuery& query,
                                                  std::string_view id_marker) const {
  CHECK(this->bucket(bucket));
  const auto begin = begin_of(query);
  if (!begin) return Page<ListedUpload>{};
  const std::string scope = keys::uploads_of(bucket);
  const auto cursor = index_->cursor();
  return walk<ListedUpload>(
      *cursor, scope, scope + *begin, query,
      [&](std::string_view index_key) { return keys::parse_upload(index_key, bucket); },
      [](const keys::UploadName& name, std::string_view value) -> ApiResult<ListedUpload> {
        TRY(auto record, decode_upload(value));
        return ListedUpload{name.key, name.id, std::move(record)};
      },
      [&](const keys::UploadName& name) {
        return !query.start_after.empty() && name.key == query.start_after &&
               (id_marker.empty() || name.id <= id_marker);
      });
}

}  // namespace tickerlake::s3
