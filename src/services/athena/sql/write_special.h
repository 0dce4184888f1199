#pragma once
// Functions that a pattern cannot say: how they are written depends on literal arguments, units or lambdas.
#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {

constexpr int max_generated_entries = 10'000;  // of sequence and repeat, as in Trino
constexpr int max_padded_length = 100'000;     // of lpad and rpad, in characters
constexpr int max_reduced_bytes = 262'144;     // of a text or binary that reduce works on
constexpr int max_reduced_elements = 100'000;  // of an array that it works on

using SpecialFunction = Written<Typed> (*)(Writer&, const FunctionCall&, const Scope&);

/// nullptr if the function is not special.
SpecialFunction special_function(std::string_view name);
std::vector<std::string_view> special_function_names();

/// The type that a return specification (functions.h) means for these arguments.
Type returned_type(std::string_view spec, const std::vector<Typed>& arguments);

/// MySQL's date patterns (%Y-%m-%d %H:%i) as strftime's, and Joda's (yyyy-MM-dd HH:mm) likewise; nullopt for what has
/// no counterpart.
std::optional<std::string> strftime_of_mysql(std::string_view pattern);
std::optional<std::string> strftime_of_joda(std::string_view pattern);

struct SpecialEntry {
  std::string_view name;
  SpecialFunction function;
};
std::span<const SpecialEntry> special_conditionals();
std::span<const SpecialEntry> special_texts();
std::span<const SpecialEntry> special_dates();
std::span<const SpecialEntry> special_collections();
std::span<const SpecialEntry> special_generators();

/// What special functions may use of the writer.
struct SpecialFunctions {
  static Written<Typed> argument(Writer& w, const FunctionCall& node, std::size_t index, const Scope& scope) {
    return w.expression(*node.arguments[index], scope);
  }
  static Written<std::vector<Typed>> arguments(Writer& w, const FunctionCall& node, const Scope& scope) {
    return w.list(node.arguments, scope);
  }
  static Written<Typed> lambda(Writer& w, const Lambda& node, const std::vector<Typed>& parameters, bool bound,
                               const Scope& scope) {
    return w.lambda(node, parameters, bound, scope);
  }
  static Typed cast_to(Writer& w, Typed from, const Type& to) { return w.cast_to(std::move(from), to, w.trying_ > 0); }
  static std::string to_text(Writer& w, const Typed& value) { return w.to_text(value); }
  static std::string raise(Writer& w, std::string_view message) { return w.raise(message); }
  static std::string parameter(Writer& w, std::string_view stem) { return w.parameter_name(stem); }
  static Written<Typed> arithmetic(Writer& w, BinaryOperator op, Typed a, Typed b, Position where,
                                   const Expression* divisor) {
    return w.arithmetic(op, std::move(a), std::move(b), where, divisor);
  }
  static Written<Typed> concat(Writer& w, Typed a, Typed b) { return w.concat(std::move(a), std::move(b)); }
  static Written<void> comparable(Writer& w, std::string_view op, const Type& a, const Type& b, Position where) {
    return w.comparable(op, a, b, where);
  }
  static void enter_try(Writer& w) { ++w.trying_; }
  static void leave_try(Writer& w) { --w.trying_; }
  /// The error for a call whose number of arguments is not among those allowed.
  static std::unexpected<SyntaxError> wrong_count(const FunctionCall& node) {
    return std::unexpected(SyntaxError{node.name.position.line, node.name.position.column,
                                       "Unexpected number of parameters (" + std::to_string(node.arguments.size()) +
                                           ") for function " + node.name.text,
                                       SyntaxErrorKind::type_mismatch});
  }
  static std::unexpected<SyntaxError> wrong(const FunctionCall& node, std::string message,
                                            SyntaxErrorKind kind = SyntaxErrorKind::type_mismatch) {
    return std::unexpected(SyntaxError{node.name.position.line, node.name.position.column, std::move(message), kind});
  }
  /// The text of a string literal argument; nullptr if it is something else.
  static const std::string* literal(const FunctionCall& node, std::size_t index) {
    const auto* text = index < node.arguments.size() ? node.arguments[index]->as<StringLiteral>() : nullptr;
    return text != nullptr ? &text->value : nullptr;
  }
};

}  // namespace tickerlake::athena::sql
