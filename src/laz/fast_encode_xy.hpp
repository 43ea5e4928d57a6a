// Layer 1 of POINT14 for the fast encoder. Included by fast_encode_form.hpp only.
#pragma once

#include "laz/fast_encode_layers.hpp"
#include "laz/layered_tables.hpp"

namespace copse::laz::fast_encode::COPSE_ENCODE_FORM {

/// What a returns byte means to the layers, worked out once for all 256 of them.
struct ReturnFacts {
    u8 number, count;
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
        table.facts[returns] = {
            .number = static_cast<u8>(number),
            .count = static_cast<u8>(count),
            .kind = static_cast<u8>(2 * kReturnMap[count][number]),
            .single = static_cast<u8>(count == 1 ? 1 : 0),
            .position = static_cast<u8>(first | last << 1),
            .side = static_cast<u16>((last | first << 1) << kPositionBit | (steps < 7 ? steps : 7) << kLevelBit)};
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
        drop_largest = (number < median ? 1u : 0) | (drop_largest == 0 && number == median ? 1u : 0);
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
        kScanAngleChanged = 1u << 3,
        kGpsTimeChanged = 1u << 4,
        kPointSourceChanged = 1u << 5,
        kChannelChanged = 1u << 6,
    };

    struct Point {
        i32 x, y;
        u32 returns;
    };
    struct State {
        Point last;
        Median median_dx[12];
        Median median_dy[12];
        Model<128> changed[8];
        Model<3> channel_step;
        Model<16> return_count[16];
        Model<16> return_number[16];
        Model<13> return_number_same_time;
        Integers<32, 2> dx;
        Integers<32, 22> dy;

        void reset() {
            reset_all(median_dx);
            reset_all(median_dy);
            reset_all(changed);
            channel_step.reset();
            reset_all(return_count);
            reset_all(return_number);
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
        Row rows[kBlockRows];
        State* old = channels.states[channels.current];
        predict(block, columns, changes, rows);
        Coder out{stream};
        for (u32 i = 0; i < block.count; ++i) {
            sides[i] = encode(out, *old, rows[i]);
            old = rows[i].state;
        }
        out.store(stream);
    }

private:
    /// What is coded of a row, and in which models.
    struct Row {
        State* state;
        i32 dx, dy;  // correctors
        u8 changed;
        u8 position;  // context of `changed`
        u8 returns, last_returns;
        u8 channel, last_channel;
    };

    /// The first half, which has nothing to do with the coder.
    void predict(const Block& block, const Columns& columns, const u8* changes, Row* rows) {
        const i32* const x = block.rows(columns.x);
        const i32* const y = block.rows(columns.y);
        const u8* const returns = block.rows(columns.returns);
        const u8* const channel = block.rows(columns.channel);
        State* state = channels.states[channels.current];
        for (u32 i = 0; i < block.count; ++i) {
            Row& row = rows[i];
            u32 changed = changes[i];
            row.last_channel = static_cast<u8>(channels.current);
            row.channel = channel[i];
            if (row.channel != row.last_channel) [[unlikely]] {
                changed |= kChannelChanged;
                const Point previous{*(x + i - 1), *(y + i - 1), *(returns + i - 1)};
                state = &channels.go_to(block.memory, channel[i], previous);
            }
            Point& last = state->last;
            row.state = state;
            row.returns = returns[i];
            row.last_returns = static_cast<u8>(last.returns);
            const ReturnFacts& facts = kReturns.facts[returns[i]];
            const ReturnFacts& last_facts = kReturns.facts[last.returns];
            changed |= return_number_step(last_facts.number, facts.number);
            changed |= facts.count != last_facts.count ? u32{kReturnCountChanged} : 0;
            row.changed = static_cast<u8>(changed);
            row.position = static_cast<u8>(position);
            const u32 gps = changed / kGpsTimeChanged & 1u;
            position = facts.position | gps << 2;

            const u32 kind = facts.kind + gps;
            const i32 dx = subtract(x[i], last.x);
            const i32 dy = subtract(y[i], last.y);
            last = {x[i], y[i], returns[i]};
            row.dx = subtract(dx, state->median_dx[kind].get());
            row.dy = subtract(dy, state->median_dy[kind].get());
            state->median_dx[kind].add(dx);
            state->median_dy[kind].add(dy);
        }
    }

    /// The second half. `old`: of the channel of the row before.
    COPSE_INLINE static Side encode(Coder& out, State& old, const Row& row) {
        State& s = *row.state;
        const u32 changed = row.changed;
        const ReturnFacts& facts = kReturns.facts[row.returns];
        old.changed[row.position].encode(out, changed);
        constexpr u32 kOfOthers = kScanAngleChanged | kGpsTimeChanged | kPointSourceChanged;
        if ((changed & ~kOfOthers) != 0) {
            if ((changed & kChannelChanged) != 0) [[unlikely]]
                old.channel_step.encode(out, (row.channel - row.last_channel - 1u) % kChannels);
            encode_returns(out, row);
        }
        const u32 kx = s.dx.encode(out, row.dx, facts.single);
        const u32 kx_context = kx < 20 ? kx & ~1u : 20;
        const u32 ky = s.dy.encode(out, row.dy, facts.single + kx_context);

        const u32 k = (kx + ky) / 2;
        const u32 z_context = facts.single + (k < 18 ? k & ~1u : 18);
        static_assert(kScanAngleChanged == 1u << kScanAngleBit && kPointSourceChanged == 1u << (kPointSourceBit + 1) &&
                      kGpsTimeChanged == 1u << (kGpsTimeBit + 2) && kChannelChanged == 1u << (kSwitchedBit - 9));
        return static_cast<Side>(row.channel | (changed & kGpsTimeChanged) >> 2 | (changed & kScanAngleChanged) |
                                 (changed & kPointSourceChanged) >> 1 | facts.side | z_context << kZContextBit |
                                 (changed & kChannelChanged) << 9);
    }

    /// What follows where more changed than attributes of other layers.
    COPSE_INLINE static void encode_returns(Coder& out, const Row& row) {
        State& s = *row.state;
        const u32 changed = row.changed;
        const ReturnFacts& now = kReturns.facts[row.returns];
        const ReturnFacts& last = kReturns.facts[row.last_returns];
        if ((changed & kReturnCountChanged) != 0) s.return_count[last.count].encode(out, now.count);
        if ((changed & kOtherReturn) != kOtherReturn) return;
        if ((changed & kGpsTimeChanged) != 0)
            s.return_number[last.number].encode(out, now.number);
        else
            s.return_number_same_time.encode(out, (now.number - last.number - 2u) & 15u);
    }

    /// 0 same, 1 next, 2 previous, 3 other return number.
    static u32 return_number_step(u32 last, u32 number) { return 0xbffffff4u >> 2 * ((number - last) & 15u) & 3u; }
    static i32 subtract(i32 a, i32 b) { return static_cast<i32>(static_cast<u32>(a) - static_cast<u32>(b)); }
};

}  // namespace copse::laz::fast_encode::COPSE_ENCODE_FORM
