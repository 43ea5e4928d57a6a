// A LAS file made from its parts, for tests that damage it.
#pragma once

#include "las/las_bytes.hpp"

namespace copse::las::test {

struct LasFile {
    Header header;
    std::vector<Vlr> vlrs;
    Bytes gap;  ///< between the last VLR and the points
    Bytes records;
    std::vector<Vlr> evlrs;

    /// A file of `points` random records.
    static LasFile of(std::uint8_t version_minor, PointLayout layout, std::size_t points, std::uint64_t seed = 1) {
        LasFile file;
        file.header.version_minor = version_minor;
        file.header.header_size = version_minor == 4   ? kHeaderSize14
                                  : version_minor == 3 ? kHeaderSize13
                                                       : kHeaderSize12;
        file.header.point_format_byte = layout.format;
        file.header.record_length = layout.record_length;
        if (is_extended(layout.format))
            file.header.point_count_14 = points;
        else
            file.header.legacy_point_count = static_cast<std::uint32_t>(points);
        file.records = random_bytes(points * layout.record_length, seed);
        return file;
    }

    LasFile& with_vlr(std::string user_id, std::uint16_t record_id, Bytes payload) {
        vlrs.push_back({0, std::move(user_id), record_id, "", std::move(payload), false, 0});
        return *this;
    }
    LasFile& with_evlr(std::string user_id, std::uint16_t record_id, Bytes payload) {
        evlrs.push_back({0, std::move(user_id), record_id, "", std::move(payload), true, 0});
        return *this;
    }

    /// Fills in counts and offsets that depend on the parts.
    [[nodiscard]] Bytes bytes() const {
        Bytes body = gap;
        Bytes records_before;
        for (const auto& vlr : vlrs) encode_vlr(vlr, records_before);
        body.insert(body.begin(), records_before.begin(), records_before.end());
        auto full = header;
        full.vlr_count = static_cast<std::uint32_t>(vlrs.size());
        full.offset_to_point_data = static_cast<std::uint32_t>(header.header_size + body.size());
        body.insert(body.end(), records.begin(), records.end());
        if (!evlrs.empty()) {
            full.evlr_offset = header.header_size + body.size();
            full.evlr_count = static_cast<std::uint32_t>(evlrs.size());
        }
        for (const auto& evlr : evlrs) encode_evlr(evlr, body);
        Bytes result;
        encode_header(full, result);
        result.insert(result.end(), body.begin(), body.end());
        return result;
    }
};

}  // namespace copse::las::test
