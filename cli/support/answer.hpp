// Where the points of a query go: CSV, LAS, LAZ or COPC.
#pragma once

#include <memory>
#include <string>

#include "copse/las.hpp"
#include "copse/write.hpp"
#include "support/progress.hpp"
#include "support/source.hpp"

namespace copse::cli {

/// A file, or text on standard output, that points are written to as they come.
class Answer {
public:
    virtual ~Answer() = default;
    /// What must be decoded for it.
    [[nodiscard]] virtual las::ColumnSet columns() const = 0;
    [[nodiscard]] virtual write::PointWriter& writer() = 0;
    /// What the writer said; throws Stop if that is an error.
    virtual void take(const Status& status) const = 0;
    /// Completes the output and gives it its name.
    virtual void finish() = 0;
};

struct AnswerOptions {
    std::string output;  ///< its ending says what kind; "-" or nothing is CSV on standard output
    std::string fields;  ///< columns of CSV, empty for all
    bool overwrite = false;
    // For a COPC file, which is made of a temporary LAS file:
    std::string temp_folder;  ///< empty: $TMPDIR, else the folder of the output
    std::uint64_t memory_limit = 0;
    ProgressStyle progress = ProgressStyle::none;
};

/// Throws Stop for unknown endings and fields. @param executor must outlive it
std::unique_ptr<Answer> make_answer(const CopcFile& copc, const AnswerOptions& options, wire::Executor& executor);

/// " X Y Z ...", for messages.
std::string field_names(const read::File& file);

/// WKT of the file's CRS, from GeoTIFF records if need be; empty if there is none.
std::string file_wkt(const read::File& file);

}  // namespace copse::cli
