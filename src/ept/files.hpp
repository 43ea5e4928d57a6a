// Whole files of a folder.
#pragma once

#include <string>

#include "copse/wire.hpp"

namespace copse::ept {

/// The content of a file of at most `most` bytes. Errors name the file.
inline Result<Bytes> read_file(wire::Folder& folder, const std::string& name, std::uint64_t most) {
    const auto source = folder.open(name);
    if (!source) return source.error().in_part(name);
    if ((*source)->size() > most)
        return Error{Code::limit_exceeded, most, "the file is larger than a file of its kind may be"}.in_part(name);
    auto bytes = (*source)->read({0, (*source)->size()});
    if (!bytes) return bytes.error().in_part(name);
    return bytes;
}

}  // namespace copse::ept
