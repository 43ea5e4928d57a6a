// The record in which the points of all files are compared, and how the points of each file get there.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compare/grid.hpp"
#include "copse/compare.hpp"

namespace copse::compare {

enum class Side : std::uint8_t { a, b };

/// What must be known of a file before its points are read.
struct FileFacts {
    Side side = Side::a;
    std::uint64_t points = 0;       ///< as declared
    std::uint64_t piece_bytes = 0;  ///< memory that its largest piece takes while it is read
    bool extended_header = false;   ///< LAS 1.4
    las::PointLayout layout;
    las::GpsTimeKind time_kind = las::GpsTimeKind::week_seconds;
    std::array<Scaling, 3> scaling;
    std::vector<las::ExtraDimension> extra;  ///< scalars only
};

/// Where the fields of a compared record stand. Numbers are little-endian; what a file does not have is zero.
struct RecordPlace {
    static constexpr std::size_t x = 0, y = 8, z = 16, gps_time = 24;  ///< steps of the grids; bits of the double
    static constexpr std::size_t returns = 32, channel = 33, classification = 34, flags = 35;
    static constexpr std::size_t intensity = 36, scan_angle = 38, user_data = 40, point_source_id = 42;
    static constexpr std::size_t ties = 41;  ///< two bits an axis, a `Tie`; not a value of the point
    static constexpr std::size_t red = 44, green = 46, blue = 48, nir = 50;
    static constexpr std::size_t more = 52;  ///< wave packet, extra bytes
};

struct Dimension {
    enum class Type : std::uint8_t { coordinate, gps_time, bits, scan_angle, bytes, extra };
    std::string name;
    Type type = Type::bits;
    std::size_t at = 0;                ///< in the record
    std::size_t size = 1;              ///< bytes
    std::uint8_t shift = 0, bits = 0;  ///< within a byte; bits 0: all of `size` bytes
    std::size_t axis = 0;
    las::ExtraDimension extra;
};

/// A byte of a file's extra bytes and where it goes.
struct ByteMove {
    std::uint16_t from = 0;
    std::size_t to = 0;
};

struct FilePlan {
    std::array<AxisMap, 3> axes;
    std::vector<ByteMove> extra;
};

class Schema {
public:
    /// `limit_exceeded` if the extra bytes of all files together are longer than those of a record can be.
    static Result<Schema> plan(std::span<const FileFacts> files);

    [[nodiscard]] std::size_t record_size() const { return record_size_; }  ///< a multiple of 8
    [[nodiscard]] bool with_wave() const { return with_wave_; }
    [[nodiscard]] std::span<const Dimension> dimensions() const { return dimensions_; }
    [[nodiscard]] const FilePlan& file(std::size_t index) const { return files_[index]; }
    [[nodiscard]] std::vector<std::string>& warnings() { return warnings_; }

    /// Whether coordinates may lie in the middle between two steps, so that either is right.
    [[nodiscard]] bool may_tie() const { return may_tie_; }
    /// Axes on which some of a cloud may.
    [[nodiscard]] const std::array<bool, 3>& tie_axes(Side side) const { return tie_axes_[side == Side::a ? 0 : 1]; }
    /// Words of the record by which points are parted: X, Y, Z, so that those which differ in other dimensions only
    /// come together; but all that no tie can change if there may be ties.
    [[nodiscard]] std::span<const std::size_t> parting() const { return parting_; }
    /// A sentence on coordinates that were moved. Empty if none was.
    /// @param moved  the farthest, for each axis, in steps
    [[nodiscard]] std::string moved_text(const std::array<double, 3>& moved) const;
    [[nodiscard]] double step(std::size_t axis) const { return std::abs(grids_[axis].scaling.scale); }

    [[nodiscard]] bool differ(const Dimension& dimension, const std::byte* a, const std::byte* b) const;
    [[nodiscard]] std::string text(const Dimension& dimension, const std::byte* record) const;

private:
    void plan_coordinates(std::span<const FileFacts> files);
    void plan_parting();
    void plan_times(std::span<const FileFacts> files);
    void plan_wave(std::span<const FileFacts> files);
    Status plan_extra(std::span<const FileFacts> files);

    std::size_t record_size_ = 0;
    bool with_wave_ = false, may_tie_ = false;
    std::array<std::array<bool, 3>, 2> tie_axes_{};
    std::vector<std::size_t> parting_;
    std::array<Grid, 3> grids_;
    std::vector<Dimension> dimensions_;
    std::vector<FilePlan> files_;
    std::vector<std::string> warnings_;
};

}  // namespace copse::compare
