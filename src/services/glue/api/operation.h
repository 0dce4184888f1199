#pragma once
// What the files of operations share: validated input in, Glue's errors out.
#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "aws/json_service.h"
#include "base/result.h"
#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/fields.h"

namespace tickerlake::glue {

/// One operation: reads its input (all of it, then CHECK(valid(input))), acts on its subject, answers.
template <class Subject>
using Operation = aws::JsonResult (*)(Subject& subject, const aws::Caller& caller, const Fields& input);

/// ValidationException or SerializationException for what reading the input found.
inline std::expected<void, aws::JsonError> valid(const Fields& input) {
  if (input.error()) return std::unexpected(*input.error());
  return {};
}

/// Glue's exception for a failure, by its code; the one table of them.
aws::JsonError glue_error(Error error);

template <class T>
std::expected<T, aws::JsonError> answer(Result<T> result) {
  if (!result) return std::unexpected(glue_error(std::move(result).error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

/// {"ErrorCode": …, "ErrorMessage": …}, Glue's ErrorDetail in answers to batches.
boost::json::object error_detail(const Error& error);

/// Refuses a CatalogId that isn't the caller's account.
std::expected<void, aws::JsonError> check_catalog(const aws::Caller& caller, const boost::json::object& input);

/// Subject must outlive the service.
template <class Subject>
void add(aws::JsonService& service, std::string name, Subject& subject, Operation<Subject> operation) {
  service.add(std::move(name),
              [&subject, operation](const aws::Caller& caller, const boost::json::object& body) -> aws::JsonResult {
                CHECK(check_catalog(caller, body));
                Fields::FirstError first_error;
                return operation(subject, caller, Fields(body, first_error));
              });
}

/// NextToken and MaxResults.
PageRequest page_from(const Fields& input, std::size_t most, std::size_t usual);
void add_token(boost::json::object& answer, const std::string& next_token);

/// The groups of operations, one file each.
void add_database_operations(aws::JsonService& service, Catalog& catalog);
void add_table_operations(aws::JsonService& service, Catalog& catalog);
void add_table_version_operations(aws::JsonService& service, Catalog& catalog);
void add_search_operations(aws::JsonService& service, Catalog& catalog);
void add_partition_operations(aws::JsonService& service, Catalog& catalog);
void add_partition_batch_operations(aws::JsonService& service, Catalog& catalog);
void add_partition_index_operations(aws::JsonService& service, Catalog& catalog);
void add_statistics_operations(aws::JsonService& service, Catalog& catalog);
void add_classifier_operations(aws::JsonService& service, Catalog& catalog);
void add_tag_operations(aws::JsonService& service, Catalog& catalog);
void add_account_operations(aws::JsonService& service, Catalog& catalog);
class Crawlers;
void add_crawler_operations(aws::JsonService& service, Crawlers& crawlers);
void add_crawl_operations(aws::JsonService& service, Crawlers& crawlers);

}  // namespace tickerlake::glue
