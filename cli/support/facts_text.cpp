// The facts of a file as people read them.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "support/facts.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

constexpr std::size_t kLabelWidth = 13;
constexpr std::size_t kTextWidth = 90;
constexpr double kDay = 86400;

/// Lines with a label on the left; a label is printed once.
class Page {
public:
    void line(std::string_view label, std::string_view text) {
        text_ += padded_right(label, kLabelWidth);
        text_ += text;
        text_ += '\n';
    }
    void raw(std::string_view text) { text_.append(text).append("\n"); }
    void paragraph(std::string_view label, std::string_view text) {
        for (const auto& row : wrapped(text, kTextWidth)) {
            line(label, row);
            label = "";
        }
    }
    void gap() { text_ += '\n'; }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

/// Columns as wide as their widest cell; the first `left` of them are aligned to the left.
class Table {
public:
    explicit Table(std::size_t left) : left_{left} {}
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    void print(Page& page) const {
        std::vector<std::size_t> widths;
        for (const auto& row : rows_)
            for (std::size_t i = 0; i < row.size(); ++i) {
                if (i == widths.size()) widths.push_back(0);
                widths[i] = std::max(widths[i], width_of(row[i]));
            }
        for (const auto& row : rows_) {
            std::string text;
            for (std::size_t i = 0; i < row.size(); ++i)
                text += (i == 0 ? "" : "  ") +
                        (i < left_ ? padded_right(row[i], widths[i]) : padded_left(row[i], widths[i]));
            text.resize(text.find_last_not_of(' ') + 1);
            page.raw("  " + text);
        }
    }

private:
    std::size_t left_;
    std::vector<std::vector<std::string>> rows_;
};

/// "1 node", "2 nodes".
std::string counted(std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
}

std::string format_text(const Facts& facts) {
    const auto las = fmt::format("LAS {}.{}", facts.header.version_major, facts.header.version_minor);
    const auto kind = facts.kind == "COPC" ? "COPC 1.0 in " + las : facts.kind == "LAZ" ? "LAZ of " + las : las;
    return fmt::format("{}, point format {}, {} bytes a point", kind, facts.layout.format, facts.layout.record_length);
}

std::string returns_text(const las::Header& header) {
    const auto counts = header.points_by_return();
    std::string text;
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] != 0) text += fmt::format("{}{}: {}", text.empty() ? "" : "   ", i + 1, grouped(counts[i]));
    return text;
}

void bounds_lines(Page& page, const las::Header& header) {
    std::array<std::array<std::string, 3>, 3> cells;
    std::array<std::size_t, 3> widths{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto decimals = decimals_of(header.scale[axis]);
        cells[axis] = {fixed(header.min[axis], decimals), fixed(header.max[axis], decimals),
                       fixed(header.max[axis] - header.min[axis], decimals)};
        for (std::size_t i = 0; i < 3; ++i) widths[i] = std::max(widths[i], cells[axis][i].size());
    }
    for (std::size_t axis = 0; axis < 3; ++axis)
        page.line(axis == 0 ? "Bounds" : "",
                  fmt::format("{}  {} to {}   extent {}", "XYZ"[axis], padded_left(cells[axis][0], widths[0]),
                              padded_left(cells[axis][1], widths[1]), padded_left(cells[axis][2], widths[2])));
}

std::string three(const las::Vec3& values) {
    if (values[0] == values[1] && values[1] == values[2]) return shortest(values[0]);
    return fmt::format("{}, {}, {}", shortest(values[0]), shortest(values[1]), shortest(values[2]));
}

std::string span_text(double seconds) {
    if (seconds >= 2 * kDay) return fmt::format("{:.1f} days", seconds / kDay);
    return duration_text(seconds);
}

/// "Thu 07:55:03" of seconds since Sunday.
std::string week_text(double seconds) {
    if (!(seconds >= 0 && seconds < 7 * kDay)) return shortest(seconds);
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const auto whole = static_cast<unsigned>(seconds);
    return fmt::format("{} {:02}:{:02}:{:02}", kDays[whole / 86400], whole / 3600 % 24, whole / 60 % 60, whole % 60);
}

void time_lines(Page& page, const Facts& facts) {
    if (!facts.has_times) return page.line("GPS time", "none in this point format");
    const auto& times = facts.times;
    const bool adjusted = times.encoding.kind == las::GpsTimeKind::adjusted_standard;
    const auto shown_time = [&](double time) { return adjusted ? time::to_iso(time) : week_text(time) + " GPS"; };
    if (std::isnan(times.min)) {
        page.line("GPS time", "not known");
    } else if (times.min == times.max) {
        page.line("GPS time", shown_time(times.min) + (times.partial && !facts.copc ? " at the first point" : ""));
    } else {
        page.line("GPS time", fmt::format("{} to {}   ({})", shown_time(times.min), shown_time(times.max),
                                          span_text(times.max - times.min)));
    }
    if (times.partial && facts.copc) page.line("", "of the root node only: the file does not say more");
    if (adjusted && !std::isnan(times.min))
        page.line("", times.min == times.max ? fmt::format("GPS week and second {}", time::to_gps_week(times.min))
                                             : fmt::format("GPS week and second {} to {}", time::to_gps_week(times.min),
                                                           time::to_gps_week(times.max)));
    if (adjusted)
        page.line("", "adjusted standard GPS seconds");
    else if (times.min < times.max)
        page.line("",
                  fmt::format("seconds {} to {} of the GPS week: no dates", shortest(times.min), shortest(times.max)));
    else
        page.line("", "seconds of the GPS week: no dates");
    if (times.encoding.guessed)
        page.paragraph("",
                       "The header says seconds of the GPS week, but the times are larger than a week: read as "
                       "adjusted standard time.");
}

void dimension_lines(Page& page, const Facts& facts) {
    std::string standard, extra;
    for (const auto& dimension : facts.dimensions) {
        auto& list = dimension.extra ? extra : standard;
        list += (list.empty() ? "" : " ") + shown(dimension.name);
    }
    page.paragraph("Dimensions", standard);
    if (!extra.empty()) page.paragraph("Extra bytes", extra);
}

void software_lines(Page& page, const las::Header& header) {
    page.line("Software", header.generating_software.empty() ? "not named" : shown(header.generating_software));
    if (!header.system_identifier.empty()) page.line("System", shown(header.system_identifier));
    if (header.creation_year != 0)
        page.line("Created", fmt::format("day {} of {}", header.creation_day, header.creation_year));
}

void copc_lines(Page& page, const CopcFacts& copc) {
    std::uint64_t nodes = 0;
    for (const auto& level : copc.levels) nodes += level.nodes;
    page.line("Octree",
              fmt::format("{} on {}, cube of {:.6g}, spacing {:.4g} at the root", counted(nodes, "node"),
                          counted(copc.levels.size(), "level"), 2 * copc.info.half_size, copc.info.root_spacing));
    if (!copc.temporal) return page.line("Time index", "none");
    page.line("Time index",
              fmt::format("a sample every {} points, {} on {}", grouped(copc.temporal->stride),
                          counted(copc.temporal->node_count, "node"), counted(copc.temporal->page_count, "page")));
}

void level_table(Page& page, const CopcFacts& copc) {
    Table table{0};
    table.row({"Level", "Spacing", "Nodes", "Points", "Bytes"});
    LevelFacts sum;
    for (std::size_t level = 0; level < copc.levels.size(); ++level) {
        const auto& row = copc.levels[level];
        table.row({std::to_string(level), fmt::format("{:.4g}", row.spacing), grouped(row.nodes), grouped(row.points),
                   byte_text(row.bytes)});
        sum.nodes += row.nodes;
        sum.points += row.points;
        sum.bytes += row.bytes;
    }
    table.row({"all", "", grouped(sum.nodes), grouped(sum.points), byte_text(sum.bytes)});
    page.gap();
    table.print(page);
}

void schema_table(Page& page, const Facts& facts) {
    Table table{5};
    table.row({"Dimension", "Type", "Scale", "Offset", "Description"});
    for (const auto& dimension : facts.dimensions)
        table.row({shown(dimension.name), dimension.type, dimension.scale ? shortest(*dimension.scale) : "",
                   dimension.offset ? shortest(*dimension.offset) : "", shown(dimension.description)});
    page.gap();
    table.print(page);
}

void record_table(Page& page, const Facts& facts) {
    Table table{3};
    table.row({"Record", "User id", "Description", "Id", "Bytes", "Offset"});
    for (const auto& record : facts.records)
        table.row({record.extended ? "EVLR" : "VLR", shown(record.user_id), shown(record.description),
                   std::to_string(record.record_id), grouped(record.size), std::to_string(record.at)});
    page.gap();
    table.print(page);
}

void epoch_table(Page& page, const Facts& facts) {
    page.gap();
    if (!facts.copc || !facts.copc->temporal) return page.line("Epochs", "not known: there is no temporal index");
    const bool adjusted = facts.times.encoding.kind == las::GpsTimeKind::adjusted_standard;
    const auto time_text = [&](double time) { return adjusted ? time::to_iso(std::floor(time)) : shortest(time); };
    Table table{3};
    table.row({"Epoch", "From", "To", "Duration", "About points"});
    for (std::size_t i = 0; i < facts.copc->epochs.size(); ++i) {
        const auto& epoch = facts.copc->epochs[i];
        table.row({std::to_string(i + 1), time_text(epoch.first_sample), time_text(epoch.last_sample),
                   span_text(epoch.last_sample - epoch.first_sample), grouped(epoch.points_about)});
    }
    table.print(page);
}

}  // namespace

std::string facts_text(const Facts& facts, const InfoSections& sections) {
    const auto& header = facts.header;
    const auto points = header.point_count();
    Page page;
    page.line("File", shown_source(facts.path));
    page.line("Format", format_text(facts));
    if (facts.restored) page.line("", "restored from LASzip's compatibility mode");
    page.line("Size", byte_text(facts.size) +
                          (points == 0 ? ""
                                       : fmt::format(", {:.2f} bytes a point",
                                                     static_cast<double>(facts.size) / static_cast<double>(points))));
    page.line("Points", grouped(points));
    if (const auto returns = returns_text(header); !returns.empty()) page.line("By return", returns);
    page.line("CRS", facts.crs.empty() ? "none" : shown(facts.crs));
    bounds_lines(page, header);
    page.line("Scale", three(header.scale));
    page.line("Offset", three(header.offset));
    time_lines(page, facts);
    dimension_lines(page, facts);
    software_lines(page, header);
    if (facts.copc) {
        copc_lines(page, *facts.copc);
        level_table(page, *facts.copc);
    }
    if (sections.schema) schema_table(page, facts);
    if (sections.records) record_table(page, facts);
    if (sections.epochs) epoch_table(page, facts);
    return page.take();
}

}  // namespace copse::cli
