// GeoTIFF records made key by key.
#pragma once

#include <string>
#include <vector>

#include "copse/las.hpp"

namespace copse::crs::test {

class Keys {
public:
    Keys& code(std::uint16_t key, std::uint16_t value) { return entry(key, 0, 1, value); }
    Keys& number(std::uint16_t key, double value) {
        entry(key, 34736, 1, static_cast<std::uint16_t>(doubles_.size() / 8));
        wire::ByteWriter{doubles_}.f64(value);
        return *this;
    }
    Keys& text(std::uint16_t key, const std::string& value) {
        entry(key, 34737, static_cast<std::uint16_t>(value.size() + 1), static_cast<std::uint16_t>(ascii_.size()));
        wire::ByteWriter{ascii_}.fixed_string(value + "|", value.size() + 1);
        return *this;
    }
    /// An entry as it stands, good or bad.
    Keys& entry(std::uint16_t key, std::uint16_t location, std::uint16_t size, std::uint16_t value) {
        wire::ByteWriter out{entries_};
        for (const auto word : {key, location, size, value}) out.u16(word);
        return *this;
    }

    [[nodiscard]] std::vector<las::Vlr> vlrs() const {
        Bytes directory;
        wire::ByteWriter out{directory};
        for (const unsigned word : {1u, 1u, 0u, static_cast<unsigned>(entries_.size() / 8)})
            out.u16(static_cast<std::uint16_t>(word));
        out.bytes(entries_);
        return {record(34735, directory), record(34736, doubles_), record(34737, ascii_)};
    }

private:
    static las::Vlr record(std::uint16_t id, Bytes payload) {
        las::Vlr vlr;
        vlr.user_id = "LASF_Projection";
        vlr.record_id = id;
        vlr.payload = std::move(payload);
        return vlr;
    }

    Bytes entries_, doubles_, ascii_;
};

}  // namespace copse::crs::test
