#pragma once
// Expected failures are values: a function that can fail for a reason outside the program returns Result<T>.
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tickerlake {

/// What kind of failure it was, for the caller's decision; the message is for people.
enum class ErrorCode {
  invalid_argument,  // the caller's input is wrong; trying again does not help
  not_found,
  already_exists,  // or: a condition such as If-None-Match did not hold
  conflict,        // somebody else is changing the same thing: try again
  unauthorized,
  unsupported,  // valid, but not something this program does
  corrupt,      // bytes that should be well-formed are not
  exhausted,    // a limit, a quota, a full disk
  io,           // the operating system or the network said no
  unavailable,  // the peer is not there (now)
  timeout,
  cancelled,
  internal,
};

/// The code's name, as logs and JSON show it ("not_found").
const char* name(ErrorCode code);

/// A failure. The message names what, where and, when it is known, what to do.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  /// The same failure told from one level up: "context: message".
  Error within(std::string_view context) && { return {code, std::string(context) + ": " + message}; }
};

template <class T, class E = Error>
using Result = std::expected<T, E>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

/// ErrorCode::io (or exhausted for ENOSPC/EDQUOT/EMFILE) with errno's text: "what: No such file or directory".
std::unexpected<Error> fail_errno(std::string_view what, int error_number);

}  // namespace tickerlake

#define TL_CONCAT_(a, b) a##b
#define TL_CONCAT(a, b) TL_CONCAT_(a, b)

/// TRY(auto file, File::open(path));   returns the error to the caller, or declares the value.
#define TRY(declaration, expression)                                                                                  \
  auto TL_CONCAT(try_result_, __LINE__) = (expression);                                                               \
  if (!TL_CONCAT(try_result_, __LINE__)) return std::unexpected(std::move(TL_CONCAT(try_result_, __LINE__).error())); \
  declaration = *std::move(TL_CONCAT(try_result_, __LINE__))

/// CHECK(file.sync());   returns the error to the caller; for Result<void>, or where the value is not needed.
#define CHECK(expression)                                                       \
  do {                                                                          \
    auto check_result = (expression);                                           \
    if (!check_result) return std::unexpected(std::move(check_result).error()); \
  } while (false)
