// Point-wise items (PDRF 0 to 5): what they have in common. `laz/pointwise.md`.
//
// Each item describes its coding once, for both directions (see layered_coding.hpp); here it gets the interface by
// which a chunk runs its items one after the other, in the order of the record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "copse/laz.hpp"
#include "laz/arithmetic_coder.hpp"

namespace copse::laz {

template <class Coder>
inline constexpr bool kEncodes = std::is_same_v<Coder, ArithmeticEncoder>;

/// An item in one chunk: models and remembered values, all of which start afresh with the chunk.
class PointwiseItem {
public:
    virtual ~PointwiseItem() = default;
    /// Takes the item's bytes of the chunk's first point, which is not coded.
    virtual void start(const std::byte* bytes) = 0;
    /// Writes the item's bytes of the next point to `bytes`.
    virtual void decode(ArithmeticDecoder& in, std::byte* bytes) = 0;
    virtual void encode(ArithmeticEncoder& out, const std::byte* bytes) = 0;
};

/// @tparam Item has a `Value` with `load` and `store`, `start(value)`, and `code(coder, value)` for both directions
template <class Item>
class PointwiseItemOf final : public PointwiseItem {
public:
    void start(const std::byte* bytes) override { item_.start(Item::Value::load(bytes)); }
    void decode(ArithmeticDecoder& in, std::byte* bytes) override {
        typename Item::Value value{};
        item_.code(in, value);
        value.store(bytes);
    }
    void encode(ArithmeticEncoder& out, const std::byte* bytes) override {
        const auto value = Item::Value::load(bytes);
        item_.code(out, value);
    }

private:
    Item item_;
};

/// The coding of one item, or nothing if it is not of formats 0 to 5 or of an unknown version.
std::unique_ptr<PointwiseItem> make_pointwise_item(const Item& item);

}  // namespace copse::laz
