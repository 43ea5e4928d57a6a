// Files without a name: nothing of them is left when the process ends, however it ends.
#pragma once

#include <string>

#include "io/files.hpp"

namespace copse::io {

Result<Descriptor> open_nameless(const std::string& folder);
Status write_at(int fd, FileOffset place, ByteView bytes);
Status read_at(int fd, FileOffset place, std::span<std::byte> out);

}  // namespace copse::io
