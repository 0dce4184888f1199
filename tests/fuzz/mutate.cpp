#include "mutate.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace tickerlake::fuzz {
namespace {

// Ends of ranges, and characters that mean something in the text formats.
constexpr std::array<unsigned char, 32> telling_bytes = {0,   1,   2,    0x0F, 0x10, 0x7F, 0x80, 0xFF, '\n', '\r', '\t',
                                                         ' ', '"', '\'', '\\', '/',  '<',  '>',  '&',  '%',  '{',  '}',
                                                         '[', ']', '(',  ')',  ',',  ';',  ':',  '=',  '-',  '9'};

class Mutation {
 public:
  Mutation(const std::vector<Buffer>& corpus, std::mt19937_64& random) : corpus_(corpus), random_(random) {}

  Buffer run() {
    if (!corpus_.empty()) bytes_ = corpus_[below(corpus_.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change();
    return std::move(bytes_);
  }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
  std::byte telling() { return std::byte{telling_bytes[below(telling_bytes.size())]}; }
  auto at(std::size_t place) { return bytes_.begin() + static_cast<std::ptrdiff_t>(place); }

  /// A short piece of some bytes, not empty unless they are: half of the time a word, since most formats are text.
  ByteView piece_of(const Buffer& from) {
    if (from.empty()) return {};
    if (below(2) == 0) return word_of(from, below(from.size()));
    const std::size_t start = below(from.size());
    const std::size_t most = std::min<std::size_t>(from.size() - start, below(4) == 0 ? from.size() : 24);
    return ByteView(from).subspan(start, 1 + below(most));
  }
  static bool is_word(std::byte b) { return std::isalnum(std::to_integer<int>(b)) != 0 || b == std::byte{'_'}; }
  static ByteView word_of(const Buffer& from, std::size_t place) {
    std::size_t first = place, end = place + 1;
    if (!is_word(from[place])) return ByteView(from).subspan(place, 1);
    while (first > 0 && is_word(from[first - 1])) --first;
    while (end < from.size() && is_word(from[end])) ++end;
    return ByteView(from).subspan(first, end - first);
  }
  void insert(ByteView piece) {
    const Buffer copy(piece.begin(), piece.end());
    bytes_.insert(at(below(bytes_.size() + 1)), copy.begin(), copy.end());
  }

  void change() {
    if (bytes_.empty()) return insert(std::array{telling()});
    const std::size_t place = below(bytes_.size());
    switch (below(10)) {
      case 0:
        bytes_[place] ^= std::byte{1} << below(8);
        return;
      case 1:
        bytes_[place] = std::byte(static_cast<unsigned char>(below(256)));
        return;
      case 2:
        bytes_[place] = telling();
        return;
      case 3:  // a number's neighbour
        bytes_[place] = std::byte(static_cast<unsigned char>(std::to_integer<unsigned>(bytes_[place]) + below(5) - 2));
        return;
      case 4: {
        const auto gone = piece_of(bytes_);
        const auto start = gone.data() - bytes_.data();
        bytes_.erase(bytes_.begin() + start, bytes_.begin() + start + std::ssize(gone));
        return;
      }
      case 5:
        return insert(piece_of(bytes_));
      case 6:
        return insert(piece_of(corpus_.empty() ? bytes_ : corpus_[below(corpus_.size())]));
      case 7: {  // one word for another
        const ByteView old = word_of(bytes_, place);
        const auto start = bytes_.begin() + (old.data() - bytes_.data());
        const ByteView word = piece_of(corpus_.empty() ? bytes_ : corpus_[below(corpus_.size())]);
        const Buffer copy(word.begin(), word.end());
        bytes_.insert(bytes_.erase(start, start + std::ssize(old)), copy.begin(), copy.end());
        return;
      }
      case 8: {
        const std::array telling_ones = {telling(), telling(), telling(), telling()};
        return insert(ByteView(telling_ones).first(1 + below(telling_ones.size())));
      }
      default: {  // a big-endian length or count at its limits
        constexpr std::array<std::uint32_t, 4> limits = {0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x0000'FFFF};
        std::array<std::byte, 4> number;
        store_big_endian(number.data(), limits[below(limits.size())]);
        std::copy_n(number.begin(), std::min(number.size(), bytes_.size() - place), at(place));
      }
    }
  }

  const std::vector<Buffer>& corpus_;
  std::mt19937_64& random_;
  Buffer bytes_;
};

}  // namespace

Buffer mutate(const std::vector<Buffer>& corpus, std::mt19937_64& random, std::size_t max_size) {
  Buffer bytes = Mutation(corpus, random).run();
  if (bytes.size() > max_size) bytes.resize(max_size);
  return bytes;
}

}  // namespace tickerlake::fuzz
