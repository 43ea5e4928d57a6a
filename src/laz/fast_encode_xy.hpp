// Layer 1 of POINT14 for the fast encoder. Included by fast_encode_form.hpp only.
#pragma once

#include "laz/fast_encode_layers.hpp"
#include "laz/layered_tables.hpp"

namespace copse::laz::fast_encode::COPSE_ENCODE_FORM {

/// What a returns byte means to the layers, worked out once for all 256 of them.
struct ReturnFacts {
    u8 returns, number, count;
    u8 kind;      ///< twice the kind of return, for the medians
    u8 single;    ///< 1 if it is the only one
    u8 position;  ///< 1 for a first return plus 2 for a last one: context of what changed
    u16 side;     ///< its part of the side word
};
struct ReturnTable {
    ReturnFacts facts[256];
};

inline constexpr ReturnTable kReturns = [] {
    ReturnTable table{};
    for (u32 returns = 0; returns < 256; ++returns) {
        const u32 number = returns & 15u;
        const u32 count = returns >> 4;
        const u32 steps = number < count ? count - number : number - count;
        const u32 first = number == 1 ? 1 : 0;
        const u32 last = number >= count ? 1 : 0;
        const u32 side = (last | first << 1) << kPositionBit | (steps < 7 ? steps : 7) << kLevelBit;
        table.facts[returns] = {.returns = static_cast<u8>(returns),
                                .number = static_cast<u8>(number),
                                .count = static_cast<u8>(count),
                                .kind = static_cast<u8>(2 * kReturnMap[count][number]),
                                .single = static_cast<u8>(count == 1 ? 1 : 0),
                                .position = static_cast<u8>(first | last << 1),
                                .side = static_cast<u16>(side)};
    }
    return table;
}();

/// See RunningMedian: here the five numbers are kept as the four that the next one is sorted into. Compare and select
/// of four numbers at once, in the compiler's own vectors: they exist for every processor.
struct Median {
    using Four = i32 __attribute__((vector_size(16)));
    i32 kept[4];
    u32 drop_largest;

    void reset() {
        for (i32& number : kept) number = 0;
        drop_largest = 1;
    }
    [[nodiscard]] COPSE_INLINE i32 get() const { return kept[1 + drop_largest]; }

    COPSE_INLINE void add(i32 number) {
        const i32 median = get();
        Four old;
        std::memcpy(&old, kept, sizeof old);
        const Four n = {number, number, number, number};
        const Four least = old < n ? old : n;
        const Four shifted = __builtin_shufflevector(least, n, 1, 2, 3, 4);
        const Four upper = old > shifted ? old : shifted;                      // all but the smallest
        const Four lower = __builtin_shufflevector(least, upper, 0, 4, 5, 6);  // all but the largest
        // number < median, or number <= median while the smallest is dropped.
        drop_largest = static_cast<u32>(static_cast<u64>(i64{number} - median - 1 + drop_largest) >> 63);
        const i32 mask = -static_cast<i32>(drop_largest);
        const Four select = {mask, mask, mask, mask};
        const Four now = (lower & select) | (upper & ~select);
        std::memcpy(kept, &now, sizeof kept);
    }
};

struct XyLayer {
    // Bits of the symbol that says what changed.
    enum : u32 {
        kOtherReturn = 3,
        kReturnCountChanged = 1u << 2,
        kScanAngleChanged = 1u << kScanAngleBit,
        kGpsTimeChanged = 1u << kGpsTimeBit,
        kPointSourceChanged = 1u << kPointSourceBit,
        kChannelChanged = 1u << kSwitchedBit,
    };

    struct Point {
        i32 x, y;
        u32 returns;
    };
    struct State {
        Point last;
        Median median_dx[12];
        Median median_dy[12];
        Models<128, 8> changed;
        Models<3> channel_step;
        Models<16, 16> return_count;
        Models<16, 16> return_number;
        Models<13> return_number_same_time;
        Integers<32, 2> dx;
        Integers<32, 22> dy;

        void reset() {
            for (Median& median : median_dx) median.reset();
            for (Median& median : median_dy) median.reset();
            changed.reset();
            channel_step.reset();
            return_count.reset();
            return_number.reset();
            return_number_same_time.reset();
            dx.reset();
            dy.reset();
        }
        void start(const Point& point) { last = point; }
    };
    Channels<State> channels;
    u32 position;  ///< of the row before, with whether its GPS time changed: context of what changed

    void open(const Memory& memory, u32 channel, const Point& first) {
        channels.open(memory, channel, first);
        position = kReturns.facts[first.returns].position;
    }

    /// Also writes the side words.
    /// @param changes for each row, the bits of other layers in the symbol that says what changed
    void encode(const Block& block, const Columns& columns, const u8* changes, Side* sides, Stream& stream) {
        Step steps[kBlockRows];
        const u32 first_channel = channels.current;
        predict(block, columns, changes, steps);

        const u8* const returns = block.rows(columns.returns);
        const u8* const channel = block.rows(columns.channel);
        Coder out{stream};
        u32 current = first_channel;
        u32 context = position;
        State* state = channels.states[current];
        const ReturnFacts* last = &kReturns.facts[state->last.returns];
        const u32 count = block.count;
        for (u32 i = 0; i < count; ++i) {
            State& old = *state;
            u32 changed = changes[i];
            u32 channel_step = 0;
            if (channel[i] != current) [[unlikely]] {
                changed |= kChannelChanged;
                channel_step = (channel[i] - current - 1) % kChannels;
                current = channel[i];
                state->last.returns = last->returns;
                state = channels.states[current];
                last = &kReturns.facts[state->last.returns];
            }
            const ReturnFacts& facts = kReturns.facts[returns[i]];
            changed |= return_number_step(last->number, facts.number);
            changed |= facts.count != last->count ? u32{kReturnCountChanged} : 0;
            old.changed.encode(out, context, changed);
            if ((changed & ~kOfOthers) != 0) {
                if ((changed & kChannelChanged) != 0) [[unlikely]]
                    old.channel_step.encode(out, 0, channel_step);
                encode_returns(out, *state, changed, facts, *last);
            }
            last = &facts;
            context = facts.position | (changed & kGpsTimeChanged) >> (kGpsTimeBit - 2);

            const u32 kx = state->dx.encode(out, steps[i].x, facts.single);
            const u32 ky = state->dy.encode(out, steps[i].y, facts.single + least(kx & ~1u, 20));
            const u32 z_context = facts.single + least((kx + ky) / 2 & ~1u, 18);
            sides[i] = current | (changed & (kOfOthers | kChannelChanged)) | facts.side | z_context << kZContextBit;
        }
        state->last.returns = last->returns;
        position = context;
        out.store(stream);
    }

private:
    static constexpr u32 kOfOthers = kScanAngleChanged | kGpsTimeChanged | kPointSourceChanged;

    /// The differences in X and Y to the channel's last point, less their predictions.
    struct Step {
        i32 x, y;
    };

    /// The half that has nothing to do with the coder. Also makes the states of channels.
    void predict(const Block& block, const Columns& columns, const u8* changes, Step* steps) {
        const i32* const x = block.rows(columns.x);
        const i32* const y = block.rows(columns.y);
        const u8* const returns = block.rows(columns.returns);
        const u8* const channel = block.rows(columns.channel);
        const u32 count = block.count;
        State* state = channels.states[channels.current];
        i32 last_x = state->last.x;
        i32 last_y = state->last.y;
        for (u32 i = 0; i < count; ++i) {
            if (channel[i] != channels.current) [[unlikely]] {
                state->last.x = last_x;
                state->last.y = last_y;
                state = &channels.go_to(block.memory, channel[i], Point{last_x, last_y, *(returns + i - 1)});
                last_x = state->last.x;
                last_y = state->last.y;
            }
            const u32 kind = kReturns.facts[returns[i]].kind + (changes[i] >> kGpsTimeBit & 1u);
            const i32 dx = subtract(x[i], last_x);
            const i32 dy = subtract(y[i], last_y);
            last_x = x[i];
            last_y = y[i];
            steps[i] = {subtract(dx, state->median_dx[kind].get()), subtract(dy, state->median_dy[kind].get())};
            state->median_dx[kind].add(dx);
            state->median_dy[kind].add(dy);
        }
        state->last.x = last_x;
        state->last.y = last_y;
    }

    /// What follows where more changed than attributes of other layers.
    COPSE_INLINE static void encode_returns(Coder& out, State& s, u32 changed, const ReturnFacts& now,
                                            const ReturnFacts& last) {
        if ((changed & kReturnCountChanged) != 0) s.return_count.encode(out, last.count, now.count);
        if ((changed & kOtherReturn) != kOtherReturn) return;
        if ((changed & kGpsTimeChanged) != 0)
            s.return_number.encode(out, last.number, now.number);
        else
            s.return_number_same_time.encode(out, 0, (now.number - last.number - 2u) & 15u);
    }

    /// 0 same, 1 next, 2 previous, 3 other return number.
    static u32 return_number_step(u32 last, u32 number) { return 0xbffffff4u >> 2 * ((number - last) & 15u) & 3u; }
    static i32 subtract(i32 a, i32 b) { return static_cast<i32>(static_cast<u32>(a) - static_cast<u32>(b)); }
    static u32 least(u32 a, u32 b) { return a < b ? a : b; }
};

}  // namespace copse::laz::fast_encode::COPSE_ENCODE_FORM
