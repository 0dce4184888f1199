#include "services/broker/producer_ids.h"

#include <charconv>

namespace tickerlake::broker {

Result<std::unique_ptr<ProducerIds>> ProducerIds::open(io::Path file) {
  std::int64_t first = 0;
  if (std::filesystem::exists(file)) {
    TRY(const std::string text, io::read_file(file));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), first);
    if (error != std::errc{} || end == text.data() || first < 0) {
      return fail(ErrorCode::corrupt, file.string() + " does not hold a producer id");
    }
  }
  return std::unique_ptr<ProducerIds>(new ProducerIds(std::move(file), first));
}

Result<ProducerId> ProducerIds::next() {
  MutexLock lock(mutex_);
  if (next_ == reserved_until_) {
    CHECK(io::write_file_atomically(file_, std::to_string(next_ + block_size) + "\n"));
    reserved_until_ = next_ + block_size;
  }
  return ProducerId(next_++);
}

}  // namespace tickerlake::broker
