// The converter: LAS and LAZ inputs into one COPC file with a temporal index.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "copse/copc.hpp"
#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/temporal.hpp"
#include "copse/wire.hpp"

namespace copse::build {

/// An input: opened by the host, named for messages.
struct Input {
    std::string name;
    /// A LAS or LAZ file. Not used if `open` is given.
    wire::Source* source = nullptr;
    /// Opens an input of another kind (an EPT folder). May be called again, to read it once more from the start.
    std::function<Result<std::unique_ptr<las::PointReader>>(const las::OpenOptions&)> open = nullptr;
};

/// What kind of no a failure is, for the exit status.
enum class FailureKind : std::uint8_t {
    bad_data,     ///< an input is damaged (1)
    bad_request,  ///< inputs contradict each other, or the options ask for what cannot be (2)
    io,           ///< reading an input or writing the output failed, or memory ran out (3)
    stopped,      ///< the progress callback said so
};

/// Why a conversion stopped, in a sentence that names the files.
struct Failure {
    FailureKind kind = FailureKind::bad_data;
    std::string file;     ///< the input concerned, empty if none alone
    Error error;          ///< offset and rule; `what` is also in `message`
    std::string message;  ///< whole sentence
    /// Bytes above Options::memory_limit with which it would have gone on; 0 if that was not the matter, or is not
    /// known (without scratch).
    std::uint64_t more_memory = 0;
};

/// What the converter must be told about coordinate systems; a host with PROJ implements it.
class CrsService {
public:
    virtual ~CrsService() = default;
    /// WKT1 of a file's GeoTIFF records, empty if they cannot be understood.
    virtual std::string wkt1_from_geotiff(std::span<const las::Vlr> vlrs) = 0;
    /// WKT1 of any WKT, empty if it is not understood.
    virtual std::string wkt1_from_wkt(const std::string& wkt) = 0;
    /// The same CRS in two spellings?
    virtual bool same(const std::string& wkt_a, const std::string& wkt_b) = 0;
    virtual bool geographic(const std::string& wkt) = 0;
};

enum class TemporalIndex : std::uint8_t {
    automatic,  ///< when GPS times vary (and are not week seconds over several weeks)
    always,     ///< a request that cannot be met is a failure
    never,
};

/// What to do with inputs whose extra bytes differ.
enum class ExtraBytes : std::uint8_t {
    refuse,
    unite,  ///< the output has the dimensions of all, by name; zero where an input does not have them
};

struct Options {
    TemporalIndex temporal_index = TemporalIndex::automatic;
    std::uint32_t stride = 0;  ///< 0: ceil(max_node_points / 31)
    std::uint32_t grid = 128;  ///< power of two, 32 to 512
    std::uint64_t max_node_points = 100000;
    int pdrf = 0;  ///< 0 auto, else 6, 7 or 8
    std::optional<las::Vec3> scale;
    bool drop_waveforms = false;
    std::string assigned_wkt;  ///< CRS for inputs without one (`--crs`)
    std::optional<las::GpsTimeKind> gps_time;
    ExtraBytes extra_bytes = ExtraBytes::refuse;
    /// Leave out what cannot be read of damaged inputs, and say so in the report, instead of failing.
    bool skip_damaged = false;
    std::string software = "copse";  ///< generating software: name and version only
    wire::Limits limits;

    /// Bytes that the conversion may hold, without what the program takes by itself (its code, and the host's share).
    std::uint64_t memory_limit = std::uint64_t{8} << 30;
    /// Where points go that do not fit into memory; without it such a conversion fails.
    wire::Scratch* scratch = nullptr;
    /// Asked once, before the work starts, with estimates that are meant to be high: is there so much space for scratch
    /// data and for the output? An error stops the conversion.
    std::function<Status(std::uint64_t scratch_bytes, std::uint64_t output_bytes)> check_space;
};

struct LevelReport {
    std::uint64_t nodes = 0;
    std::uint64_t points = 0;
    std::uint64_t bytes = 0;
};

/// A part of an input that could not be read and was left out (Options::skip_damaged).
struct Skipped {
    std::string file;
    Error error;
    std::uint64_t points = 0;  ///< declared for the part
};

struct Report {
    std::uint64_t points_in = 0;
    std::uint64_t points_out = 0;
    std::uint64_t nodes = 0;  ///< with points
    std::vector<LevelReport> levels;
    std::uint64_t bytes = 0;
    std::uint64_t rescans = 0;              ///< restarts because header boxes lied
    std::uint64_t rounded_coordinates = 0;  ///< values moved by at most half a quantum
    std::uint64_t non_finite_times = 0;
    bool temporal_index = false;
    std::uint32_t stride = 0;
    std::uint32_t hierarchy_pages = 0;
    std::uint32_t temporal_pages = 0;
    std::uint64_t skipped_points = 0;   ///< declared, but left out as damaged; not in points_in
    std::vector<Skipped> skipped;       ///< in order of inputs; at most 1000
    std::vector<std::string> warnings;  ///< whole sentences
};

/// Called now and then from one thread at a time: stage name, work done, work in all (points). Return false to stop.
using Progress = std::function<bool(const char* stage, std::uint64_t done, std::uint64_t total)>;

/// Either a report or a failure.
struct Outcome {
    std::optional<Report> report;
    std::optional<Failure> failure;
};

/// Converts. The output appended to `sink` is complete when it returns with a report; on failure it is garbage for the
/// host to remove. The bytes depend on the inputs' contents and the options only: not on their order, names or the
/// executor, the memory limit or the scratch.
Outcome convert(std::span<const Input> inputs, const Options& options, wire::Sink& sink, wire::Executor& executor,
                CrsService* crs = nullptr, const Progress& progress = {});

}  // namespace copse::build
