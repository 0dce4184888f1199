#pragma once
// Everything that `up` starts, wired together. The one place where services are constructed.
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "app/data_dir.h"
#include "aws/credentials.h"
#include "base/log.h"
#include "base/result.h"

namespace tickerlake::app {

struct ServerOptions {
  io::Path data;
  Endpoints at;                                         // port 0: a free one
  bool free_ports_when_taken = false;                   // take a free port instead of a taken one
  std::chrono::milliseconds slow_request{1000};         // requests that take so long are logged
  std::map<std::string, std::string> kafka_properties;  // the broker's settings by the names of server.properties
};

/// The embedded half: broker, S3, Glue, Athena, STS behind their listeners, on one data folder that it locks.
class Server {
 public:
  /// Opens the stores side by side and listens; when it returns, every service answers.
  /// Errors: conflict (a taken port, a folder in use), io, corrupt.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, const Log& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const Endpoints& endpoints() const;
  const aws::Credentials& credentials() const;
  /// Stops accepting, ends connections, syncs and closes the stores. Called by the destructor too.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickerlake::app
