#include "aws/credentials.h"

#include <boost/json.hpp>
#include <filesystem>

#include "base/digest.h"

namespace tickerlake::aws {
namespace {

std::string random_text(std::size_t length, std::string_view alphabet) {
  std::string text;
  while (text.size() < length) {
    for (const std::byte b : random_bytes(length)) {
      // Values behind the last whole multiple would make the first letters likelier.
      const auto value = std::to_integer<std::size_t>(b);
      if (value < 256 / alphabet.size() * alphabet.size() && text.size() < length)
        text += alphabet[value % alphabet.size()];
    }
  }
  return text;
}

}  // namespace

Credentials generate_credentials() {
  return {.access_key_id = "AKIA" + random_text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
          // No '/' and no '+': keys get pasted into URLs and shells.
          .secret_access_key = random_text(40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
          .account_id = random_text(1, "123456789") + random_text(11, "0123456789")};
}

Result<Credentials> load_credentials(const io::Path& file) {
  TRY(const std::string text, io::read_file(file));
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  Credentials credentials;
  for (auto [name, member] : {std::pair{"access_key_id", &credentials.access_key_id},
                              std::pair{"secret_access_key", &credentials.secret_access_key},
                              std::pair{"account_id", &credentials.account_id}}) {
    const auto* found = object == nullptr ? nullptr : object->if_contains(name);
    if (found == nullptr || !found->is_string() || found->as_string().empty()) {
      return fail(ErrorCode::corrupt, file.string() + " has no \"" + name + "\"");
    }
    *member = std::string(found->as_string());
  }
  return credentials;
}

Result<void> save_credentials(const io::Path& file, const Credentials& credentials) {
  const boost::json::object object{{"access_key_id", credentials.access_key_id},
                                   {"secret_access_key", credentials.secret_access_key},
                                   {"account_id", credentials.account_id}};
  // The mode is set on an empty file before the secret is written, so that nobody can read it in between.
  io::Path temporary = file;
  temporary += ".new";
  {
    CHECK(io::remove_file(temporary));
    TRY(const io::File created, io::File::open(temporary, io::File::Mode::create_new));
    std::error_code error;
    std::filesystem::permissions(temporary, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                                 error);
    if (error) return fail_errno("can't protect " + temporary.string(), error.value());
    CHECK(created.write_at(0, as_bytes(boost::json::serialize(object) + "\n")));
    CHECK(created.sync());
  }
  CHECK(io::rename(temporary, file));
  return io::sync_directory(file.has_parent_path() ? file.parent_path() : io::Path("."));
}

Result<Credentials> load_or_create_credentials(const io::Path& file) {
  auto loaded = load_credentials(file);
  if (loaded || loaded.error().code != ErrorCode::not_found) return loaded;
  Credentials credentials = generate_credentials();
  CHECK(save_credentials(file, credentials));
  return credentials;
}

}  // namespace tickerlake::aws
