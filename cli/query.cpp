// copse query: exactly the points of a box, a time window, and levels.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "copse/read.hpp"
#include "copse/write.hpp"
#include "support/answer.hpp"
#include "support/crs.hpp"
#include "support/output.hpp"
#include "support/source.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

/// 4 or 6 numbers as a closed box.
std::string read_box(const std::string& text, std::optional<copc::Box>& box) {
    const auto numbers = parse_numbers(text);
    if (!numbers || (numbers->size() != 4 && numbers->size() != 6))
        return "is neither x0,y0,x1,y1 nor x0,y0,z0,x1,y1,z1";
    const auto axes = numbers->size() / 2;
    box = copc::Box{};
    for (std::size_t axis = 0; axis < axes; ++axis) {
        box->min[axis] = (*numbers)[axis];
        box->max[axis] = (*numbers)[axis + axes];
        // Written so that NaN fails as well.
        if (!(box->min[axis] <= box->max[axis])) return "has a lower bound above its upper one, or no number";
    }
    return {};
}

class Query final : public Verb {
public:
    Query();

private:
    void run() override;
    void apply_box(const read::File& file);
    void apply_time(CopcFile& copc);
    [[nodiscard]] bool to_standard_output() const { return !count_ && (output_.empty() || output_ == "-"); }
    void write_answer(CopcFile& copc, read::Query& query, Answer& answer);
    void print_result(const read::Statistics& statistics) const;
    void print_statistics(const read::Query& query, const io::Traffic& traffic) const;

    std::string path_, output_, bounds_crs_, time_, fields_;
    std::optional<copc::Box> box_;
    std::optional<double> resolution_;
    std::uint64_t level_ = copc::kMaxLevel;
    bool count_ = false, stats_ = false, no_index_ = false, overwrite_ = false;
    read::Request request_;
};

Query::Query()
    : Verb{"query",
           "Give exactly the points of a box, a time window and levels of detail",
           "[OPTIONS] SOURCE [-o OUT]",
           {{"A box on one day, into a file",
             "copse query survey.copc.laz --bounds 400,300,450,350 --time 2024-03-18 -o corner.laz"},
            {"How many points between two moments",
             "copse query survey.copc.laz --time 2024-03-18T10:00/2024-03-18T10:05 --count"},
            {"An overview with a point a metre, as CSV",
             "copse query survey.copc.laz --resolution 1 --fields X,Y,Z,GpsTime"}}} {
    app_.add_option("SOURCE", path_, "COPC file to ask")->type_name("SOURCE")->required();

    const std::string which = "Which points";
    add_parsed(
        "--bounds", "X0,Y0[,Z0],X1,Y1[,Z1]", [this](const std::string& text) { return read_box(text, box_); },
        "Closed box in the units of the file's coordinate system")
        ->group(which);
    add_text("--bounds-crs", "EPSG:N|FILE", bounds_crs_,
             "Coordinate system of the box's x and y, if not the file's; longitude before latitude")
        ->group(which);
    add_text(
        "--time", "A/B", time_,
        "Closed window: ISO-8601 (UTC unless it says otherwise) or GPS seconds as the file has them; .. leaves an end "
        "open; a date alone is that day")
        ->group(which);
    auto* level = add_count("--level", "N", level_, 0, copc::kMaxLevel, "Levels 0, the coarsest, to N")->group(which);
    const auto resolution = [this](const std::string& text) -> std::string {
        resolution_ = parse_number(text);
        return resolution_ && *resolution_ > 0 && std::isfinite(*resolution_) ? "" : "is not a positive number";
    };
    add_parsed("--resolution", "R", resolution, "Levels down to a spacing of R or finer")
        ->excludes(level)
        ->group(which);
    add_count("--max-points", "N", request_.max_points, 0, ~std::uint64_t{0},
              "Read nodes of at most N points together: whole levels while they fit, then the next one in file order")
        ->group(which);
    add_flag("--no-index", no_index_, "Answer without the temporal index")->group(which);

    const std::string what = "Answer";
    auto* output = add_text("-o,--output", "OUT", output_,
                            "File to write: .las, .laz, .copc.laz or .csv (default -: CSV on standard output)")
                       ->group(what);
    add_text("--fields", "NAMES", fields_, "Columns of the CSV, by name with commas between (default: all)")
        ->group(what);
    add_flag("--count", count_, "Print how many points match, and nothing else")->excludes(output)->group(what);
    add_flag("--stats", stats_, "Print requests, bytes, nodes seen and chunks decoded to standard error")->group(what);
    add_json("Print count and statistics as JSON")->group(what);
    add_flag("--overwrite", overwrite_, "Replace the output if it exists")->group(what);
}

void Query::apply_box(const read::File& file) {
    if (!box_ && !bounds_crs_.empty()) throw wrong_usage("query: --bounds-crs: there are no --bounds");
    if (!box_) return;
    request_.box = *box_;
    if (bounds_crs_.empty()) return;
    const std::string option = "query: --bounds-crs";
    const auto& center = file.info.center;
    const double half = file.info.half_size;
    const Rectangle cube{center[0] - half, center[1] - half, center[0] + half, center[1] + half};
    auto turned = transformed(option, {box_->min[0], box_->min[1], box_->max[0], box_->max[1]},
                              crs_from_argument(option, bounds_crs_), file_wkt(file), cube);
    // Where they do not meet: a closed box that holds no point.
    constexpr double kNowhere = std::numeric_limits<double>::infinity();
    if (turned.x0 > turned.x1) turned = {kNowhere, kNowhere, kNowhere, kNowhere};
    request_.box.min[0] = turned.x0;
    request_.box.min[1] = turned.y0;
    request_.box.max[0] = turned.x1;
    request_.box.max[1] = turned.y1;
}

void Query::apply_time(CopcFile& copc) {
    if (time_.empty()) return;
    const auto facts = find_times(copc);
    if (facts.encoding.guessed)
        console().say(fmt::format(
            "{}: the header says GPS week seconds, but the times are larger: read as adjusted standard GPS time",
            shown(path_)));
    const auto window = time::parse_window(time_, facts.encoding);
    if (!window)
        throw wrong_usage(fmt::format("query: --time: '{}', character {}: {}", shown(time_), window.error().at + 1,
                                      window.error().what));
    request_.time = *window;
}

void Query::write_answer(CopcFile& copc, read::Query& query, Answer& answer) {
    while (advance(query, copc) == wire::Step::chunk_ready) {
        const auto chunk = query.take_chunk();
        if (chunk.matched != 0) answer.add(chunk.points);
    }
    answer.finish();
}

void Query::print_statistics(const read::Query& query, const io::Traffic& traffic) const {
    const auto& seen = query.statistics();
    if (json_) {
        const Json json{{"requests", traffic.requests},
                        {"bytes", traffic.bytes},
                        {"nodes", seen.nodes},
                        {"chunks_decoded", seen.chunks_decoded},
                        {"points", seen.points},
                        {"rounds", traffic.rounds},
                        {"chunk_bytes", seen.chunk_bytes},
                        {"index_bytes", seen.index_bytes},
                        {"candidate_nodes", seen.candidate_nodes},
                        {"points_decoded", seen.points_decoded},
                        {"temporal_index_used", seen.index_used}};
        return console().error(json.dump());
    }
    const auto line = [](const char* name, std::string value) {
        console().error(fmt::format("  {:16}{}", name, value));
    };
    console().error("copse: statistics");
    line("requests", fmt::format("{} in {} rounds", grouped(traffic.requests), grouped(traffic.rounds)));
    line("bytes", fmt::format("{} ({} of chunks, {} of indices)", grouped(traffic.bytes), grouped(seen.chunk_bytes),
                              grouped(seen.index_bytes)));
    line("nodes", fmt::format("{} seen, {} asked for", grouped(seen.nodes), grouped(seen.candidate_nodes)));
    line("chunks decoded", grouped(seen.chunks_decoded));
    line("points", fmt::format("{} of {} decoded", grouped(seen.points), grouped(seen.points_decoded)));
    line("temporal index", seen.index_used ? "used" : "not used");
}

void Query::print_result(const read::Statistics& statistics) const {
    if (statistics.cut) console().say("--max-points left nodes out");
    if (count_)
        return json_ ? print_json({{"count", statistics.points}}) : print_line(std::to_string(statistics.points));
    if (to_standard_output()) return;
    console().say(fmt::format("wrote {} points to {}", grouped(statistics.points), shown(output_)));
    if (json_) print_json({{"file", json_text(output_)}, {"points", statistics.points}});
}

void Query::run() {
    auto copc = open_copc(path_);
    const auto& file = *copc.file;
    for (const auto& warning : file.warnings) console().warn(shown(path_) + ": " + shown(warning));
    apply_box(file);
    apply_time(copc);
    request_.max_level = resolution_ ? copc::level_for_resolution(file.info, *resolution_) : static_cast<int>(level_);
    request_.use_index = no_index_ ? read::UseIndex::never : read::UseIndex::if_sound;
    request_.count_only = count_;

    // Made before the work, so that a wrong name is told at once.
    const auto threads = executor();
    const auto answer = count_ ? make_count() : make_answer(copc, output_, fields_, overwrite_, *threads);
    request_.columns = answer->columns();
    read::Query query{copc.file, request_};
    write_answer(copc, query, *answer);

    if (!copc.source->unchanged())
        throw stop_for(Error{Code::io_failed, 0, "the file changed while it was read", 0}, path_);
    for (const auto& warning : query.warnings()) console().warn(shown(path_) + ": " + shown(warning));
    print_result(query.statistics());
    if (stats_) print_statistics(query, copc.traffic);
}

}  // namespace

std::unique_ptr<Verb> make_query() { return std::make_unique<Query>(); }

}  // namespace copse::cli
