// Ranges that were asked for, and the bytes that have come for them.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "copse/wire.hpp"

namespace copse::read {

/// Collects the bytes of ranges whatever way a host hands them in: in any order, in pieces, several ranges as one,
/// twice. Memory is taken when bytes come, not when they are asked for.
class Intake {
public:
    /// The same range may be asked for several times; it is then held until it is dropped as often.
    /// @pre range.size > 0, and its end does not wrap
    void ask(ByteRange range);
    /// Asks for ranges that are to be fetched as one: `request` is wanted, until a part of it has come some other way.
    /// @pre each of `parts` lies inside `request`, and the same holds of them as of `range` above
    void ask_together(std::span<const ByteRange> parts, ByteRange request);
    void drop(ByteRange range);
    void clear();

    /// Takes what is of use. Error: the bytes are fewer than their range, and some that were asked for are among those
    /// missing.
    Status supply(ByteRange range, ByteView bytes);
    /// The same without a copy where the bytes are just those of one range.
    Status hand_over(ByteRange range, Bytes bytes);
    /// Where the ranges that were asked for end inside of `range`.
    [[nodiscard]] std::vector<FileOffset> cuts(ByteRange range) const;

    [[nodiscard]] bool has(ByteRange range) const;
    /// @pre has(range). Valid until the range is dropped.
    [[nodiscard]] ByteView bytes(ByteRange range) const;
    [[nodiscard]] bool hungry() const { return open_ != 0; }
    /// What has not come yet, in the order in which it was asked for.
    [[nodiscard]] std::vector<ByteRange> missing() const;

private:
    struct Need {
        Bytes bytes;
        std::vector<ByteRange> gaps;  // in file order
        unsigned users = 0;
    };
    void add(ByteRange range);
    void add_missing(ByteRange request, std::vector<ByteRange>& missing) const;
    [[nodiscard]] bool is_open(ByteRange request) const;
    [[nodiscard]] bool is_alone(std::map<ByteRange, Need>::const_iterator need) const;
    Status fill(ByteRange asked, Need& need, ByteRange range, ByteView bytes);

    std::map<ByteRange, Need> needs_;
    std::vector<ByteRange> requests_;
    std::size_t open_ = 0;  // needs with gaps
};

}  // namespace copse::read
