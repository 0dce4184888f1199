#pragma once
// What keeps web pages in the user's own browser away from a port that asks for no signature.
#include <optional>
#include <string>

#include "http/server.h"

namespace tickerlake::http {

/// Why a request must be answered with 403, if it must. Its Host has to be an IP address, "localhost" or the name that
/// the listener was given: a page of another site that has its name resolved to this machine (DNS rebinding) says
/// that name. And an Origin, which browsers send with requests that pages make, has to be that Host.
std::optional<std::string> foreign_origin(const Request& request, const io::Endpoint& listener);

/// The handler behind that check, for a listener's endpoint.
Handler with_same_origin(io::Endpoint listener, Handler handler);

}  // namespace tickerlake::http
