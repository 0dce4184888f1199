#include "io/faults/disk.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/faults/config.h"
#include "io/faults/raw.h"

namespace faults {
namespace {

constexpr off_t block = 4096;

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
  std::uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::uint64_t random_below(std::uint64_t& state, std::uint64_t limit) { return next_random(state) % limit; }

FileId id_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

bool lies_in(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

void remove_tree(const std::string& path) {
  if (DIR* folder = ::opendir(path.c_str()); folder != nullptr) {
    while (const dirent* entry = ::readdir(folder)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") remove_tree(path + "/" + name);
    }
    ::closedir(folder);
    raw::rmdir(path.c_str());
  } else {
    raw::unlink(path.c_str());
  }
}

}  // namespace

void Disk::start(const std::string& root) {
  root_ = root;
  graves_ = root + ".removed-" + std::to_string(::getpid());
}

Disk::Layer& Disk::layer_of(int descriptor) {
  struct stat status{};
  ::fstat(descriptor, &status);
  Content& content = contents_[id_of(status)];
  if (content.layers.empty()) {
    content.path = path_of(descriptor);
    content.layers.push_back({next_layer_++, status.st_size, {}, {}});
  }
  return content.layers.back();
}

void Disk::save(int descriptor, Layer& layer, off_t from, off_t to) {
  int readable = -1;
  for (off_t at = from / block * block; at < to; at += block) {
    layer.touched.insert(at);
    if (at >= layer.size || layer.saved.contains(at)) continue;
    std::string bytes(static_cast<std::size_t>(std::min(block, layer.size - at)), '\0');
    ssize_t n = readable < 0 ? ::pread(descriptor, bytes.data(), bytes.size(), at) : -1;
    if (n < 0) {  // opened for writing only
      if (readable < 0) readable = raw::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), O_RDONLY);
      n = ::pread(readable, bytes.data(), bytes.size(), at);
    }
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    layer.saved.emplace(at, std::move(bytes));
  }
  if (readable >= 0) raw::close(readable);
}

void Disk::will_write(int descriptor, off_t position, std::size_t length) {
  Layer& layer = layer_of(descriptor);
  save(descriptor, layer, position, position + static_cast<off_t>(length));
}

void Disk::will_truncate(int descriptor, off_t size) {
  Layer& layer = layer_of(descriptor);
  if (size < layer.size) save(descriptor, layer, size, layer.size);
}

std::uint64_t Disk::begin_file_sync(int descriptor) {
  struct stat status{};
  ::fstat(descriptor, &status);
  const auto found = contents_.find(id_of(status));
  if (found == contents_.end()) return 0;
  found->second.layers.push_back({next_layer_++, status.st_size, {}, {}});
  return found->second.layers.back().number;
}

void Disk::end_file_sync(int descriptor, std::uint64_t covered) {
  struct stat status{};
  ::fstat(descriptor, &status);
  const auto found = contents_.find(id_of(status));
  if (found == contents_.end()) return;
  auto& layers = found->second.layers;
  std::erase_if(layers, [&](const Layer& layer) { return layer.number < covered; });
  if (layers.size() == 1 && layers[0].touched.empty() && layers[0].size == status.st_size) contents_.erase(found);
}

FileId Disk::parent_of(const std::string& path) {
  struct stat status{};
  ::stat(path.substr(0, path.rfind('/')).c_str(), &status);
  return id_of(status);
}

void Disk::note(Step step) {
  step.number = next_step_++;
  steps_.push_back(std::move(step));
}

void Disk::created(const std::string& path, bool is_folder) {
  struct stat status{};
  if (!is_folder && ::stat(path.c_str(), &status) == 0) {
    // A number of a file that is gone may be used again.
    contents_[id_of(status)] = {path, {{next_layer_++, 0, {}, {}}}};
  }
  note({is_folder ? Step::made_folder : Step::made, path, {}, {}, parent_of(path), {}, 0});
}

std::string Disk::new_grave() {
  raw::mkdir(graves_.c_str(), 0755);
  return graves_ + "/" + std::to_string(next_grave_++);
}

void Disk::moved(const std::string& from, const std::string& to) {
  for (auto& [id, content] : contents_) {
    if (lies_in(content.path, from)) content.path = to + content.path.substr(from.size());
  }
}

int Disk::remove(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return -1;
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return -1;
  }
  const std::string grave = new_grave();
  const FileId folder = parent_of(path);
  if (raw::rename(path.c_str(), grave.c_str()) != 0) return -1;
  moved(path, grave);
  note({Step::removed, path, {}, grave, folder, {}, 0});
  return 0;
}

int Disk::remove_folder(const std::string& path) {
  if (raw::rmdir(path.c_str()) != 0) return -1;
  note({Step::removed_folder, path, {}, {}, parent_of(path), {}, 0});
  return 0;
}

int Disk::rename(const std::string& from, const std::string& to) {
  struct stat status{};
  std::string grave;
  if (::lstat(to.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
    grave = new_grave();
    if (raw::link(to.c_str(), grave.c_str()) != 0) grave.clear();
  }
  const FileId folder = parent_of(from), other = parent_of(to);
  if (raw::rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    if (!grave.empty()) raw::unlink(grave.c_str());
    errno = error;
    return -1;
  }
  if (!grave.empty()) moved(to, grave);
  moved(from, to);
  note({Step::renamed, from, to, grave, folder, other, 0});
  return 0;
}

void Disk::settle(const Step& step) {
  if (!step.grave.empty()) {
    struct stat status{};
    if (::lstat(step.grave.c_str(), &status) == 0 && status.st_nlink == 1) contents_.erase(id_of(status));
    raw::unlink(step.grave.c_str());
  }
  if (step.kind != Step::renamed) return;
  // The name that was moved away lasts no longer in any case, however it came there; what lies below it has moved.
  std::erase_if(steps_, [&](const Step& earlier) {
    const bool gives_name = earlier.kind == Step::made || earlier.kind == Step::made_folder;
    const std::string& name = earlier.kind == Step::renamed ? earlier.to : earlier.path;
    return earlier.number < step.number && (gives_name || earlier.kind == Step::renamed) && name == step.path;
  });
  for (Step& earlier : steps_) {
    if (earlier.number >= step.number) break;
    for (std::string* path : {&earlier.path, &earlier.to}) {
      if (lies_in(*path, step.path)) *path = step.to + path->substr(step.path.size());
    }
  }
}

void Disk::end_folder_sync(int descriptor, std::uint64_t covered) {
  struct stat status{};
  ::fstat(descriptor, &status);
  const FileId folder = id_of(status);
  const auto lasts = [&](const Step& step) {
    const bool here = step.folder == folder || (step.kind == Step::renamed && step.other_folder == folder);
    return here && step.number < covered;
  };
  std::vector<Step> settled;
  std::ranges::copy_if(steps_, std::back_inserter(settled), lasts);
  std::erase_if(steps_, lasts);
  for (const Step& step : settled) settle(step);
}

void Disk::undo(const Step& step) {
  switch (step.kind) {
    case Step::made:
      raw::unlink(step.path.c_str());
      break;
    case Step::made_folder:
      remove_tree(step.path);
      break;
    case Step::removed:
      raw::rename(step.grave.c_str(), step.path.c_str());
      break;
    case Step::removed_folder:
      raw::mkdir(step.path.c_str(), 0755);
      break;
    case Step::renamed:
      raw::rename(step.to.c_str(), step.path.c_str());
      if (!step.grave.empty()) raw::rename(step.grave.c_str(), step.to.c_str());
      break;
  }
}

void Disk::lose_content(Content& content, bool all, std::uint64_t& random) {
  const int descriptor = raw::open(content.path.c_str(), O_RDWR);
  if (descriptor < 0) return;
  struct stat status{};
  ::fstat(descriptor, &status);
  // The changed blocks as they are now, of which some may have reached the disk.
  std::map<off_t, std::string> now;
  if (!all) {
    for (const Layer& layer : content.layers) {
      for (const off_t at : layer.touched) {
        if (at >= status.st_size) continue;
        std::string bytes(static_cast<std::size_t>(std::min(block, status.st_size - at)), '\0');
        if (::pread(descriptor, bytes.data(), bytes.size(), at) >= 0) now[at] = std::move(bytes);
      }
    }
  }
  for (auto layer = content.layers.rbegin(); layer != content.layers.rend(); ++layer) {
    raw::ftruncate(descriptor, layer->size);
    for (const auto& [at, bytes] : layer->saved) raw::pwrite(descriptor, bytes.data(), bytes.size(), at);
  }
  if (!all) {
    const off_t old_size = content.layers.front().size;
    const off_t low = std::min(old_size, status.st_size), high = std::max(old_size, status.st_size);
    off_t size = low;
    switch (random_below(random, 3)) {
      case 0:
        break;
      case 1:
        size = high;
        break;
      default:
        size = low + static_cast<off_t>(random_below(random, static_cast<std::uint64_t>(high - low) + 1));
    }
    if (size != old_size) raw::ftruncate(descriptor, size);
    static constexpr std::uint64_t shares[] = {0, 50, 90, 100};
    const std::uint64_t share = shares[random_below(random, 4)];
    for (const auto& [at, bytes] : now) {
      if (at >= size || random_below(random, 100) >= share) continue;
      std::size_t length = std::min(bytes.size(), static_cast<std::size_t>(size - at));
      const bool last = at + static_cast<off_t>(length) == size;
      if (last && random_below(random, 2) == 0) length = random_below(random, length + 1);  // torn
      raw::pwrite(descriptor, bytes.data(), length, at);
    }
  }
  raw::close(descriptor);
}

void Disk::lose_power(bool all, std::uint64_t seed) {
  std::uint64_t random = seed;
  for (auto& [id, content] : contents_) lose_content(content, all, random);
  // A journal brings metadata to the disk in its order: some first steps of those that nobody synced may be there.
  const std::size_t kept = all ? 0 : random_below(random, steps_.size() + 1);
  for (std::size_t i = steps_.size(); i-- > kept;) undo(steps_[i]);
  remove_tree(graves_);
}

}  // namespace faults
