// Ranges that were asked for, and the bytes that have come for them.
#pragma once

#include <cstddef>
#include <map>
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
    void drop(ByteRange range);
    void clear();

    /// Takes what is of use. Error: the bytes are fewer than their range, and some that were asked for are among those
    /// missing.
    Status supply(ByteRange range, ByteView bytes);

    [[nodiscard]] bool has(ByteRange range) const;
    /// @pre has(range). Valid until the range is dropped.
    [[nodiscard]] ByteView bytes(ByteRange range) const;
    [[nodiscard]] bool hungry() const { return open_ != 0; }
    /// What has not come yet, in file order.
    [[nodiscard]] std::vector<ByteRange> missing() const;

private:
    struct Need {
        Bytes bytes;
        std::vector<ByteRange> gaps;  // in file order
        unsigned users = 0;
    };
    Status fill(ByteRange asked, Need& need, ByteRange range, ByteView bytes);

    std::map<ByteRange, Need> needs_;
    std::size_t open_ = 0;  // needs with gaps
};

}  // namespace copse::read
