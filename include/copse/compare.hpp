// Comparing clouds: are the points of two sets of files the same, whatever their order, and if not, what differs?
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/wire.hpp"

namespace copse::compare {

/// An input: opened by the host, named for messages.
struct Input {
    std::string name;
    /// A LAS, LAZ or COPC file. Not used if `open` is given.
    wire::Source* source = nullptr;
    /// Opens an input of another kind (an EPT folder). Called each time it is read, from several threads at once.
    std::function<Result<std::unique_ptr<las::PointReader>>(const las::OpenOptions&)> open = nullptr;
};

struct Options {
    std::uint64_t memory_limit = 1u << 30;  ///< bytes that the comparison may hold
    std::uint64_t shown = 10;               ///< differences told one by one
    bool details = true;                    ///< false: only whether the clouds are the same
    wire::Limits limits;
};

enum class Kind : std::uint8_t {
    only_in_a,
    only_in_b,
    changed,  ///< a point of A and one of B at the same place, with the same GPS time if there is such a pair
};

/// Values as text: of A and of B, one of them empty for a point that only the other has.
struct Value {
    std::string dimension;
    std::string a, b;
};

/// Points that differ in the same way.
struct Difference {
    Kind kind = Kind::changed;
    std::uint64_t count = 0;     ///< how many such points (or pairs) there are
    std::vector<Value> place;    ///< X, Y, Z and GpsTime
    std::vector<Value> changes;  ///< the dimensions that differ; empty for points that one cloud alone has
};

struct DimensionCount {
    std::string dimension;
    std::uint64_t points = 0;
};

struct Report {
    bool same = true;
    std::uint64_t points_a = 0, points_b = 0;
    las::Vec3 moved{};  ///< the farthest that a coordinate of each axis was moved to be compared
    // What follows is filled in if the clouds differ and details were asked for.
    std::uint64_t equal = 0;  ///< points that both have
    std::uint64_t only_in_a = 0, only_in_b = 0;
    std::uint64_t changed = 0;               ///< pairs
    std::vector<DimensionCount> dimensions;  ///< in how many pairs each differs; those that differ in none are left out
    std::vector<Difference> first;           ///< by X, Y, Z, GPS time, at most Options::shown
    std::uint64_t passes = 1;                ///< how often the files were read
    /// There are too many points to hold them together, of one place or where coordinates were rounded: pairs were
    /// sought in parts of them only, so `changed` may be too small, and `only_in_a` and `only_in_b` too large by as
    /// much. Of points that have all but a rounded place in common middles may then count as rounded as we do.
    bool pairs_missed = false;
    std::vector<std::string> warnings;  ///< what limits the comparison; whole sentences
};

struct Failure {
    std::string file;  ///< the input concerned, empty if none alone
    Error error;
};

/// Either a report or a failure.
struct Outcome {
    std::optional<Report> report;
    std::optional<Failure> failure;
};

/// Called now and then from one thread at a time: stage, points read, points to read in it.
using Progress = std::function<void(const char* stage, std::uint64_t done, std::uint64_t total)>;

/// Compares two clouds as multisets of points: order, chunks, headers, VLRs and coordinate systems do not matter. Two
/// points are equal if all dimensions mean the same:
///   - X, Y, Z: exactly where both clouds are stored on one grid (files of one scale, or of several that have a common
///     divisor, and offsets that are multiples of it apart). Otherwise within half the coarser quantum: the cloud with
///     the finer scale is rounded to the grid of the other (where only the offsets differ: A to that of B), axis by
///     axis, to the nearest as a conversion does. The middle between two steps is equal to both: it is sought how many
///     points can be paired at most. A warning says which axes were rounded and how far. What is the same for two pairs
///     of clouds of different scales need not be so for the third;
///   - GPS times: bit by bit, so that -0.0 and each NaN differ from other zeros and NaNs;
///   - formats 0 to 5 are taken as what `las::convert_points` makes of them; LASzip's compatibility mode is undone.
///     Colours and times that a format does not have are zero. Wave packets are compared if all files have them;
///   - extra bytes by name, type, scale and offset, wherever in the record they stand; arrays and undescribed bytes as
///     `las::normalised` takes them apart. In files that do not have a dimension it is zero.
///
/// The files are read once to sum up 128-bit hashes of all points, in parts by place. If all parts agree, the clouds
/// are the same: clouds that were not made to deceive are taken for the same wrongly with a chance of about 2^-128, and
/// never if they differ in a single field of a single point. Else the parts that do not agree are read again, as many
/// at a time as fit into memory, and their points are compared themselves. A report does not depend on the executor,
/// and on the memory limit only where `pairs_missed` says so. Cost: one decode of everything; if the clouds differ, one
/// more for every few million points in parts that do. `limit_exceeded` if the memory limit is too small.
Outcome diff(std::span<const Input> a, std::span<const Input> b, const Options& options, wire::Executor& executor,
             const Progress& progress = {});

}  // namespace copse::compare
