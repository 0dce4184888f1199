// What strangers send before anybody knows them: rules for the names in certificates with a subject, SASL's steps in
// any order with any bytes, and SCRAM's client against any server. Nobody comes in without alice's password.
#include "services/broker/security/sasl.h"

#include "io/file.h"
#include "services/broker/security/principal_rules.h"
#include "target.h"

namespace tickerlake::fuzz {
namespace {

using broker::SaslExchange;
using broker::SecurityState;
using kafka::KafkaError;
using kafka::ScramMechanism;

constexpr const char *user = "alice", *password = "secret";

struct World {
  World() {
    settings.mechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    settings.failed_authentication = std::chrono::milliseconds(0);
    const auto stored = store->update([](SecurityState& state) {
      for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512})
        state.credentials[{user, mechanism}] = kafka::make_credential(mechanism, password);
      return true;
    });
    require(stored.has_value(), "the store can be written");
  }

  io::TemporaryDirectory directory;
  broker::SecuritySettings settings;
  std::unique_ptr<broker::SecurityStore> store =
      *broker::SecurityStore::open(directory.path() / "security.json", broker::SecurityStore::WhenMissing::make_later);
};

void map_a_subject(Input& input) {
  const auto rules = broker::PrincipalRules::parse(input.line());
  const std::string subject(input.line());
  if (!rules) return;
  const auto name = rules->apply(subject);
  require(name == rules->apply(subject), "the same subject is the same user");
}

/// Steps as their first byte says, until the exchange ends.
void step_through(World& world, Input& input) {
  static constexpr std::string_view mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI", ""};
  SaslExchange exchange(world.settings, *world.store);
  while (!input.rest().empty() && !exchange.has_failed()) {
    const std::uint8_t step = input.byte();
    const bool was_in = exchange.is_authenticated();
    if (step % 4 == 0) {
      (void)exchange.handshake(std::string(mechanisms[step / 4 % std::size(mechanisms)]), step >= 128 ? 0 : 1);
      require(exchange.is_authenticated() == was_in, "a handshake alone lets nobody in");
    } else if (exchange.expects_bare_token()) {
      (void)exchange.bare_token(input.piece());
    } else {
      const auto answer = exchange.authenticate(input.piece());
      if (exchange.is_authenticated() && !was_in)
        require(answer.error_code == KafkaError::none, "who is in was told so");
    }
    if (exchange.is_authenticated()) require(exchange.user() == user, "there is nobody else");
  }
}

/// A client whose name and password are the input's against the broker, and against a server that is the input.
void prove(World& world, Input& input) {
  const auto mechanism = input.byte() % 2 == 0 ? ScramMechanism::sha_256 : ScramMechanism::sha_512;
  const std::string name(as_text(input.piece())), secret(as_text(input.piece()));
  kafka::ScramClient client(mechanism, name, secret, "nonce");
  SaslExchange exchange(world.settings, *world.store);
  require(exchange.handshake(kafka::name(mechanism), 1).error_code == KafkaError::none, "the mechanism is there");
  const auto first = exchange.authenticate(as_bytes(client.first()));
  if (first.error_code == KafkaError::none) {
    const auto last = client.last(as_text(first.auth_bytes));
    if (last) {
      const auto proved = exchange.authenticate(as_bytes(*last));
      require(exchange.is_authenticated() == (name == user && secret == password), "the password decides");
      if (exchange.is_authenticated()) {
        const bool believed = client.finish(as_text(proved.auth_bytes)).has_value();
        require(believed, "the server has proved itself too");
      }
    }
  }
  kafka::ScramClient fooled(mechanism, name, secret, "nonce");
  (void)fooled.last(as_text(input.piece()));
  require(!fooled.finish(as_text(input.piece())).has_value(), "a server without the password is not believed");
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::fuzz;
  static Renewed<World> world;
  Input input(data, size);
  switch (input.byte() % 3) {
    case 0:
      map_a_subject(input);
      break;
    case 1:
      step_through(world.use(), input);
      break;
    default:
      prove(world.use(), input);
  }
  return 0;
}
