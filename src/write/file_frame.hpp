// What a LAS and a LAZ file have in common: header, records before and after the points, counts and bounds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "copse/las.hpp"
#include "copse/wire.hpp"
#include "copse/write.hpp"

namespace copse::write {

/// Counts and bounds of the points written so far.
class Tally {
public:
    void add(const las::Points& points);
    /// Fills in counts and bounds; `header` has version, format, scale and offset.
    /// Error: more points than the version can count.
    Status fill(las::Header& header) const;
    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    std::uint64_t count_ = 0;
    std::array<std::uint64_t, 15> by_return_{};  // return number 0 has no place in the header
    std::array<std::int32_t, 3> min_{}, max_{};
};

/// Writes everything of a file but its points.
class FileFrame {
public:
    FileFrame(wire::Sink& sink, FileTemplate file) : sink_{&sink}, file_{std::move(file)} {}

    /// Writes header and VLRs; the header is mended by `finish`.
    /// @param laszip the LASzip record of a compressed file
    Status begin(std::optional<las::Vlr> laszip);
    /// Writes the EVLRs and the final header.
    Status finish(const Tally& tally);

    [[nodiscard]] const las::PointLayout& layout() const { return file_.layout; }
    /// Where the first point (LAZ: the position of the chunk table) is. @pre begun
    [[nodiscard]] FileOffset offset_to_point_data() const { return file_.header.offset_to_point_data; }

private:
    [[nodiscard]] Status check_template() const;

    wire::Sink* sink_;
    FileTemplate file_;
};

}  // namespace copse::write
