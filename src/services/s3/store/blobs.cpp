#include "services/s3/store/blobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/panic.h"
#include "io/fault_point.h"

namespace tickerlake::s3 {

namespace {

constexpr int max_files_per_folder = 4096;
constexpr std::int64_t write_behind = 8_MiB;  // large blobs go to the disk while they arrive, not all at the end

std::optional<std::uint32_t> parse_folder(const std::string& name) {
  std::uint32_t number = 0;
  if (name.size() != 8) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number, 16);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::vector<std::uint32_t> folders_in(const io::Path& root) {
  std::vector<std::uint32_t> folders;
  std::error_code error;
  for (std::filesystem::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (const auto number = parse_folder(it->path().filename().string())) folders.push_back(*number);
  }
  return folders;
}

}  // namespace

/// One folder and the group commit of its names. Writers share one sync: it covers every name made before it began.
struct BlobFolder {
  explicit BlobFolder(std::uint32_t folder_number) : number(folder_number) {}
  const std::uint32_t number;
  int files = 0;  // protected by Blobs::mutex_

  Mutex mutex;
  Condition synced;
  std::uint64_t requested TL_GUARDED_BY(mutex) = 0;
  std::uint64_t done TL_GUARDED_BY(mutex) = 0;
  bool syncing TL_GUARDED_BY(mutex) = false;
};

void BlobId::encode(std::string& into) const {
  std::array<std::byte, 4> number;
  store_big_endian(number.data(), folder);
  into += as_text(number);
  into += as_text(name);
}

BlobId BlobId::decode(ByteView encoded) {
  ensure(encoded.size() == encoded_size, "a blob id has its size");
  BlobId id;
  id.folder = load_big_endian<std::uint32_t>(encoded.data());
  std::copy(encoded.begin() + 4, encoded.end(), id.name.begin());
  return id;
}

Blob::~Blob() { blobs_.unpin(id_); }

BlobWriter::BlobWriter(BlobWriter&& other) noexcept
    : blobs_(other.blobs_),
      id_(other.id_),
      folder_(std::move(other.folder_)),
      file_(std::move(other.file_)),
      size_(other.size_),
      begun_(other.begun_),
      kept_(std::exchange(other.kept_, true)) {}

BlobWriter::~BlobWriter() {
  if (!kept_) blobs_.remove(id_);
}

Result<void> BlobWriter::write(ByteView bytes) {
  CHECK(file_.write_at(size_, bytes));
  io::fault_point("s3.blob.write.after");
  size_ += static_cast<std::int64_t>(bytes.size());
  if (size_ - begun_ >= write_behind) {
    file_.begin_sync();
    begun_ = size_;
  }
  return {};
}

Result<void> BlobWriter::append(const Blob& from, std::int64_t position, std::int64_t length) {
  CHECK(file_.copy_from(from.file(), position, length, size_));
  size_ += length;
  return {};
}

Result<void> BlobWriter::seal() {
  io::fault_point("s3.blob.seal.before");
  if (file_.is_open()) CHECK(file_.sync());
  io::fault_point("s3.blob.seal.between");  // the bytes are on disk, the name is not
  blobs_.sync_folder(*folder_);
  io::fault_point("s3.blob.seal.after");
  return {};
}

Result<std::unique_ptr<Blobs>> Blobs::open(const io::Path& root, Log log) {
  CHECK(io::make_directories(root));
  const std::vector<std::uint32_t> folders = folders_in(root);
  const std::uint32_t first = folders.empty() ? 1 : *std::max_element(folders.begin(), folders.end()) + 1;
  return std::unique_ptr<Blobs>(new Blobs(root, first, std::move(log)));
}

io::Path Blobs::folder_path(std::uint32_t folder) const { return root_ / fmt::format("{:08x}", folder); }
io::Path Blobs::path(const BlobId& id) const { return folder_path(id.folder) / hex(id.name); }

Result<std::shared_ptr<BlobFolder>> Blobs::folder_for_one_more() {
  MutexLock lock(mutex_);
  if (current_ == nullptr || current_->files >= max_files_per_folder) {
    // Once in thousands of blobs; everybody who waits needs this folder.
    CHECK(io::make_directories(folder_path(next_folder_)));
    current_ = std::make_shared<BlobFolder>(next_folder_++);
  }
  ++current_->files;
  return current_;
}

Result<BlobWriter> Blobs::create() {
  TRY(auto folder, folder_for_one_more());
  BlobId id{.folder = folder->number};
  const Buffer random = random_bytes(id.name.size());
  std::copy(random.begin(), random.end(), id.name.begin());
  TRY(io::File file, io::File::open(path(id), io::File::Mode::create_new));
  io::fault_point("s3.blob.create.after");
  BlobWriter writer(*this, id, std::move(folder));
  writer.file_ = std::move(file);
  return writer;
}

Result<BlobWriter> Blobs::create_link(const Blob& source, std::int64_t size) {
  TRY(auto folder, folder_for_one_more());
  BlobId id{.folder = folder->number};
  const Buffer random = random_bytes(id.name.size());
  std::copy(random.begin(), random.end(), id.name.begin());
  CHECK(io::hard_link(path(source.id()), path(id)));
  BlobWriter writer(*this, id, std::move(folder));
  writer.size_ = size;
  return writer;
}

void Blobs::sync_folder(BlobFolder& folder) {
  std::uint64_t ticket = 0;
  {
    MutexLock lock(folder.mutex);
    ticket = ++folder.requested;
  }
  while (true) {
    std::uint64_t covered = 0;
    {
      MutexLock lock(folder.mutex);
      while (folder.done < ticket && folder.syncing) folder.synced.wait(folder.mutex);
      if (folder.done >= ticket) return;
      folder.syncing = true;
      covered = folder.requested;
    }
    if (const auto synced = io::sync_directory(folder_path(folder.number)); !synced) panic(synced.error().message);
    MutexLock lock(folder.mutex);
    folder.syncing = false;
    folder.done = std::max(folder.done, covered);
    folder.synced.notify_all();
  }
}

Result<std::shared_ptr<const Blob>> Blobs::pin(const BlobId& id) {
  {
    MutexLock lock(mutex_);
    if (!lifecycle_.pin(id)) return fail(ErrorCode::not_found, "the blob has been freed");
  }
  auto file = io::File::open(path(id), io::File::Mode::read);
  if (!file) {
    unpin(id);
    return std::unexpected(std::move(file).error());
  }
  return std::make_shared<const Blob>(*this, id, *std::move(file));
}

void Blobs::unpin(const BlobId& id) {
  {
    MutexLock lock(mutex_);
    if (!lifecycle_.unpin(id)) return;
  }
  remove_freed(id);
}

void Blobs::free(const BlobId& id) {
  {
    MutexLock lock(mutex_);
    if (!lifecycle_.free(id)) return;
  }
  remove_freed(id);
}

void Blobs::remove_freed(const BlobId& id) {
  remove(id);
  MutexLock lock(mutex_);
  lifecycle_.removed(id);
}

Blobs::Counts Blobs::counts() const {
  MutexLock lock(mutex_);
  Counts counts;
  for (const auto& [id, use] : lifecycle_.uses()) {
    counts.pinned += use.readers > 0 ? 1 : 0;
    counts.freed += use.readers > 0 && use.freed ? 1 : 0;
  }
  return counts;
}

void Blobs::remove(const BlobId& id) {
  io::fault_point("s3.blob.free.before");
  if (const auto removed = io::remove_file(path(id)); !removed) log_.warning("{}", removed.error().message);
}

void Blobs::sweep(const std::function<bool(const BlobId&)>& is_named, const std::atomic<bool>& stop) {
  std::int64_t removed = 0;
  for (const std::uint32_t folder : folders_in(root_)) {
    if (folder >= first_folder_) continue;
    bool empty = true;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder_path(folder), error), end; !error && it != end;
         it.increment(error)) {
      if (stop) return;
      const auto name = unhex(it->path().filename().string());
      BlobId id{.folder = folder};
      const bool is_blob = name && name->size() == id.name.size();
      if (is_blob) std::copy(name->begin(), name->end(), id.name.begin());
      if (!is_blob || is_named(id)) {
        empty = false;
        continue;
      }
      free(id);  // the last reader of an object that was replaced meanwhile may still need it
      io::fault_point("s3.blob.sweep.after");
      ++removed;
    }
    if (empty && !error) std::filesystem::remove(folder_path(folder), error);
  }
  if (removed > 0) log_.info("freed {} blobs that no object names (left by an unclean stop)", removed);
}

}  // namespace tickerlake::s3
