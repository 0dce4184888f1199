#include "store_world.h"

#include <fmt/format.h>

namespace tickerlake::simulation {

using s3::BlobId;

namespace {

constexpr std::uint16_t unsealed_are_lost = 1, failed_commit_is_there = 2;  // a crash's detail

std::string text(const BlobId& id) { return fmt::format("blob {} of run {}", static_cast<int>(id.name[0]), id.folder); }

}  // namespace

StoreWorld::StoreWorld(Options options)
    : options_(options),
      writers_(static_cast<std::size_t>(options.writers)),
      readers_(static_cast<std::size_t>(options.readers)) {}

void StoreWorld::offer(Steps& steps) const {
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    const auto actor = static_cast<std::uint8_t>(i);
    const auto& writer = writers_[i];
    if (!writer) {
      if (writes_ == options_.writes) continue;
      for (std::uint16_t kind = 0; kind < 4; ++kind) steps.push_back({actor, write, kind});
      continue;
    }
    steps.push_back({actor, go});
    if (writer->stage <= Writer::committing && writer->kind != Kind::remove) steps.push_back({actor, abandon});
    if (options_.has_failing_commits && writer->stage == Writer::committing) steps.push_back({actor, fail_commit});
  }
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    const auto actor = static_cast<std::uint8_t>(100 + i);
    if (readers_[i]) {
      steps.push_back({actor, go});
    } else if (reads_ < options_.reads) {
      steps.push_back({actor, read});
    }
  }
  if (sweep_) steps.push_back({200, go});
  if (crashes_ == options_.crashes) return;
  for (std::uint16_t detail = 0; detail < 4; ++detail) {
    if ((detail & failed_commit_is_there) != 0 && !maybe_) continue;
    if ((detail & unsealed_are_lost) == 0) steps.push_back({201, kill, detail});
    steps.push_back({201, power_loss, detail});
  }
}

std::string StoreWorld::tell(const Step& step) const {
  static constexpr const char* kinds[] = {"PUT", "PUT with If-None-Match: *", "PUT with If-Match", "DELETE"};
  if (step.action == kill || step.action == power_loss) {
    std::string what = step.action == kill ? "the server is killed" : "the power goes";
    if ((step.detail & unsealed_are_lost) != 0) what += ", blobs that were not sealed are lost";
    if ((step.detail & failed_commit_is_there) != 0) what += ", the failed commit is in the log";
    return what + "; it starts again";
  }
  if (step.actor == 200) {
    if (!sweep_->has_names) return "the sweep collects the blobs that are named";
    if (sweep_->removing) return "the sweep removes " + text(*sweep_->removing);
    return sweep_->left.empty() ? "the sweep is over" : "the sweep looks at " + text(sweep_->left.front());
  }
  if (step.actor >= 100) {
    const std::string who = fmt::format("reader {}", step.actor - 100);
    if (step.action == read) return who + " comes";
    const Reader& reader = *readers_[step.actor - 100u];
    switch (reader.stage) {
      case Reader::finding:
        return who + (index_ ? " finds " + text(index_->blob) + " in the index" : " finds no object");
      case Reader::pinning:
        return who + " pins " + text(reader.record.blob);
      case Reader::opening:
        return who + " opens its file";
      case Reader::reading:
        return who + " reads on";
      case Reader::leaving:
        return who + " leaves";
      case Reader::removing:
        return who + " was the last and removes " + text(reader.record.blob);
    }
  }
  const std::string who = fmt::format("writer {}", step.actor);
  switch (step.action) {
    case write:
      return who + ": " + kinds[step.detail] + " begins";
    case abandon:
      return who + "'s client goes away";
    case fail_commit:
      return who + "'s commit fails; whether it is in the log is unknown";
    default:
      break;
  }
  const Writer& writer = *writers_[step.actor];
  switch (writer.stage) {
    case Writer::begin:
      return who + " writes its blob";
    case Writer::sealing:
      return who + " seals " + text(writer.blob);
    case Writer::committing:
      return who + (is_allowed(writer) ? " commits" : " is refused: its condition does not hold");
    case Writer::freeing:
      return who + " frees " + text(*writer.replaced);
    case Writer::removing:
      return who + " removes " + text(*writer.replaced);
  }
  return who;
}

void StoreWorld::take(const Step& step) {
  switch (step.action) {
    case write: {
      Writer writer;
      writer.kind = static_cast<Kind>(step.detail);
      writer.number = ++writes_;
      writer.seen = index_ ? index_->content : 0;
      if (writer.kind == Kind::remove) writer.stage = Writer::committing;
      if (is_allowed(writer)) writers_[step.actor] = writer;  // a doomed one fails before its body is sent
      break;
    }
    case read:
      ++reads_;
      readers_[step.actor - 100u].emplace();
      break;
    case abandon:
      files_.erase(writers_[step.actor]->blob);
      writers_[step.actor].reset();
      break;
    case fail_commit: {
      Writer& writer = *writers_[step.actor];
      if (is_allowed(writer)) {
        maybe_.emplace();
        if (writer.kind != Kind::remove) *maybe_ = Record{writer.blob, writer.number};
        orphans_[writer.blob] = true;
        if (options_.without == Without::blob_of_failed_commit) files_.erase(writer.blob);
      } else {
        files_.erase(writer.blob);
      }
      writers_[step.actor].reset();
      break;
    }
    case kill:
    case power_loss:
      ++crashes_;
      restart(step.action == power_loss, step.detail);
      break;
    default:
      if (step.actor == 200) {
        go_on(*sweep_);
      } else if (step.actor >= 100) {
        go_on(readers_[step.actor - 100u]);
      } else {
        go_on(writers_[step.actor]);
      }
  }
  check();
}

s3::WriteConditions StoreWorld::conditions(const Writer& writer) const {
  s3::WriteConditions conditions;
  conditions.if_none_match = writer.kind == Kind::put_if_none;
  if (writer.kind == Kind::put_if_match) conditions.if_match = std::to_string(writer.seen);
  return conditions;
}

bool StoreWorld::is_allowed(const Writer& writer) const {
  std::optional<s3::ObjectRecord> present;
  if (index_) {
    present.emplace();
    present->etag = std::to_string(index_->content);
  }
  return s3::check_conditions(conditions(writer), present).has_value();
}

/// Store::commit() and remove_object(), step by step.
void StoreWorld::go_on(std::optional<Writer>& writer) {
  switch (writer->stage) {
    case Writer::begin:
      writer->blob.folder = run_;
      writer->blob.name[0] = static_cast<std::byte>(writer->number);
      files_[writer->blob] = {.content = writer->number, .durable = false};
      writer->stage = options_.without == Without::seal_before_commit ? Writer::committing : Writer::sealing;
      return;
    case Writer::sealing:
      files_[writer->blob].durable = true;
      writer->stage = Writer::committing;
      return;
    case Writer::committing:
      return commit(writer);
    case Writer::freeing:
      if (begin_removal(*writer->replaced)) {
        writer->stage = Writer::removing;
      } else {
        writer.reset();
      }
      return;
    case Writer::removing:
      remove_file(*writer->replaced);
      writer.reset();
      return;
  }
}

/// Store::commit_record(): what the lock of the key covers.
void StoreWorld::commit(std::optional<Writer>& writer) {
  const bool allowed = is_allowed(*writer);
  const bool removes = writer->kind == Kind::remove;
  if (!allowed && options_.without != Without::condition_in_commit) {
    files_.erase(writer->blob);
    writer.reset();
    return;
  }
  if (!allowed) return fail("two writers won under conditions that only one could meet");
  if (options_.without == Without::commit_before_free && index_ && !writer->replaced) {
    writer->replaced = index_->blob;
    remove_file(index_->blob);
    return;
  }
  writer->replaced = index_ ? std::optional(index_->blob) : std::nullopt;
  index_.reset();
  if (!removes) index_ = Record{writer->blob, writer->number};
  maybe_.reset();
  if (writer->replaced && options_.without != Without::commit_before_free) {
    writer->stage = Writer::freeing;
  } else {
    writer.reset();
  }
}

/// Store::open_object() and the end of a Blob.
void StoreWorld::go_on(std::optional<Reader>& reader) {
  const BlobId& blob = reader->record.blob;
  switch (reader->stage) {
    case Reader::finding:
      if (!index_) return reader.reset();
      reader->record = *index_;
      reader->stage = Reader::pinning;
      return;
    case Reader::pinning:
      reader->stage = lifecycle_.pin(blob) ? Reader::opening : Reader::finding;
      return;
    case Reader::opening:
      if (files_.contains(blob)) {
        reader->stage = Reader::reading;
      } else if (lifecycle_.unpin(blob)) {
        reader->stage = Reader::removing;
      } else {
        reader->stage = Reader::finding;
      }
      return;
    case Reader::reading:
      reader->stage = Reader::leaving;
      return;
    case Reader::leaving:
      if (!lifecycle_.unpin(blob)) return reader.reset();
      reader->stage = Reader::removing;
      return;
    case Reader::removing:
      remove_file(blob);
      return reader.reset();
  }
}

/// Store::sweep() and Blobs::sweep().
void StoreWorld::go_on(Sweep& sweep) {
  if (!sweep.has_names) {
    sweep.has_names = true;
    if (index_) sweep.named[index_->blob] = true;
    for (const auto& [id, file] : files_) {
      if (id.folder < run_) sweep.left.push_back(id);
    }
    return;
  }
  if (sweep.removing) {
    remove_file(*sweep.removing);
    sweep.removing.reset();
    return;
  }
  if (sweep.left.empty()) return sweep_.reset();
  const BlobId id = sweep.left.front();
  sweep.left.erase(sweep.left.begin());
  if (!files_.contains(id) || sweep.named.contains(id)) return;
  if (options_.without == Without::readers_in_sweep) return remove_file(id, false);
  if (lifecycle_.free(id)) sweep.removing = id;
}

/// Blobs::free(): true when the caller has to remove the file.
bool StoreWorld::begin_removal(const BlobId& id) {
  if (options_.without != Without::readers_in_free) return lifecycle_.free(id);
  remove_file(id, false);
  return false;
}

void StoreWorld::remove_file(const BlobId& id, bool tells_lifecycle) {
  files_.erase(id);
  if (tells_lifecycle) lifecycle_.removed(id);
}

void StoreWorld::restart(bool power_lost, std::uint16_t detail) {
  if (power_lost && (detail & unsealed_are_lost) != 0) {
    std::erase_if(files_, [](const auto& file) { return !file.second.durable; });
  }
  if (maybe_ && (detail & failed_commit_is_there) != 0) index_ = *maybe_;
  maybe_.reset();
  for (auto& writer : writers_) writer.reset();
  for (auto& reader : readers_) reader.reset();
  lifecycle_ = {};
  orphans_.clear();
  ++run_;
  sweep_.emplace();
}

/// What holds at every moment.
void StoreWorld::check() {
  if (index_) {
    const auto named = files_.find(index_->blob);
    if (named == files_.end()) return fail("the object names " + text(index_->blob) + ", which is gone");
    if (named->second.content != index_->content) return fail("the object names another's bytes");
  }
  for (const auto& reader : readers_) {
    if (!reader || (reader->stage != Reader::reading && reader->stage != Reader::leaving)) continue;
    const auto file = files_.find(reader->record.blob);
    if (file == files_.end()) return fail(text(reader->record.blob) + " was removed under its reader");
    if (file->second.content != reader->record.content) return fail("a reader sees another object's bytes");
  }
}

/// Everybody comes to an end; the sweep of the next start leaves what is named, and nothing else.
void StoreWorld::settle() {
  for (int round = 0; round < 2; ++round) {
    for (int steps = 0; steps < 1'000 && wrong_.empty(); ++steps) {
      bool over = true;
      for (auto& reader : readers_) {
        if (reader) go_on(reader), over = false;
      }
      for (auto& writer : writers_) {
        if (writer) go_on(writer), over = false;
      }
      if (sweep_) go_on(*sweep_), over = false;
      check();
      if (over) break;
    }
    check_ended();
    restart(false, 0);
  }
}

void StoreWorld::check_ended() {
  if (!lifecycle_.uses().empty()) fail("nobody reads or removes a blob any more, and the store thinks so");
  for (const auto& [id, file] : files_) {
    const bool named = index_ && index_->blob == id;
    if (!named && !orphans_.contains(id)) fail(text(id) + " stays for ever, and no object names it");
  }
}

std::string StoreWorld::key() const {
  KeyWriter key;
  const auto add_blob = [&](const BlobId& id) { key << id.folder << static_cast<int>(id.name[0]); };
  const auto add_record = [&](const std::optional<Record>& record) {
    key << record.has_value();
    if (!record) return;
    add_blob(record->blob);
    key << record->content;
  };
  key << run_ << writes_ << reads_ << crashes_ << maybe_.has_value() << files_.size();
  add_record(index_);
  if (maybe_) add_record(*maybe_);
  for (const auto& [id, file] : files_) {
    add_blob(id);
    key << file.content << file.durable << orphans_.contains(id);
  }
  key << lifecycle_.uses().size();
  for (const auto& [id, use] : lifecycle_.uses()) {
    add_blob(id);
    key << use.readers << use.freed;
  }
  for (const auto& writer : writers_) {
    key << writer.has_value();
    if (!writer) continue;
    key << static_cast<int>(writer->kind) << writer->number << writer->seen << static_cast<int>(writer->stage);
    key << writer->replaced.has_value();
    if (writer->replaced) add_blob(*writer->replaced);
  }
  for (const auto& reader : readers_) {
    key << reader.has_value();
    if (!reader) continue;
    key << static_cast<int>(reader->stage);
    add_record(reader->record);
  }
  key << sweep_.has_value();
  if (!sweep_) return key.take();
  key << sweep_->has_names << sweep_->named.size() << sweep_->left.size() << sweep_->removing.has_value();
  for (const auto& [id, named] : sweep_->named) add_blob(id);
  for (const BlobId& id : sweep_->left) add_blob(id);
  if (sweep_->removing) add_blob(*sweep_->removing);
  return key.take();
}

}  // namespace tickerlake::simulation
