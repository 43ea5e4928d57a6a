// A file as bytes, read at once: some programs of tests read all real files when they start.
#pragma once

#include <filesystem>
#include <fstream>

#include "copse/wire.hpp"

namespace copse::test {

/// Empty where the file is not to be read.
inline Bytes whole_file(const std::filesystem::path& path) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(path, absent);
    if (absent) return {};
    Bytes bytes(static_cast<std::size_t>(size));
    std::ifstream file{path, std::ios::binary};
    if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) return {};
    return bytes;
}

}  // namespace copse::test
