// Where the points of a query go: a count, CSV, LAS, LAZ or COPC.
#pragma once

#include <memory>
#include <string>

#include "copse/las.hpp"
#include "support/source.hpp"

namespace copse::cli {

class Answer {
public:
    virtual ~Answer() = default;
    /// What must be decoded for it.
    [[nodiscard]] virtual las::ColumnSet columns() const = 0;
    virtual void add(const las::Points& points) = 0;
    /// Completes the output and gives it its name.
    virtual void finish() = 0;
};

/// Keeps nothing: the query counts.
std::unique_ptr<Answer> make_count();

/// Of the kind that the ending of `output` says; "-" or nothing is CSV on standard output. Throws Stop for unknown
/// endings and fields.
/// @param fields   columns of CSV, empty for all
/// @param executor for an answer that is a COPC file
std::unique_ptr<Answer> make_answer(const CopcFile& copc, const std::string& output, const std::string& fields,
                                    bool overwrite, wire::Executor& executor);

/// WKT of the file's CRS, from GeoTIFF records if need be; empty if there is none.
std::string file_wkt(const read::File& file);

}  // namespace copse::cli
