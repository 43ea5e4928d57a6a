// Layer 1 of POINT14: scanner channel, returns, X and Y, and what changed in other layers.
// `laz/layered.md` section 3.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "laz/layered_coding.hpp"
#include "laz/layered_side.hpp"
#include "laz/median.hpp"
#include "laz/wrapping.hpp"

namespace copse::laz {

/// The attributes of layer 1, without the channel.
struct XyPoint {
    std::int32_t x = 0, y = 0;
    std::uint8_t returns = 0;  ///< bits 0-3 return number, bits 4-7 number of returns

    [[nodiscard]] unsigned return_number() const { return returns & 15u; }
    [[nodiscard]] unsigned return_count() const { return returns >> 4; }
};

class XyLayer {
public:
    XyLayer(unsigned first_channel, const XyPoint& first) : previous_channel_{first_channel}, previous_{first} {
        channels_.at(first_channel, first);
    }

    /// Decodes one point.
    [[gnu::always_inline]] inline SideWord decode(ArithmeticDecoder& in, XyPoint& point, std::uint8_t& channel) {
        Channel& old = channels_.at(previous_channel_, previous_);
        const std::uint32_t changed = in.decode_symbol(old.changed[previous_position()]);
        unsigned next_channel = previous_channel_;
        if ((changed & kChannelChanged) != 0)
            next_channel = (previous_channel_ + in.decode_symbol(old.channel_step) + 1) % kChannels;

        Channel& c = channels_.at(next_channel, previous_);
        const bool gps_changed = (changed & kGpsTimeChanged) != 0;
        const unsigned last_number = c.last.return_number();
        unsigned count = c.last.return_count();
        if ((changed & kReturnCountChanged) != 0) count = in.decode_symbol(c.return_count[count]);
        const unsigned number = decode_return_number(in, c, last_number, changed);
        std::int32_t dx = 0;
        std::int32_t dy = 0;
        code_step(in, c, number, count, gps_changed, dx, dy);

        point = {wrapping_add(c.last.x, dx), wrapping_add(c.last.y, dy),
                 static_cast<std::uint8_t>(number | count << 4)};
        channel = static_cast<std::uint8_t>(next_channel);
        return finish(c, next_channel, point,
                      {.channel = (changed & kChannelChanged) != 0,
                       .gps_time = gps_changed,
                       .scan_angle = (changed & kScanAngleChanged) != 0,
                       .point_source = (changed & kPointSourceChanged) != 0});
    }

    /// Encodes one point. `changes.channel` is worked out here.
    SideWord encode(ArithmeticEncoder& out, const XyPoint& point, unsigned channel, SideWord::Changes changes) {
        Channel& old = channels_.at(previous_channel_, previous_);
        Channel& c = channels_.at(channel, previous_);
        changes.channel = channel != previous_channel_;
        const unsigned number = point.return_number();
        const unsigned count = point.return_count();
        const unsigned last_number = c.last.return_number();
        const unsigned last_count = c.last.return_count();
        const unsigned number_step = return_number_step(last_number, number);
        const std::uint32_t changed =
            number_step | (count != last_count ? kReturnCountChanged : 0) |
            (changes.scan_angle ? kScanAngleChanged : 0) | (changes.gps_time ? kGpsTimeChanged : 0) |
            (changes.point_source ? kPointSourceChanged : 0) | (changes.channel ? kChannelChanged : 0);

        out.encode_symbol(old.changed[previous_position()], changed);
        if (changes.channel) out.encode_symbol(old.channel_step, (channel - previous_channel_ - 1) % kChannels);
        if (count != last_count) out.encode_symbol(c.return_count[last_count], count);
        if (number_step == kOtherReturn) {
            if (changes.gps_time)
                out.encode_symbol(c.return_number[last_number], number);
            else
                out.encode_symbol(c.return_number_same_time, (number - last_number - 2) % 16);
        }
        const std::int32_t dx = wrapping_subtract(point.x, c.last.x);
        const std::int32_t dy = wrapping_subtract(point.y, c.last.y);
        code_step(out, c, number, count, changes.gps_time, dx, dy);
        return finish(c, channel, point, changes);
    }

private:
    // Bits of the symbol that says what changed.
    static constexpr std::uint32_t kReturnNumberStep = 3;  // same, next, previous, other
    static constexpr std::uint32_t kOtherReturn = 3;
    static constexpr std::uint32_t kReturnCountChanged = 1u << 2;
    static constexpr std::uint32_t kScanAngleChanged = 1u << 3;
    static constexpr std::uint32_t kGpsTimeChanged = 1u << 4;
    static constexpr std::uint32_t kPointSourceChanged = 1u << 5;
    static constexpr std::uint32_t kChannelChanged = 1u << 6;

    struct Channel {
        explicit Channel(const XyPoint& previous) : last{previous} {}

        XyPoint last;
        std::array<SymbolModel<128>, 8> changed;
        SymbolModel<3> channel_step;
        std::array<SymbolModel<16>, 16> return_count;
        std::array<SymbolModel<16>, 16> return_number;
        SymbolModel<13> return_number_same_time;
        IntegerCoder<32, 2> dx;
        IntegerCoder<32, 22> dy;
        std::array<RunningMedian, 12> median_dx;
        std::array<RunningMedian, 12> median_dy;
    };

    /// Context of `changed`. Mind the order: here a first return is bit 0, in `SideWord::return_position` it is bit 1.
    [[nodiscard]] unsigned previous_position() const {
        const unsigned number = previous_.return_number();
        return unsigned{is_first_return(number)} | unsigned{is_last_return(number, previous_.return_count())} << 1 |
               unsigned{previous_gps_changed_} << 2;
    }

    static unsigned return_number_step(unsigned last, unsigned number) {
        const unsigned step = (number - last) % 16;
        if (step <= 1) return step;
        return step == 15 ? 2 : kOtherReturn;
    }

    [[gnu::always_inline]] inline static unsigned decode_return_number(ArithmeticDecoder& in, Channel& c, unsigned last,
                                                                       std::uint32_t changed) {
        switch (changed & kReturnNumberStep) {
            case 0:
                return last;
            case 1:
                return (last + 1) % 16;
            case 2:
                return (last - 1) % 16;
            default:
                break;
        }
        if ((changed & kGpsTimeChanged) != 0) return in.decode_symbol(c.return_number[last]);
        return (last + 2 + in.decode_symbol(c.return_number_same_time)) % 16;
    }

    /// The differences in X and Y to the channel's last point.
    template <class Coder, class Difference>
    [[gnu::always_inline]] inline static void code_step(Coder& coder, Channel& c, unsigned number, unsigned count,
                                                        bool gps_changed, Difference& dx, Difference& dy) {
        const std::size_t kind = 2u * kReturnMap[count][number] + (gps_changed ? 1 : 0);
        const unsigned single = count == 1 ? 1 : 0;
        code_integer(coder, c.dx, dx, c.median_dx[kind].get(), single);
        c.median_dx[kind].add(dx);
        const unsigned kx = c.dx.k();
        code_integer(coder, c.dy, dy, c.median_dy[kind].get(), single + (kx < 20 ? kx & ~1u : 20));
        c.median_dy[kind].add(dy);
    }

    SideWord finish(Channel& c, unsigned channel, const XyPoint& point, SideWord::Changes changes) {
        c.last = point;
        previous_ = point;
        previous_channel_ = channel;
        previous_gps_changed_ = changes.gps_time;
        return {channel, changes, point.return_number(), point.return_count(), c.dx.k(), c.dy.k()};
    }

    Channels<Channel> channels_;
    // The previous point in file order, which is also the last one of its channel.
    unsigned previous_channel_;
    XyPoint previous_;
    bool previous_gps_changed_ = false;
};

}  // namespace copse::laz
