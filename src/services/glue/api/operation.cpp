#include "services/glue/api/operation.h"

namespace tickerlake::glue {
namespace {

struct Exception {
  const char* type;
  int status;
};

Exception exception_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return {"InvalidInputException", 400};
    case ErrorCode::not_found:
      return {"EntityNotFoundException", 400};
    case ErrorCode::already_exists:
      return {"AlreadyExistsException", 400};
    case ErrorCode::conflict:
      return {"ConcurrentModificationException", 400};
    case ErrorCode::unauthorized:
      return {"AccessDeniedException", 400};
    case ErrorCode::unsupported:
      return {"OperationNotSupportedException", 400};
    case ErrorCode::exhausted:
      return {"ResourceNumberLimitExceededException", 400};
    case ErrorCode::timeout:
      return {"OperationTimeoutException", 400};
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::unavailable:
    case ErrorCode::cancelled:
    case ErrorCode::internal:
      return {"InternalServiceException", 500};
  }
  return {"InternalServiceException", 500};
}

}  // namespace

aws::JsonError glue_error(Error error) {
  const auto exception = exception_for(error.code);
  return {exception.type, std::move(error.message), exception.status};
}

boost::json::object error_detail(const Error& error) {
  return {{"ErrorCode", exception_for(error.code).type}, {"ErrorMessage", error.message}};
}

std::expected<void, aws::JsonError> check_catalog(const aws::Caller& caller, const boost::json::object& input) {
  const auto* id = input.if_contains("CatalogId");
  if (id == nullptr || !id->is_string()) return {};
  const std::string_view given(id->get_string());
  if (given == caller.account_id) return {};
  return aws::json_fail("EntityNotFoundException", "Catalog " + std::string(given) + " not found.");
}

PageRequest page_from(const Fields& input, std::size_t most, std::size_t usual) {
  PageRequest page;
  page.token = input.text("NextToken");
  page.limit = static_cast<std::size_t>(
      input.integer("MaxResults", static_cast<std::int64_t>(usual), 1, static_cast<std::int64_t>(most)));
  return page;
}

void add_token(boost::json::object& answer, const std::string& next_token) {
  if (!next_token.empty()) answer.emplace("NextToken", next_token);
}

}  // namespace tickerlake::glue
