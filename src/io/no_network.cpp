// What is left of the network where the library was built without libcurl.
#include "copse/io.hpp"

namespace copse::io {

bool has_network() { return false; }

Result<std::unique_ptr<Network>> Network::create(NetworkOptions) {
    return Error{Code::unsupported, 0, "this build reads no http and s3 addresses (made without libcurl)"};
}

}  // namespace copse::io
