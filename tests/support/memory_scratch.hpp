// Scratch in memory, which notices use after release.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "copse/wire.hpp"

namespace copse::test {

class MemoryScratch final : public wire::Scratch {
public:
    Result<ByteRange> store(ByteView bytes) override {
        const std::lock_guard lock{mutex_};
        if (fail_after != 0 && --fail_after == 0) return Error{Code::io_failed, 0, "no space is left", 28};
        const ByteRange range{end_, bytes.size()};
        end_ += bytes.size();
        held_ += bytes.size();
        peak_ = std::max(peak_, held_);
        pieces_[range.offset] = Bytes{bytes.begin(), bytes.end()};
        return range;
    }
    Status load(ByteRange range, std::span<std::byte> out) override {
        const std::lock_guard lock{mutex_};
        const auto found = pieces_.find(range.offset);
        if (found == pieces_.end() || found->second.size() != out.size())
            return Error{Code::io_failed, range.offset, "nothing like that is stored", 0};
        std::copy(found->second.begin(), found->second.end(), out.begin());
        return Ok{};
    }
    void release(ByteRange range) override {
        const std::lock_guard lock{mutex_};
        EXPECT_EQ(pieces_.erase(range.offset), 1u);
        held_ -= range.size;
    }
    [[nodiscard]] std::uint64_t peak_bytes() const override { return peak_; }
    [[nodiscard]] std::uint64_t held_bytes() const { return held_; }

    int fail_after = 0;  ///< the so many-th piece is refused

private:
    std::mutex mutex_;
    std::map<FileOffset, Bytes> pieces_;
    FileOffset end_ = 0;
    std::uint64_t held_ = 0, peak_ = 0;
};

}  // namespace copse::test
