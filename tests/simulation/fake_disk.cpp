#include "fake_disk.h"

namespace tickerlake::simulation {

int FakeDisk::open(const std::string& name) {
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  files_.emplace_back();
  const int made = static_cast<int>(files_.size()) - 1;
  change({.removed = "", .made = name, .file_id = made});
  return made;
}

void FakeDisk::write(int file_id, std::size_t position, std::string_view bytes) {
  std::string& content = file(file_id).content;
  content.resize(std::max(content.size(), position + bytes.size()));
  content.replace(position, bytes.size(), bytes);
}

void FakeDisk::apply(const Change& change, std::map<std::string, int>& names) {
  names.erase(change.removed);
  if (!change.made.empty()) names[change.made] = change.file_id;
}

void FakeDisk::change(Change change) {
  apply(change, names_);
  changes_.push_back(std::move(change));
}

void FakeDisk::rename(const std::string& from, const std::string& to) {
  change({.removed = from, .made = to, .file_id = names_.at(from)});
}

void FakeDisk::remove(const std::string& name) {
  if (has(name)) change({.removed = name, .made = "", .file_id = -1});
}

void FakeDisk::sync_names() {
  changes_.clear();
  names_on_disk_ = names_;
}

void FakeDisk::replace(const std::string& name, std::string_view content) {
  files_.push_back({std::string(content), std::string(content)});
  change({.removed = "", .made = name, .file_id = static_cast<int>(files_.size()) - 1});
}

std::vector<int> FakeDisk::unsynced_files() const {
  std::vector<int> unsynced;
  for (const auto& [name, id] : names_) {
    if (file(id).content != file(id).on_disk) unsynced.push_back(id);
  }
  return unsynced;
}

void FakeDisk::lose_power(std::size_t kept_names, const std::vector<Loss>& losses) {
  const std::vector<int> unsynced = unsynced_files();
  for (std::size_t i = 0; i < unsynced.size(); ++i) {
    File& lost = file(unsynced[i]);
    const Loss loss = losses[i];
    const std::size_t size = std::max(lost.content.size(), lost.on_disk.size());
    std::vector<std::size_t> dirty;  // blocks
    for (std::size_t at = 0; at < size; at += block_size) {
      const auto block_of = [&](const std::string& bytes) {
        return at < bytes.size() ? std::string_view(bytes).substr(at, block_size) : std::string_view();
      };
      if (block_of(lost.content) != block_of(lost.on_disk)) dirty.push_back(at);
    }
    std::string left = lost.on_disk;
    for (std::size_t number = 0; number < dirty.size(); ++number) {
      const bool first = number == 0, second = number == 1, last = number + 1 == dirty.size();
      const bool kept = loss == Loss::nothing || (loss == Loss::but_first_block && first) ||
                        (loss == Loss::of_first_block && !first) || (loss == Loss::of_second_block && !second) ||
                        (loss == Loss::of_last_block && !last) ||
                        (static_cast<int>(loss) >= named_losses && (static_cast<int>(loss) >> number % 8 & 1) != 0);
      const std::size_t at = dirty[number];
      if (!kept) continue;
      if (at >= lost.content.size()) {  // it was cut off, and that is kept
        left.resize(std::min(left.size(), std::max(at, lost.content.size())));
        continue;
      }
      const std::string_view block = std::string_view(lost.content).substr(at, block_size);
      if (left.size() < at + block.size()) left.resize(at + block.size());
      left.replace(at, block.size(), block);
      if (at + block_size > lost.content.size()) left.resize(lost.content.size());
    }
    if (loss == Loss::of_content_but_not_size) left.resize(lost.content.size());
    lost.content = left;
    lost.on_disk = std::move(left);
  }
  for (std::size_t i = 0; i < kept_names; ++i) apply(changes_[i], names_on_disk_);
  changes_.clear();
  names_ = names_on_disk_;
  for (const auto& [name, id] : names_) file(id).content = file(id).on_disk;  // names that came back
}

void FakeDisk::add_to(KeyWriter& key) const {
  const auto add_names = [&](const std::map<std::string, int>& names) {
    key << names.size();
    for (const auto& [name, id] : names) key << name << file(id).content << file(id).on_disk;
  };
  add_names(names_);
  add_names(names_on_disk_);
  key << changes_.size();
  for (const Change& change : changes_) {
    key << change.removed << change.made;
    if (change.file_id >= 0) key << file(change.file_id).content << file(change.file_id).on_disk;
  }
}

}  // namespace tickerlake::simulation
