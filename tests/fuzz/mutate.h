#pragma once
// Random changes of an input, for the runs without libFuzzer.
#include <random>
#include <vector>

#include "base/bytes.h"

namespace tickerlake::fuzz {

/// One of the corpus with a few changes: bits, bytes and numbers altered, pieces removed, repeated, moved, or taken
/// from another of the corpus. At most max_size bytes. An empty corpus counts as one empty input.
Buffer mutate(const std::vector<Buffer>& corpus, std::mt19937_64& random, std::size_t max_size);

}  // namespace tickerlake::fuzz
