#include <fmt/core.h>

#include <thread>

#include "app/commands/commands.h"
#include "http/client.h"

namespace tickerlake::app {
namespace {

/// Whether the server of this folder answers now; the reason otherwise.
Result<void> ask(const io::Path& data, http::Client& client) {
  TRY(const Endpoints endpoints, load_endpoints(data));
  http::ClientRequest request;
  request.url = "http://" + endpoints.aws.text() + "/health";
  request.timeout = std::chrono::seconds(2);
  TRY(const auto response, client.send(request));
  if (response.status != 200)
    return fail(ErrorCode::unavailable, request.url + " answers " + std::to_string(response.status));
  // The broker listens by then too, but a client of Kafka has only its port to ask.
  TRY(const io::Socket kafka, io::Socket::connect(endpoints.kafka, std::chrono::seconds(2)));
  return {};
}

}  // namespace

int run_wait(const WaitOptions& options, Context& context) {
  http::Client client;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.timeout_s);
  while (true) {
    const auto ready = ask(options.data, client);
    if (ready) return ExitCode::done;
    if (context.interrupt.requested()) return ExitCode::interrupted;
    if (std::chrono::steady_clock::now() >= deadline) {
      return report("wait",
                    Error{ErrorCode::timeout, fmt::format("{} is not served after {} s: {}", options.data.string(),
                                                          options.timeout_s, ready.error().message)});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace tickerlake::app
