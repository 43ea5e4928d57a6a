// Inputs of targets that parse text about the points of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "copse/las.hpp"

namespace copse::fuzz {

/// A point format and its extra bytes, as the first bytes of an input say: format, number of extra bytes, number of
/// descriptors, these. The rest is the text.
struct TextAboutPoints {
    las::PointLayout layout;
    Result<las::ExtraSchema> extra;
    std::string text;
};

inline TextAboutPoints text_about_points(const std::uint8_t* data, std::size_t size) {
    wire::ByteReader in{std::as_bytes(std::span{data, size})};
    const auto format = static_cast<std::uint8_t>(in.u8() % 11);
    const las::PointLayout layout{format, static_cast<std::uint16_t>(las::base_record_length(format) + in.u8())};
    las::Vlr vlr;
    vlr.user_id = las::kSpecUser;
    vlr.record_id = las::kExtraBytesRecord;
    const auto descriptors = in.bytes(in.u8() % 4 * las::kExtraBytesDescriptorSize);
    vlr.payload.assign(descriptors.begin(), descriptors.end());
    const auto rest = in.bytes(in.remaining());
    return {layout,
            las::parse_extra_schema(std::span{&vlr, 1}, layout),
            {reinterpret_cast<const char*>(rest.data()), rest.size()}};
}

}  // namespace copse::fuzz
