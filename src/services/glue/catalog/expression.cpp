#include "services/glue/catalog/expression.h"

#include <algorithm>
#include <cctype>

#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/key_value.h"

namespace tickerlake::glue {
namespace {

enum class Truth { no, unknown, yes };

Truth truth(bool holds) { return holds ? Truth::yes : Truth::no; }
Truth negate(Truth value) { return value == Truth::unknown ? value : truth(value == Truth::no); }

enum class Kind { any_of, all_of, negation, equal, not_equal, less, less_equal, greater, greater_equal, like, is_null };

constexpr int max_depth = 64;  // of parentheses and NOTs

struct Token {
  enum class Type { word, quoted_name, text, number, symbol, end };
  Type type = Type::end;
  std::string text;  // without quotes
  std::size_t at = 0;
};

std::unexpected<Error> fail_at(std::string_view what, const Token& token) {
  return fail(ErrorCode::invalid_argument, "Unsupported expression: " + std::string(what) + " at position " +
                                               std::to_string(token.at + 1) +
                                               (token.type == Token::Type::end ? " (the end)" : ": " + token.text));
}

Result<std::vector<Token>> tokenize(std::string_view text) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
      continue;
    }
    Token token{.type = Token::Type::symbol, .text = {}, .at = i};
    if (c == '\'' || c == '"' || c == '`') {
      token.type = c == '\'' ? Token::Type::text : Token::Type::quoted_name;
      for (++i;; ++i) {
        if (i >= text.size()) return fail_at("a quote that does not end", token);
        if (text[i] == c) {
          if (i + 1 >= text.size() || text[i + 1] != c) break;  // doubled: one quote of the text
          ++i;
        }
        token.text += text[i];
      }
      ++i;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 ||
               ((c == '-' || c == '+' || c == '.') && i + 1 < text.size() &&
                std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0)) {
      token.type = Token::Type::number;
      token.text = c;
      const auto continues = [&](char next) {  // "5e-1" too
        return is_word(next) || next == '.' || (next == '-' && std::tolower(token.text.back()) == 'e');
      };
      while (++i < text.size() && continues(text[i])) token.text += text[i];
    } else if (is_word(c)) {
      token.type = Token::Type::word;
      while (i < text.size() && is_word(text[i])) token.text += text[i++];
    } else {
      token.text = c;
      const auto two = text.substr(i, 2);
      if (two == "<=" || two == ">=" || two == "<>" || two == "!=" || two == "==") token.text = two;
      if (std::string_view("()=<>,").find(c) == std::string_view::npos && token.text.size() == 1) {
        return fail_at("an unknown character", token);
      }
      i += token.text.size();
    }
    tokens.push_back(std::move(token));
  }
  tokens.push_back({.type = Token::Type::end, .text = {}, .at = text.size()});
  return tokens;
}

}  // namespace

struct PartitionFilter::Node {
  Kind kind = Kind::all_of;
  std::vector<std::unique_ptr<const Node>> children;  // of any_of, all_of, negation
  std::size_t key = 0;                                // of the others
  KeyKind key_kind = KeyKind::text;
  KeyValue literal;     // of comparisons
  std::string pattern;  // of like

  Truth test(std::span<const std::string> values) const;
};

namespace {

using Node = PartitionFilter::Node;
using NodePointer = std::unique_ptr<const Node>;

NodePointer combine(Kind kind, NodePointer left, NodePointer right) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  return node;
}
NodePointer invert(NodePointer child) {
  auto node = std::make_unique<Node>();
  node->kind = Kind::negation;
  node->children.push_back(std::move(child));
  return node;
}

std::optional<Kind> comparison(std::string_view symbol) {
  if (symbol == "=" || symbol == "==") return Kind::equal;
  if (symbol == "<>" || symbol == "!=") return Kind::not_equal;
  if (symbol == "<") return Kind::less;
  if (symbol == "<=") return Kind::less_equal;
  if (symbol == ">") return Kind::greater;
  if (symbol == ">=") return Kind::greater_equal;
  return std::nullopt;
}

/// a < b is b > a.
Kind mirrored(Kind kind) {
  switch (kind) {
    case Kind::less:
      return Kind::greater;
    case Kind::less_equal:
      return Kind::greater_equal;
    case Kind::greater:
      return Kind::less;
    case Kind::greater_equal:
      return Kind::less_equal;
    default:
      return kind;
  }
}

/// or := and (OR and)*   and := not (AND not)*   not := NOT not | '(' or ')' | predicate
class Parser {
 public:
  Parser(std::vector<Token> tokens, const std::vector<Column>& keys) : tokens_(std::move(tokens)), keys_(keys) {}

  Result<NodePointer> parse() {
    TRY(auto root, parse_or(0));
    if (here().type != Token::Type::end) return fail_at("something after the end of the expression", here());
    return root;
  }

 private:
  const Token& here() const { return tokens_[next_]; }
  const Token& take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool take_symbol(std::string_view symbol) {
    if (here().type != Token::Type::symbol || here().text != symbol) return false;
    take();
    return true;
  }
  bool is_word(std::string_view lower_case) const {
    return here().type == Token::Type::word && fold_name(here().text) == lower_case;
  }
  bool take_word(std::string_view lower_case) {
    if (!is_word(lower_case)) return false;
    take();
    return true;
  }

  Result<NodePointer> parse_or(int depth) {
    TRY(auto left, parse_and(depth));
    while (take_word("or")) {
      TRY(auto right, parse_and(depth));
      left = combine(Kind::any_of, std::move(left), std::move(right));
    }
    return left;
  }

  Result<NodePointer> parse_and(int depth) {
    TRY(auto left, parse_not(depth));
    while (take_word("and")) {
      TRY(auto right, parse_not(depth));
      left = combine(Kind::all_of, std::move(left), std::move(right));
    }
    return left;
  }

  Result<NodePointer> parse_not(int depth) {
    if (depth > max_depth) return fail_at("too many levels", here());
    if (take_word("not")) {
      TRY(auto child, parse_not(depth + 1));
      return invert(std::move(child));
    }
    if (take_symbol("(")) {
      TRY(auto inner, parse_or(depth + 1));
      if (!take_symbol(")")) return fail_at("')' is missing", here());
      return inner;
    }
    return parse_predicate();
  }

  Result<NodePointer> parse_predicate() {
    if (is_literal()) {  // '2015' < year
      const auto literal = take();
      const auto kind = comparison(here().text);
      if (here().type != Token::Type::symbol || !kind) return fail_at("a comparison is expected", here());
      take();
      TRY(const auto key, parse_key());
      return make_comparison(mirrored(*kind), key, literal);
    }
    TRY(const auto key, parse_key());
    if (here().type == Token::Type::symbol) {
      const auto kind = comparison(here().text);
      if (!kind) return fail_at("a comparison is expected", here());
      take();
      TRY(const auto literal, parse_literal());
      return make_comparison(*kind, key, literal);
    }
    if (take_word("is")) {
      const bool inverted = take_word("not");
      if (!take_word("null")) return fail_at("NULL is expected", here());
      auto node = std::make_unique<Node>();
      node->kind = Kind::is_null;
      node->key = key;
      return inverted ? invert(std::move(node)) : NodePointer(std::move(node));
    }
    const bool inverted = take_word("not");
    TRY(auto node, parse_word_predicate(key));
    return inverted ? invert(std::move(node)) : std::move(node);
  }

  Result<NodePointer> parse_word_predicate(std::size_t key) {
    if (take_word("between")) {
      TRY(const auto low, parse_literal());
      if (!take_word("and")) return fail_at("AND is expected", here());
      TRY(const auto high, parse_literal());
      TRY(auto from, make_comparison(Kind::greater_equal, key, low));
      TRY(auto to, make_comparison(Kind::less_equal, key, high));
      return combine(Kind::all_of, std::move(from), std::move(to));
    }
    if (take_word("like")) {
      TRY(const auto pattern, parse_literal());
      auto node = std::make_unique<Node>();
      node->kind = Kind::like;
      node->key = key;
      node->pattern = pattern.text;
      return node;
    }
    if (take_word("in")) {
      if (!take_symbol("(")) return fail_at("'(' is expected", here());
      auto any = std::make_unique<Node>();
      any->kind = Kind::any_of;
      do {
        TRY(const auto literal, parse_literal());
        TRY(auto equal, make_comparison(Kind::equal, key, literal));
        any->children.push_back(std::move(equal));
      } while (take_symbol(","));
      if (!take_symbol(")")) return fail_at("')' is missing", here());
      return any;
    }
    return fail_at("a comparison is expected", here());
  }

  Result<std::size_t> parse_key() {
    const auto name = here();
    if (name.type != Token::Type::word && name.type != Token::Type::quoted_name) {
      return fail_at("the name of a partition key is expected", name);
    }
    take();
    const auto folded = fold_name(name.text);
    const auto key =
        std::ranges::find_if(keys_, [&](const Column& column) { return fold_name(column.name) == folded; });
    if (key == keys_.end()) return fail_at("not a partition key", name);
    return static_cast<std::size_t>(key - keys_.begin());
  }

  bool is_literal() const { return here().type == Token::Type::text || here().type == Token::Type::number; }

  /// 'text', a number, DATE '…' or TIMESTAMP '…'.
  Result<Token> parse_literal() {
    if (is_word("date") || is_word("timestamp")) take();
    if (!is_literal()) return fail_at("a literal is expected", here());
    return take();
  }

  Result<NodePointer> make_comparison(Kind kind, std::size_t key, const Token& literal) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->key = key;
    node->key_kind = key_kind(keys_[key].type);
    auto value = parse_key_value(node->key_kind, literal.text);
    if (!value) return fail_at("not a value of the type " + keys_[key].type + " of " + keys_[key].name, literal);
    node->literal = *std::move(value);
    return node;
  }

  const std::vector<Token> tokens_;
  const std::vector<Column>& keys_;
  std::size_t next_ = 0;
};

}  // namespace

Truth PartitionFilter::Node::test(std::span<const std::string> values) const {
  if (kind == Kind::any_of || kind == Kind::all_of) {
    const auto decisive = truth(kind == Kind::any_of);
    auto result = negate(decisive);
    for (const auto& child : children) {
      const auto outcome = child->test(values);
      if (outcome == decisive) return decisive;
      if (outcome == Truth::unknown) result = Truth::unknown;
    }
    return result;
  }
  if (kind == Kind::negation) return negate(children.front()->test(values));

  const bool is_missing = key >= values.size() || values[key] == hive_null_partition;
  if (kind == Kind::is_null) return truth(is_missing);
  if (is_missing) return Truth::unknown;
  if (kind == Kind::like) return truth(glue::like(values[key], pattern));
  const auto value = parse_key_value(key_kind, values[key]);
  if (!value) return Truth::unknown;
  const auto order = compare(*value, literal);
  switch (kind) {
    case Kind::equal:
      return truth(order == 0);
    case Kind::not_equal:
      return truth(order != 0);
    case Kind::less:
      return truth(order < 0);
    case Kind::less_equal:
      return truth(order <= 0);
    case Kind::greater:
      return truth(order > 0);
    default:
      return truth(order >= 0);
  }
}

PartitionFilter::PartitionFilter(std::unique_ptr<const Node> root) : root_(std::move(root)) {}
PartitionFilter::~PartitionFilter() = default;
PartitionFilter::PartitionFilter(PartitionFilter&&) noexcept = default;
PartitionFilter& PartitionFilter::operator=(PartitionFilter&&) noexcept = default;

Result<PartitionFilter> PartitionFilter::parse(std::string_view text, const std::vector<Column>& keys) {
  TRY(auto tokens, tokenize(text));
  TRY(auto root, Parser(std::move(tokens), keys).parse());
  return PartitionFilter(std::move(root));
}

bool PartitionFilter::matches(std::span<const std::string> values) const { return root_->test(values) == Truth::yes; }

}  // namespace tickerlake::glue
