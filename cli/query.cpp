// copse query: exactly the points of a box, a time window, and levels.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "copse/read.hpp"
#include "support/answer.hpp"
#include "support/crs.hpp"
#include "support/deliver.hpp"
#include "support/epochs.hpp"
#include "support/outline.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"
#include "support/query_report.hpp"
#include "support/source.hpp"
#include "support/space.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

/// Of the memory that chunks took: the next ones take it again.
constexpr std::uint64_t kKeptBytes = 16u << 20;

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

/// Chunks decoded, of those that the plan has. A plan made anew, without an index that turned out wrong, may have fewer
/// than were decoded before.
void show(const read::Query& query, Progress& progress) {
    if (!query.plan() || query.plan()->requests == 0) return;
    const auto chunks = query.plan()->nodes;
    progress.update("read", std::min(query.statistics().chunks_decoded, chunks), chunks);
}

class Query final : public Verb {
public:
    Query();

private:
    void run() override;
    void add_selection_options();
    void add_answer_options();
    void apply_box(const read::File& file);
    void apply_polygon(const read::File& file);
    void apply_condition(const read::File& file);
    void apply_time(CopcFile& copc);
    void apply_epoch(CopcFile& copc);
    read::Request make_request(CopcFile& copc);
    [[nodiscard]] ProgressStyle answer_progress() const;
    [[nodiscard]] bool to_standard_output() const { return answer_.output.empty() || answer_.output == "-"; }
    void answer_question(CopcFile& copc);
    void fetch_points(CopcFile& copc, read::Query& query, Answer* answer, wire::Executor& threads);
    void tell(const CopcFile& copc, const read::Query& query, const io::Traffic& opened) const;
    void print_count(const read::Statistics& statistics) const;
    void print_written(const read::Statistics& statistics) const;

    std::string path_;
    Sources sources_;
    std::string bounds_crs_, polygon_, time_, where_;
    std::optional<copc::Box> box_;
    std::optional<double> resolution_;
    std::uint64_t level_ = copc::kMaxLevel, epoch_ = 0;
    AnswerOptions answer_;
    bool count_ = false, explain_ = false, stats_ = false, no_index_ = false;
    read::Request request_;
};

Query::Query()
    : Verb{"query",
           "Give exactly the points of a place, a time window, levels of detail and attributes",
           "[OPTIONS] SOURCE [-o OUT]",
           {{"A box on one day, into a file",
             "copse query survey.copc.laz --bounds 565300,5934100,565400,5934200 --time 2024-05-27 -o corner.laz"},
            {"How many points between two moments",
             "copse query survey.copc.laz --time 2024-05-27T10:56:05/2024-05-27T10:56:10 --count"},
            {"The ground of a parcel drawn in longitudes and latitudes",
             "copse query survey.copc.laz --polygon parcel.geojson --bounds-crs EPSG:4326 --where 'Classification == "
             "2'"},
            {"What a question would take of a server, before it is asked",
             "copse query https://example.com/survey.copc.laz --bounds 565300,5934100,565400,5934200 --explain"},
            {"The third pass, from a server, keeping what it sends",
             "copse query https://example.com/survey.copc.laz --epoch 3 --cache ~/.cache/copse -o third.copc.laz"},
            {"An overview with a point a metre, as CSV",
             "copse query survey.copc.laz --resolution 1 --fields X,Y,Z,GpsTime"}}} {
    app_.add_option("SOURCE", path_, "COPC file to ask: a path, or an http(s):// or s3:// URL")
        ->type_name("SOURCE")
        ->required();
    add_selection_options();
    add_answer_options();
    add_source_options(sources_);
}

void Query::add_selection_options() {
    const std::string group = "Which points";
    add_parsed(
        "--bounds", "X0,Y0[,Z0],X1,Y1[,Z1]", [this](const std::string& text) { return read_box(text, box_); },
        "Closed box in the units of the file's coordinate system")
        ->group(group);
    add_text("--polygon", "FILE|WKT", polygon_,
             "Closed area in the units of the file's coordinate system: GeoJSON or WKT of polygons, with or without "
             "holes, or a file of it")
        ->group(group);
    add_text("--bounds-crs", "EPSG:N|FILE", bounds_crs_,
             "Coordinate system of the box's and polygon's x and y, if not the file's; longitude before latitude")
        ->group(group);
    auto* time = add_text("--time", "A/B", time_,
                          "Closed window: ISO-8601 (UTC unless it says otherwise), GPS week and second "
                          "(W2306:123456.5), or GPS seconds as the file has them; .. leaves an end open; a date or "
                          "week alone is all of it")
                     ->group(group);
    add_count("--epoch", "N", epoch_, 1, std::numeric_limits<std::uint64_t>::max(),
              "The N-th pass, counted from 1 as info --epochs lists them")
        ->excludes(time)
        ->group(group);
    add_text("--where", "CONDITION", where_,
             "Of the attributes, such as 'Classification == 2 && Intensity > 100' or 'Withheld == 0 and "
             "ReturnNumber in (1, 2)'")
        ->group(group);
    auto* level = add_count("--level", "N", level_, 0, copc::kMaxLevel, "Levels 0, the coarsest, to N")->group(group);
    const auto resolution = [this](const std::string& text) -> std::string {
        resolution_ = parse_number(text);
        return resolution_ && *resolution_ > 0 && std::isfinite(*resolution_) ? "" : "is not a positive number";
    };
    add_parsed("--resolution", "R", resolution, "Levels down to a spacing of R or finer")
        ->excludes(level)
        ->group(group);
    add_count(
        "--max-points", "N", request_.max_points, 0, ~std::uint64_t{0},
        "Of nodes with at most N points together: whole levels while they fit, then the next one in file order, its "
        "last node in part")
        ->group(group);
    add_flag("--no-index", no_index_, "Answer without the temporal index")->group(group);
}

void Query::add_answer_options() {
    const std::string group = "Answer";
    auto* output = add_text("-o,--output", "OUT", answer_.output,
                            "File to write: .las, .laz, .copc.laz or .csv (default -: CSV on standard output)")
                       ->group(group);
    add_text("--fields", "NAMES", answer_.fields, "Columns of the CSV, by name with commas between (default: all)")
        ->group(group);
    auto* count =
        add_flag("--count", count_, "Print how many points match, and nothing else")->excludes(output)->group(group);
    add_flag("--explain", explain_, "Print what answering would take, by level, and fetch no points")
        ->excludes(output)
        ->excludes(count)
        ->group(group);
    add_flag("--stats", stats_, "Print requests, bytes, nodes seen and chunks decoded to standard error")->group(group);
    add_json("Print count, plan and statistics as JSON")->group(group);
    add_flag("--overwrite", answer_.overwrite, "Replace the output if it exists")->group(group);
    add_count("--memory-limit", "SIZE", answer_.memory_limit, 1, std::numeric_limits<std::uint64_t>::max(),
              "Memory never to pass when a .copc.laz is made (default: three quarters of what the machine or its "
              "cgroup has); other answers take little")
        ->group(group);
    add_text(
        "--temp-dir", "DIR", answer_.temp_folder,
        "Folder for what a .copc.laz is made of: all points as LAS, and more (default: $TMPDIR, else the output's)")
        ->group(group);
    add_progress()->group(group);
}

void Query::apply_box(const read::File& file) {
    if (!box_ && polygon_.empty() && !bounds_crs_.empty())
        throw wrong_usage("query: --bounds-crs: there is neither --bounds nor --polygon");
    if (!box_) return;
    request_.box = *box_;
    const auto& [min, max] = *box_;
    if (bounds_crs_.empty()) return warn_of_degrees("box", {min[0], min[1], max[0], max[1]}, file);
    const std::string option = "query: --bounds-crs";
    const auto& center = file.info.center;
    const double half = file.info.half_size;
    const Rectangle cube{center[0] - half, center[1] - half, center[0] + half, center[1] + half};
    auto turned = transformed(option, {min[0], min[1], max[0], max[1]}, crs_from_argument(option, bounds_crs_),
                              file_wkt(file), cube);
    // Where they do not meet: a closed box that holds no point.
    constexpr double kNowhere = std::numeric_limits<double>::infinity();
    if (turned.x0 > turned.x1) turned = {kNowhere, kNowhere, kNowhere, kNowhere};
    request_.box.min[0] = turned.x0;
    request_.box.min[1] = turned.y0;
    request_.box.max[0] = turned.x1;
    request_.box.max[1] = turned.y1;
}

void Query::apply_polygon(const read::File& file) {
    if (!polygon_.empty()) request_.polygon = polygon_from_argument(polygon_, bounds_crs_, file);
}

void Query::apply_condition(const read::File& file) {
    if (where_.empty()) return;
    auto condition = filter::Expression::parse(where_, file.header, file.layout, file.extra);
    if (!condition) {
        const auto& error = condition.error();
        const auto names = error.what == std::string_view{las::kUnknownField} ? "; it has" + field_names(file) : "";
        throw wrong_usage(
            fmt::format("query: --where: '{}', character {}: {}{}", shown(where_), error.at + 1, error.what, names));
    }
    request_.where = *std::move(condition);
}

void Query::apply_time(CopcFile& copc) {
    const auto facts = find_times(copc);
    if (facts.encoding.guessed)
        console().say(fmt::format(
            "{}: the header says GPS week seconds, but the times are larger: read as adjusted standard GPS time",
            shown_source(path_)));
    const auto window = time::parse_window(time_, facts.encoding);
    if (!window)
        throw wrong_usage(fmt::format("query: --time: '{}', character {}: {}", shown(time_), window.error().at + 1,
                                      window.error().what));
    request_.time = *window;
}

void Query::apply_epoch(CopcFile& copc) {
    const auto epochs = load_epochs(copc, find_times(copc));
    if (epoch_ > epochs.size())
        throw wrong_usage(fmt::format("query: --epoch: '{}': the file has {} epoch{} (see copse info --epochs)", epoch_,
                                      grouped(epochs.size()), epochs.size() == 1 ? "" : "s"));
    request_.time = window_of(epochs, static_cast<std::size_t>(epoch_ - 1));
}

read::Request Query::make_request(CopcFile& copc) {
    const auto& file = *copc.file;
    apply_box(file);
    apply_polygon(file);
    apply_condition(file);
    if (!time_.empty()) apply_time(copc);
    if (epoch_ != 0) apply_epoch(copc);
    request_.max_level = resolution_ ? copc::level_for_resolution(file.info, *resolution_) : static_cast<int>(level_);
    request_.use_index = no_index_ ? read::UseIndex::never : read::UseIndex::if_sound;
    request_.count_only = count_;
    if (count_) request_.order = read::Order::arrival;
    request_.plan_only = explain_;
    return request_;
}

void Query::print_count(const read::Statistics& statistics) const {
    json_ ? print_json({{"count", statistics.points}}) : print_line(std::to_string(statistics.points));
}

void Query::print_written(const read::Statistics& statistics) const {
    if (to_standard_output()) return;
    const auto& output = answer_.output;
    console().say(fmt::format("wrote {} point{} to {}", grouped(statistics.points), statistics.points == 1 ? "" : "s",
                              shown(output)));
    if (json_) print_json({{"file", json_text(output)}, {"points", statistics.points}});
}

/// Who reads the lines of standard output, a terminal or a pager, does not want a bar between them.
ProgressStyle Query::answer_progress() const {
    const bool gives_lines = !count_ && !explain_ && to_standard_output();
    const bool is_asked_for = app_.count("--progress") != 0;
    return gives_lines && !is_asked_for ? ProgressStyle::none : progress_style();
}

/// Into the answer, if points are wanted.
void Query::fetch_points(CopcFile& copc, read::Query& query, Answer* answer, wire::Executor& threads) {
    Progress progress{answer_.progress, "chunks"};
    io::Pump pump{query, *copc.source};
    const auto step = [&] {
        for (;;) {
            const auto next = checked(pump.turn(), path_);
            show(query, progress);
            if (next == wire::Step::failed) throw stop_for(query.error(), path_);
            if (next != wire::Step::need_bytes) return next;
        }
    };
    const auto next_points = [&](las::Points& points) {
        if (step() != wire::Step::chunk_ready) return false;
        const auto chunk = query.take_chunk();
        if (chunk.matched != 0) points.append(chunk.points, 0, chunk.points.size());
        return true;
    };
    if (answer != nullptr)
        deliver(next_points, copc.file->layout, *answer, threads);
    else
        while (step() == wire::Step::chunk_ready) (void)query.take_chunk();
    add_traffic(copc, pump.traffic());
}

void Query::tell(const CopcFile& copc, const read::Query& query, const io::Traffic& opened) const {
    for (const auto& warning : query.warnings()) console().warn(shown_source(path_) + ": " + shown(warning));
    const bool cut = query.statistics().cut || (query.plan() && query.plan()->cut);
    if (cut) console().say(explain_ ? "--max-points leaves points out" : "--max-points left points out");
    if (explain_)
        print_plan(query.plan().value_or(read::Plan{}), query.statistics(), traffic_of(copc), json_);
    else
        count_ ? print_count(query.statistics()) : print_written(query.statistics());
    if (stats_) print_statistics(query.statistics(), opened, traffic_of(copc), json_);
}

void Query::answer_question(CopcFile& copc) {
    auto request = make_request(copc);
    // Made before the work, so that a wrong name is told at once.
    const auto threads = executor();
    answer_.progress = answer_progress();
    const auto answer = count_ || explain_ ? nullptr : make_answer(copc, answer_, *threads);
    request.columns = answer ? answer->columns() : las::ColumnSet::xy();

    const auto opened = traffic_of(copc);
    read::Query query{copc.file, std::move(request)};
    query.set_executor(*threads);
    fetch_points(copc, query, answer.get(), *threads);
    if (!copc.source->unchanged())
        throw stop_for(Error{Code::io_failed, 0, "the file changed while it was read", 0}, path_);
    tell(copc, query, opened);
}

void Query::run() {
    io::prepare_allocator(kKeptBytes);
    if (answer_.memory_limit == 0) answer_.memory_limit = default_memory_limit();
    const bool asks_time = (!time_.empty() || epoch_ != 0) && !no_index_;
    auto copc = open_copc(path_, sources_.open(path_), asks_time ? read::OpenFor::time : read::OpenFor::place);
    for (const auto& warning : copc.file->warnings) console().warn(shown_source(path_) + ": " + shown(warning));
    answer_question(copc);
}

}  // namespace

std::unique_ptr<Verb> make_query() { return std::make_unique<Query>(); }

}  // namespace copse::cli
