// What layer 1 of a layered chunk tells all other layers about a point, and which models and values they use for it.
// `laz/layered.md` sections 3.2, 4 and 8.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "laz/layered_tables.hpp"

namespace copse::laz {

inline constexpr unsigned kChannels = 4;

// ---- returns ------------------------------------------------------------------------------------------------------

inline bool is_first_return(unsigned number) { return number == 1; }
inline bool is_last_return(unsigned number, unsigned count) { return number >= count; }

/// Steps between a return and the last one, at most 7.
inline unsigned return_level(unsigned number, unsigned count) {
    return std::min(number < count ? count - number : number - count, 7u);
}

// ---- side words ---------------------------------------------------------------------------------------------------

/// All that a layer other than the first needs to know of a point, in 16 bits.
class SideWord {
public:
    SideWord() = default;
    /// What changed is meant against the last point of the same channel, but for the channel itself, which is compared
    /// with the previous point in file order. kx, ky: classes of the coded X and Y differences.
    struct Changes {
        bool channel = false, gps_time = false, scan_angle = false, point_source = false;
    };
    SideWord(unsigned channel, Changes changed, unsigned return_number, unsigned return_count, unsigned kx, unsigned ky)
        : bits_{static_cast<std::uint16_t>(
              channel | unsigned{changed.gps_time} << 2 | unsigned{changed.scan_angle} << 3 |
              unsigned{changed.point_source} << 4 | unsigned{is_last_return(return_number, return_count)} << 5 |
              unsigned{is_first_return(return_number)} << 6 | return_level(return_number, return_count) << 7 |
              z_context(return_count, kx, ky) << 10 | unsigned{changed.channel} << 15)} {}

    [[nodiscard]] unsigned channel() const { return bits_ & 3u; }
    [[nodiscard]] bool gps_time_changed() const { return (bits_ >> 2 & 1u) != 0; }
    [[nodiscard]] bool scan_angle_changed() const { return (bits_ >> 3 & 1u) != 0; }
    [[nodiscard]] bool point_source_changed() const { return (bits_ >> 4 & 1u) != 0; }
    /// 1 for a last return plus 2 for a first one.
    [[nodiscard]] unsigned return_position() const { return bits_ >> 5 & 3u; }
    [[nodiscard]] bool only_return() const { return return_position() == 3; }
    [[nodiscard]] unsigned level() const { return bits_ >> 7 & 7u; }
    [[nodiscard]] unsigned z_context() const { return bits_ >> 10 & 31u; }  ///< 0 to 19
    [[nodiscard]] bool channel_changed() const { return bits_ >> 15 != 0; }

private:
    static unsigned z_context(unsigned return_count, unsigned kx, unsigned ky) {
        const unsigned k = (kx + ky) / 2;
        return (return_count == 1 ? 1 : 0) + (k < 18 ? k & ~1u : 18);
    }

    std::uint16_t bits_ = 0;
};

// ---- contexts of POINT14 layers ------------------------------------------------------------------------------------

/// What a layer keeps for each scanner channel: made when the channel is first met, from the previous point's value.
/// It then stays to the end of the chunk.
template <class State>
class Channels {
public:
    template <class... Arguments>
    State& at(unsigned channel, const Arguments&... previous) {
        auto& state = states_[channel];
        if (!state) [[unlikely]]
            state = std::make_unique<State>(previous...);
        return *state;
    }

private:
    std::array<std::unique_ptr<State>, kChannels> states_;
};

// ---- contexts of the other items -----------------------------------------------------------------------------------

/// How versions of RGB14, RGBNIR14, WAVEPACKET14 and BYTE14 choose their contexts. Version 2 is read as 3.
enum class ItemVersion : std::uint8_t { v3, v4 };

/// Which context an item uses for a point: models of one, remembered value of the same or another.
class ItemStep {
public:
    ItemStep() = default;
    static ItemStep use(unsigned models, unsigned value) { return {models, value, 0, false}; }
    static ItemStep open(unsigned context, unsigned from) { return {context, context, from, true}; }

    [[nodiscard]] unsigned models() const { return bits_ & 3u; }
    [[nodiscard]] unsigned value() const { return bits_ >> 2 & 3u; }
    /// The context is new: its value is first copied from that of context from().
    [[nodiscard]] bool opens() const { return (bits_ >> 6) != 0; }
    [[nodiscard]] unsigned from() const { return bits_ >> 4 & 3u; }

private:
    ItemStep(unsigned models, unsigned value, unsigned from, bool opens)
        : bits_{static_cast<std::uint8_t>(models | value << 2 | from << 4 | unsigned{opens} << 6)} {}
    std::uint8_t bits_ = 0;
};

/// Works out the steps of all points of a chunk: they depend on the scanner channels only.
class ItemContexts {
public:
    ItemContexts(ItemVersion version, unsigned first_channel) : version_{version}, current_{first_channel} {
        used_[first_channel] = true;
    }

    void follow(std::span<const SideWord> side, ItemStep* steps) {
        for (std::size_t i = 0; i < side.size(); ++i) steps[i] = next(side[i]);
    }

private:
    ItemStep next(SideWord side) {
        // Version 3 passes the channel on only where it changes. Everywhere else the items work in context 0.
        const bool passed_on = version_ == ItemVersion::v4 || side.channel_changed();
        const unsigned context = passed_on ? side.channel() : 0;
        const unsigned before = current_;
        current_ = context;
        if (context == before) return ItemStep::use(context, context);
        if (!used_[context]) {
            used_[context] = true;
            return ItemStep::open(context, before);
        }
        // On the way back to a used context, version 3 predicts from and stores to the value of the context it leaves.
        return ItemStep::use(context, version_ == ItemVersion::v3 ? before : context);
    }

    ItemVersion version_;
    unsigned current_;
    std::array<bool, kChannels> used_{};
};

/// The values an item remembers, one per context.
template <class Value>
class ItemValues {
public:
    ItemValues(unsigned first_channel, const Value& first) { values_[first_channel] = first; }

    /// The prediction for this point, and where its value is to be stored.
    Value& at(ItemStep step) {
        if (step.opens()) [[unlikely]]
            values_[step.models()] = values_[step.from()];
        return values_[step.value()];
    }

private:
    std::array<Value, kChannels> values_{};
};

/// Consecutive points of a chunk, as the layers above the first see them.
struct Block {
    std::span<const SideWord> side;
    std::array<const ItemStep*, 2> steps{};  ///< by ItemVersion; null where no layer asks

    [[nodiscard]] std::size_t size() const { return side.size(); }
    [[nodiscard]] const ItemStep* item_steps(ItemVersion version) const {
        return steps[static_cast<std::size_t>(version)];
    }
};

}  // namespace copse::laz
