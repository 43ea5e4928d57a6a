// Small verbs for tests that build and damage LAS bytes by hand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "copse/las.hpp"
#include "copse/wire.hpp"
#include "support/whole_file.hpp"

namespace copse::las::test {

template <class T>
void put(Bytes& bytes, std::size_t at, T value) {
    wire::store_le(bytes.data() + at, value);
}

inline void put_text(Bytes& bytes, std::size_t at, std::string_view text) {
    std::memcpy(bytes.data() + at, text.data(), text.size());
}

/// An exact-size heap copy of the first `size` bytes lets AddressSanitizer catch a one-byte overread.
inline Bytes cut_to(ByteView bytes, std::size_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// A copy that begins at an odd address.
class Unaligned {
public:
    explicit Unaligned(ByteView bytes) : shifted_(bytes.size() + 1) {
        std::copy(bytes.begin(), bytes.end(), shifted_.begin() + 1);
    }
    [[nodiscard]] ByteView view() const { return ByteView{shifted_}.subspan(1); }

private:
    Bytes shifted_;
};

inline Bytes random_bytes(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

inline Bytes to_bytes(std::string_view text) {
    const auto view = std::as_bytes(std::span{text});
    return {view.begin(), view.end()};
}

inline Bytes read_file(const std::filesystem::path& path) { return copse::test::whole_file(path); }

/// Every file with this extension below the shared data folder, sorted; empty if the folder is absent.
inline std::vector<std::filesystem::path> shared_files(std::string_view extension) {
    std::vector<std::filesystem::path> paths;
    if (!std::filesystem::is_directory(COPSE_SHARED_DATA)) return paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{COPSE_SHARED_DATA})
        if (entry.path().extension() == extension) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// A file in memory.
class MemorySource final : public wire::Source {
public:
    explicit MemorySource(Bytes bytes) : bytes_{std::move(bytes)} {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (offset > bytes_.size() || bytes_.size() - offset < out.size())
            return Error{Code::truncated, bytes_.size(), "the file ends here"};
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return Ok{};
    }

private:
    Bytes bytes_;
};

}  // namespace copse::las::test
