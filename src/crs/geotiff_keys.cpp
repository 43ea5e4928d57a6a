#include "crs/geotiff_keys.hpp"

#include <cmath>

namespace copse::crs {
namespace {

constexpr std::uint16_t kDirectory = 34735, kDoubles = 34736, kAscii = 34737;

ByteView payload_of(std::span<const las::Vlr> vlrs, std::uint16_t record) {
    const auto* vlr = las::find_vlr(vlrs, las::kProjectionUser, record);
    return vlr == nullptr ? ByteView{} : ByteView{vlr->payload};
}

/// What a citation says, in characters that a WKT name can hold everywhere.
std::string printable(ByteView bytes) {
    std::string text;
    for (const auto byte : bytes) {
        const auto letter = std::to_integer<unsigned char>(byte);
        if (letter == 0) break;
        text.push_back(letter >= 0x20 && letter < 0x7f ? static_cast<char>(letter) : '?');
    }
    while (!text.empty() && (text.back() == '|' || text.back() == ' ')) text.pop_back();
    return text;
}

}  // namespace

GeoKeys::GeoKeys(std::span<const las::Vlr> vlrs) {
    const auto doubles = payload_of(vlrs, kDoubles), ascii = payload_of(vlrs, kAscii);
    wire::ByteReader in{payload_of(vlrs, kDirectory)};
    in.skip(6);  // versions
    const unsigned count = in.u16();
    // The count is often one too large or too small to be trusted for more than an end.
    for (unsigned i = 0; i < count && in.ok() && in.remaining() >= 8; ++i) {
        const auto key = in.u16(), location = in.u16(), size = in.u16(), value = in.u16();
        if (location == 0) {
            codes_.emplace(key, value);
        } else if (location == kDoubles && size >= 1 && value < doubles.size() / sizeof(double)) {
            const auto number = wire::load_le<double>(doubles.data() + value * sizeof(double));
            if (std::isfinite(number)) numbers_.emplace(key, number);
        } else if (location == kAscii && value <= ascii.size() && size <= ascii.size() - value) {
            texts_.emplace(key, printable(ascii.subspan(value, size)));
        }
    }
}

std::optional<std::uint16_t> GeoKeys::code(std::uint16_t key) const {
    const auto found = codes_.find(key);
    if (found == codes_.end() || found->second == 0) return std::nullopt;
    return found->second;
}

std::optional<std::uint16_t> GeoKeys::registered(std::uint16_t key) const {
    const auto found = code(key);
    return found && *found != kUserDefined ? found : std::nullopt;
}

std::optional<double> GeoKeys::number(std::uint16_t key) const {
    const auto found = numbers_.find(key);
    return found == numbers_.end() ? std::nullopt : std::optional{found->second};
}

std::string GeoKeys::text(std::uint16_t key) const {
    const auto found = texts_.find(key);
    return found == texts_.end() ? std::string{} : found->second;
}

}  // namespace copse::crs
