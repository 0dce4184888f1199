#include "services/athena/sql/lexer.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tickerlake::athena::sql {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// Hive's escapes: \t \n \r \0 \b \Z \\ \' \" \% \_ \uXXXX and \ooo (octal); any other character stands for itself.
std::string decode_hive(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c >= '0' && c <= '3' && i + 2 < text.size() && is_digit(text[i + 1]) && is_digit(text[i + 2])) {
      out += static_cast<char>((c - '0') * 64 + (text[i + 1] - '0') * 8 + (text[i + 2] - '0'));
      i += 2;
    } else if (c == 'u' && i + 4 < text.size() &&
               std::all_of(text.begin() + i + 1, text.begin() + i + 5, [](char h) { return hex_digit(h) >= 0; })) {
      std::uint32_t code = 0;
      for (int k = 1; k <= 4; ++k) code = code * 16 + static_cast<std::uint32_t>(hex_digit(text[i + k]));
      append_utf8(out, code);
      i += 4;
    } else {
      switch (c) {
        case 't':
          out += '\t';
          break;
        case 'n':
          out += '\n';
          break;
        case 'r':
          out += '\r';
          break;
        case 'b':
          out += '\b';
          break;
        case '0':
          out += '\0';
          break;
        case 'Z':
          out += '\x1a';
          break;
        case '%':
          out += "\\%";
          break;
        case '_':
          out += "\\_";
          break;
        default:
          out += c;
      }
    }
  }
  return out;
}

class Lexer {
 public:
  Lexer(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    tokens.reserve(text_.size() / 4 + 1);
    do {
      tokens.push_back(next());
    } while (tokens.back().kind != Token::Kind::end);
    return tokens;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool more() const { return at_ < text_.size(); }
  void advance(std::size_t count) {
    for (; count > 0 && more(); --count) {
      if (text_[at_++] == '\n') {
        ++line_;
        line_start_ = at_;
      }
    }
  }

  /// False if a block comment has no end.
  bool skip_blanks() {
    while (more()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f') {
        advance(1);
      } else if (c == '-' && peek(1) == '-') {
        while (more() && peek() != '\n') advance(1);
      } else if (c == '/' && peek(1) == '*') {
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return false;
        advance(end + 2 - at_);
      } else {
        break;
      }
    }
    return true;
  }

  Token token(Token::Kind kind, std::size_t length) {
    Token t{kind, text_.substr(at_, length), {}, {line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)}, at_};
    advance(length);
    return t;
  }

  /// Length of a literal from at_ + prefix (its opening quote) to behind its closing quote; 0 if it has no end.
  std::size_t quoted_length(std::size_t prefix, bool backslashes) const {
    const char quote = peek(prefix);
    for (std::size_t i = prefix + 1; at_ + i < text_.size(); ++i) {
      const char c = peek(i);
      if (backslashes && c == '\\') {
        ++i;
      } else if (c == quote) {
        if (peek(i + 1) != quote) return i + 1;
        ++i;
      }
    }
    return 0;
  }

  static std::string without_doubled(std::string_view inner, char quote) {
    std::string out;
    for (std::size_t i = 0; i < inner.size(); ++i) {
      out += inner[i];
      if (inner[i] == quote && i + 1 < inner.size() && inner[i + 1] == quote) ++i;
    }
    return out;
  }

  Token quoted(std::size_t prefix, Token::Kind kind) {
    const bool hive_string = dialect_ == Dialect::hive && peek(prefix) != '`';
    const auto length = quoted_length(prefix, hive_string);
    if (length == 0) return token(Token::Kind::invalid, text_.size() - at_);
    const char quote = peek(prefix);
    auto t = token(kind, length);
    const auto inner = t.raw.substr(prefix + 1, length - prefix - 2);
    t.value = hive_string ? decode_hive(without_doubled(inner, quote)) : without_doubled(inner, quote);
    return t;
  }

  Token binary() {
    auto t = quoted(1, Token::Kind::binary);
    if (t.kind == Token::Kind::invalid) return t;
    std::string bytes;
    int high = -1;
    for (const char c : t.value) {
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
      const int digit = hex_digit(c);
      if (digit < 0) return t.kind = Token::Kind::invalid, t;
      if (high < 0) {
        high = digit;
      } else {
        bytes += static_cast<char>(high * 16 + digit);
        high = -1;
      }
    }
    if (high >= 0) t.kind = Token::Kind::invalid;
    t.value = std::move(bytes);
    return t;
  }

  Token number() {
    std::size_t n = 0;
    auto kind = Token::Kind::integer;
    const auto digits = [&] {
      while (is_digit(peek(n)) || (peek(n) == '_' && n > 0 && is_digit(peek(n - 1)) && is_digit(peek(n + 1)))) ++n;
    };
    digits();
    if (peek(n) == '.' && !(peek(n + 1) == '.')) {
      kind = Token::Kind::decimal;
      ++n;
      digits();
    }
    if (lower(peek(n)) == 'e') {
      const std::size_t sign = peek(n + 1) == '+' || peek(n + 1) == '-' ? 1 : 0;
      if (is_digit(peek(n + 1 + sign))) {
        kind = Token::Kind::number;
        n += 1 + sign;
        while (is_digit(peek(n))) ++n;
      }
    }
    // Hive names may start with digits (2016_prices); Trino's may not.
    if (is_letter(peek(n))) {
      const bool name = kind == Token::Kind::integer && dialect_ == Dialect::hive;
      while (is_letter(peek(n)) || is_digit(peek(n))) ++n;
      return token(name ? Token::Kind::word : Token::Kind::invalid, n);
    }
    auto t = token(kind, n);
    t.value = t.raw;
    std::erase(t.value, '_');
    return t;
  }

  Token next() {
    if (!skip_blanks()) return token(Token::Kind::invalid, text_.size() - at_);
    if (!more()) return token(Token::Kind::end, 0);
    const char c = peek();
    if ((c == 'x' || c == 'X') && peek(1) == '\'') return binary();
    if ((c == 'u' || c == 'U') && peek(1) == '&' && peek(2) == '\'') return quoted(2, Token::Kind::unicode_string);
    if (is_letter(c)) {
      std::size_t n = 1;
      while (is_letter(peek(n)) || is_digit(peek(n))) ++n;
      return token(Token::Kind::word, n);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '\'') return quoted(0, Token::Kind::string);
    if (c == '"') return quoted(0, dialect_ == Dialect::hive ? Token::Kind::string : Token::Kind::quoted_name);
    if (c == '`') return quoted(0, dialect_ == Dialect::hive ? Token::Kind::quoted_name : Token::Kind::backquoted_name);
    static constexpr std::array<std::string_view, 8> pairs = {"<>", "!=", "<=", ">=", "||", "->", "=>", "::"};
    for (const auto pair : pairs)
      if (text_.substr(at_, 2) == pair) return token(pair == "::" ? Token::Kind::invalid : Token::Kind::symbol, 2);
    static constexpr std::string_view singles = "()[],.;=<>+-*/%?:{}|";
    return token(singles.find(c) == std::string_view::npos ? Token::Kind::invalid : Token::Kind::symbol, 1);
  }

  std::string_view text_;
  Dialect dialect_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text, Dialect dialect) { return Lexer(text, dialect).run(); }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool decode_unicode_escapes(std::string_view text, char escape, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != escape) {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == escape) {
      out += escape;
      ++i;
      continue;
    }
    std::size_t digits = 4;
    if (i + 1 < text.size() && text[i + 1] == '+') {
      digits = 6;
      ++i;
    }
    if (i + digits >= text.size()) return false;
    std::uint32_t code = 0;
    for (std::size_t k = 1; k <= digits; ++k) {
      const int digit = hex_digit(text[i + k]);
      if (digit < 0) return false;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    append_utf8(out, code);
    i += digits;
  }
  return true;
}

Dialect dialect_of(std::string_view text) {
  // Only the first words decide; a lexer of the short head would have to know where it ends, so it reads all of it.
  const auto tokens = tokenize(text.substr(0, 4096), Dialect::trino);
  const auto word = [&](std::size_t i) {
    return i < tokens.size() && tokens[i].kind == Token::Kind::word ? to_lower(tokens[i].raw) : std::string();
  };
  const auto first = word(0);
  const auto second = word(1);
  if (first == "msck" || first == "alter" || first == "describe" || first == "desc") return Dialect::hive;
  if (first == "drop") return Dialect::hive;
  if (first == "show") return Dialect::hive;
  if (first == "create") {
    if (second == "external" || second == "database" || second == "schema") return Dialect::hive;
    if (second == "table") {
      // CREATE TABLE … AS query and … WITH (…) AS are Trino's; a list of columns makes it Hive's (Iceberg tables).
      for (std::size_t i = 2; i < tokens.size(); ++i) {
        const auto& t = tokens[i];
        if (t.is_symbol("(")) {
          // CTAS may list column aliases only: no type follows the first name.
          return i + 2 < tokens.size() && (tokens[i + 2].is_symbol(",") || tokens[i + 2].is_symbol(")"))
                     ? Dialect::trino
                     : Dialect::hive;
        }
        if (word(i) == "as" || word(i) == "with") return Dialect::trino;
      }
    }
  }
  return Dialect::trino;
}

bool is_reserved(std::string_view word) {
  static constexpr std::array<std::string_view, 74> words = {"alter",
                                                             "and",
                                                             "as",
                                                             "between",
                                                             "by",
                                                             "case",
                                                             "cast",
                                                             "constraint",
                                                             "create",
                                                             "cross",
                                                             "cube",
                                                             "current_catalog",
                                                             "current_date",
                                                             "current_path",
                                                             "current_role",
                                                             "current_schema",
                                                             "current_time",
                                                             "current_timestamp",
                                                             "current_user",
                                                             "deallocate",
                                                             "delete",
                                                             "describe",
                                                             "distinct",
                                                             "drop",
                                                             "else",
                                                             "end",
                                                             "escape",
                                                             "except",
                                                             "execute",
                                                             "exists",
                                                             "extract",
                                                             "false",
                                                             "for",
                                                             "from",
                                                             "full",
                                                             "group",
                                                             "grouping",
                                                             "having",
                                                             "in",
                                                             "inner",
                                                             "insert",
                                                             "intersect",
                                                             "into",
                                                             "is",
                                                             "join",
                                                             "json_array",
                                                             "json_exists",
                                                             "json_object",
                                                             "json_query",
                                                             "json_value",
                                                             "left",
                                                             "like",
                                                             "listagg",
                                                             "localtime",
                                                             "localtimestamp",
                                                             "natural",
                                                             "normalize",
                                                             "not",
                                                             "null",
                                                             "on",
                                                             "or",
                                                             "order",
                                                             "outer",
                                                             "prepare",
                                                             "recursive",
                                                             "right",
                                                             "rollup",
                                                             "select",
                                                             "skip",
                                                             "table",
                                                             "then",
                                                             "trim",
                                                             "true",
                                                             "uescape"};
  static constexpr std::array<std::string_view, 8> more = {"union", "unnest", "using", "values",
                                                           "when",  "where",  "with",  "json_table"};
  const auto text = to_lower(word);
  return std::find(words.begin(), words.end(), text) != words.end() ||
         std::find(more.begin(), more.end(), text) != more.end();
}

}  // namespace tickerlake::athena::sql
