#pragma once
// How many connections one address may have, and how many may be there that have not said yet who they are.
#include <map>
#include <optional>
#include <string>

#include "base/mutex.h"

namespace tickerlake::broker {

/// At once, over all listeners: they must not keep those out who have authenticated.
inline constexpr int max_unauthenticated_connections = 1024;

/// Thread-safe. The mutex is a leaf.
class Admission {
 public:
  /// most_per_address: 0 for no limit.
  explicit Admission(int most_per_address) : most_per_address_(most_per_address) {}

  /// A connection's place, given back at the end of its life.
  class Place {
   public:
    Place(Admission& admission, std::string address) : admission_(&admission), address_(std::move(address)) {}
    Place(Place&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)),
          address_(std::move(other.address_)),
          unauthenticated_(other.unauthenticated_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (admission_ == nullptr) return;
      authenticated();
      admission_->leave(address_);
    }
    /// From now on it is not counted among the strangers.
    void authenticated() {
      if (std::exchange(unauthenticated_, false)) admission_->introduce();
    }

   private:
    Admission* admission_;
    const std::string address_;
    bool unauthenticated_ = true;
  };

  /// Nothing when there is no place.
  std::optional<Place> enter(const std::string& address) TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (unauthenticated_ >= max_unauthenticated_connections) return std::nullopt;
    int& count = by_address_[address];
    if (most_per_address_ > 0 && count >= most_per_address_) return std::nullopt;
    ++count;
    ++unauthenticated_;
    return std::optional<Place>(std::in_place, *this, address);
  }

 private:
  void introduce() TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    --unauthenticated_;
  }
  void leave(const std::string& address) TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    const auto at = by_address_.find(address);
    if (--at->second == 0) by_address_.erase(at);
  }

  const int most_per_address_;
  Mutex mutex_;
  int unauthenticated_ TL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int> by_address_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
