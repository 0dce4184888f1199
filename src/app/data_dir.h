#pragma once
// The server's data folder, and what a running server leaves there for other commands: addresses and credentials.
#include <string>

#include "base/result.h"
#include "io/file.h"
#include "io/socket.h"

namespace tickerlake::app {

/// Where `up` listens. Written to DIR/endpoints.json once it serves, read by env, wait and the clients.
struct Endpoints {
  io::Endpoint kafka, aws, web, registry;
};

/// $TICKERLAKE_DATA, or $XDG_DATA_HOME/tickerlake, or ~/.local/share/tickerlake.
io::Path default_data_dir();

Result<void> save_endpoints(const io::Path& data, const Endpoints& endpoints);
/// ErrorCode::not_found when no server has run there.
Result<Endpoints> load_endpoints(const io::Path& data);

}  // namespace tickerlake::app
