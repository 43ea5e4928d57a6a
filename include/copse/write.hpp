// Points out: LAS, LAZ and CSV files, streaming.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/wire.hpp"

namespace copse::write {

/// Takes points in pieces and writes a file of them. Memory is bounded by one LAZ chunk and what one call makes of its
/// points. The bytes depend on the points and their order only, not on how they are divided among calls.
class PointWriter {
public:
    virtual ~PointWriter() = default;
    /// @pre points.layout is that of the writer and all columns are present (CSV: those of its fields)
    Status add(const las::Points& points);

    // `add` in steps, for hosts that spread the work over threads: begin, all pieces, end.

    /// Takes points, which must stay as they are until `end`, and says into how many pieces of work they fall: 0 also
    /// where that is not enough for one. @pre as of `add`
    virtual std::size_t begin(const las::Points& points) = 0;
    /// Does one of the pieces [0, n). Each once, in any order, by any threads at the same time.
    virtual void work(std::size_t piece) = 0;
    /// Writes what the pieces made, in the order of the points. @pre all pieces are done
    virtual Status end() = 0;

    /// Writes what is left (last chunk, chunk table, EVLRs) and mends the header: counts and bounds of the points
    /// written. Call once, at the end.
    virtual Status finish() = 0;
    [[nodiscard]] virtual std::uint64_t point_count() const = 0;
};

/// What a LAS or LAZ file is to hold besides points.
struct FileTemplate {
    las::Header header;           ///< scale, offset, version, ids, encoding; sizes, counts, bounds are filled in
    std::vector<las::Vlr> vlrs;   ///< without the LASzip record
    std::vector<las::Vlr> evlrs;  ///< LAS 1.4 only
    las::PointLayout layout;
};

std::unique_ptr<PointWriter> make_las_writer(wire::Sink& sink, FileTemplate file);
/// @param chunk_points points per chunk, fixed
std::unique_ptr<PointWriter> make_laz_writer(wire::Sink& sink, FileTemplate file,
                                             std::uint32_t chunk_points = laz::kDefaultChunkPoints);

/// One header line with the names, one line a point. X, Y, Z with the scale's decimals, GpsTime with 17 significant
/// digits, ScanAngle in degrees, scaled extra dimensions as scaled doubles (shortest text that reads back the same),
/// integers as integers. LF line ends, locale-independent.
std::unique_ptr<PointWriter> make_csv_writer(wire::Sink& sink, const las::Header& header, const las::ExtraSchema& extra,
                                             std::vector<las::Field> fields);

}  // namespace copse::write
