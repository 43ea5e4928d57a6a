// Drives readers over files in memory, and answers questions by looking at every point.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "copse/read.hpp"
#include "support/copc_maker.hpp"
#include "support/random_points.hpp"

namespace copse::read::test {

using copse::test::MadeFile;
using copse::test::MadeNode;
using copse::test::make_copc;
using copse::test::Recipe;
using copse::test::scattered_points;

/// What a file has of a range.
inline ByteView part_of(ByteView file, ByteRange range) {
    const auto from = std::min<std::uint64_t>(range.offset, file.size());
    return file.subspan(static_cast<std::size_t>(from),
                        static_cast<std::size_t>(std::min(range.size, file.size() - from)));
}

/// What was asked for, round by round.
struct Trips {
    std::vector<std::vector<ByteRange>> rounds;
    [[nodiscard]] std::uint64_t bytes() const {
        std::uint64_t sum = 0;
        for (const auto& round : rounds)
            for (const auto range : round) sum += range.size;
        return sum;
    }
    [[nodiscard]] std::uint64_t requests() const {
        std::uint64_t sum = 0;
        for (const auto& round : rounds) sum += round.size();
        return sum;
    }
};

/// Supplies what is wanted until the reader has something else to say.
inline wire::Step feed(wire::PullReader& reader, ByteView file, Trips* trips = nullptr) {
    for (int round = 0; round < 10000; ++round) {
        const auto step = reader.step();
        if (step != wire::Step::need_bytes) return step;
        const auto ranges = reader.wanted();
        EXPECT_FALSE(ranges.empty());
        if (trips != nullptr) trips->rounds.push_back(ranges);
        for (const auto range : ranges) reader.supply(range, part_of(file, range));
    }
    ADD_FAILURE() << "the reader does not come to an end";
    return wire::Step::failed;
}

inline std::shared_ptr<const File> open_file(ByteView file, Trips* trips = nullptr) {
    Opening opening{file.size()};
    const auto step = feed(opening, file, trips);
    if (step != wire::Step::chunk_ready) {
        ADD_FAILURE() << "opening failed: " << opening.error().what << " at " << opening.error().at;
        return nullptr;
    }
    auto opened = opening.take_file();
    EXPECT_EQ(opening.step(), wire::Step::done);
    return opened;
}

/// The file as if opening had read no more than it needed.
inline std::shared_ptr<const File> without_pieces(const std::shared_ptr<const File>& file) {
    if (!file) return nullptr;
    auto copy = std::make_shared<File>(*file);
    copy->evlr_pieces.clear();
    return copy;
}

/// The error that opening ends with.
inline Error opening_error(ByteView file) {
    Opening opening{file.size()};
    if (feed(opening, file) != wire::Step::failed) return {Code::bad_value, 0, "(no error)", 0};
    return opening.error();
}

struct Answer {
    std::vector<Chunk> chunks;
    std::optional<Error> error;
    Statistics statistics;
    std::vector<std::string> warnings;
    [[nodiscard]] std::uint64_t matched() const {
        std::uint64_t sum = 0;
        for (const auto& chunk : chunks) sum += chunk.matched;
        return sum;
    }

    [[nodiscard]] const Chunk* find(const copc::VoxelKey& key) const {
        const auto at =
            std::find_if(chunks.begin(), chunks.end(), [&](const Chunk& chunk) { return chunk.key == key; });
        return at == chunks.end() ? nullptr : &*at;
    }
};

using Feeder = std::function<wire::Step(Query&)>;

inline Answer answer_of(Query& query, const Feeder& feeder) {
    Answer answer;
    for (;;) {
        const auto step = feeder(query);
        if (step == wire::Step::chunk_ready) {
            answer.chunks.push_back(query.take_chunk());
            continue;
        }
        if (step == wire::Step::failed) answer.error = query.error();
        break;
    }
    answer.statistics = query.statistics();
    answer.warnings.assign(query.warnings().begin(), query.warnings().end());
    return answer;
}

inline Answer ask(const std::shared_ptr<const File>& file, ByteView bytes, const Request& request,
                  Trips* trips = nullptr) {
    Query query{file, request};
    return answer_of(query, [&](Query& reader) { return feed(reader, bytes, trips); });
}

/// A node's matching points: their rows, ascending, and their records one after the other.
struct NodeRecords {
    std::vector<std::uint32_t> rows;
    Bytes records;
    friend bool operator==(const NodeRecords&, const NodeRecords&) = default;

    [[nodiscard]] Bytes record(std::size_t index) const {
        const auto size = records.size() / rows.size();
        const auto begin = records.begin() + static_cast<std::ptrdiff_t>(index * size);
        return {begin, begin + static_cast<std::ptrdiff_t>(size)};
    }
};
using Records = std::map<copc::VoxelKey, NodeRecords>;

/// Several chunks of a node are laid together: their rows have to go on where those of the one before ended.
inline Records records_of(const std::vector<Chunk>& chunks) {
    Records records;
    for (const auto& chunk : chunks) {
        EXPECT_EQ(chunk.points.size(), chunk.matched);
        EXPECT_TRUE(chunk.rows.empty() || chunk.rows.size() == chunk.matched);
        auto& node = records[chunk.key];
        for (std::uint32_t i = 0; i < chunk.matched; ++i) {
            const auto row = chunk.rows.empty() ? i : chunk.rows[i];
            EXPECT_TRUE(node.rows.empty() || node.rows.back() < row) << "a point came twice, or out of order";
            node.rows.push_back(row);
        }
        las::pack_records(chunk.points, 0, chunk.points.size(), node.records);
    }
    return records;
}

/// Every point of `part` is in `all`, in the same place.
inline bool is_part_of(const Records& part, const Records& all) {
    for (const auto& [key, node] : part) {
        const auto found = all.find(key);
        if (found == all.end()) return false;
        for (std::size_t i = 0; i < node.rows.size(); ++i) {
            const auto at = std::lower_bound(found->second.rows.begin(), found->second.rows.end(), node.rows[i]);
            if (at == found->second.rows.end() || *at != node.rows[i]) return false;
            if (found->second.record(static_cast<std::size_t>(at - found->second.rows.begin())) != node.record(i))
                return false;
        }
    }
    return true;
}

inline std::uint64_t count_of(const Records& records) {
    std::uint64_t count = 0;
    for (const auto& [key, node] : records) count += node.rows.size();
    return count;
}

/// The points whatever their node.
inline std::vector<Bytes> sorted_records(const Records& records) {
    std::vector<Bytes> all;
    for (const auto& [key, node] : records)
        for (std::size_t i = 0; i < node.rows.size(); ++i) all.push_back(node.record(i));
    std::sort(all.begin(), all.end());
    return all;
}

inline bool matches(const MadeFile& made, const MadeNode& node, std::size_t row, const Request& request) {
    if (node.key.level > request.max_level) return false;
    const auto coordinate = [&](std::int32_t raw, std::size_t axis) {
        const double scaled = raw * made.header.scale[axis];
        return scaled + made.header.offset[axis];
    };
    if (!request.box.contains(coordinate(node.points.x[row], 0), coordinate(node.points.y[row], 1),
                              coordinate(node.points.z[row], 2)))
        return false;
    if (request.time && !request.time->contains(node.points.gps_time[row])) return false;
    if (request.polygon &&
        !request.polygon->contains(coordinate(node.points.x[row], 0), coordinate(node.points.y[row], 1)))
        return false;
    std::vector<std::uint32_t> rows{static_cast<std::uint32_t>(row)};
    if (request.where) request.where->keep_matching(node.points, rows);
    return !rows.empty();
}

/// The answer found by looking at every point, with the columns asked for.
inline Records brute_force(const MadeFile& made, const Request& request) {
    Records records;
    for (const auto& node : made.nodes) {
        las::Points wanted{node.points.layout, request.columns};
        wanted.append(node.points, 0, node.points.size());
        NodeRecords found;
        for (std::uint32_t row = 0; row < node.points.size(); ++row) {
            if (!matches(made, node, row, request)) continue;
            found.rows.push_back(row);
            las::pack_records(wanted, row, row + 1, found.records);
        }
        if (!found.rows.empty()) records[node.key] = std::move(found);
    }
    return records;
}

inline void expect_file_order(const std::vector<Chunk>& chunks) {
    for (std::size_t i = 1; i < chunks.size(); ++i) EXPECT_LT(chunks[i - 1].range.offset, chunks[i].range.offset);
}

/// Questions of all kinds: boxes, slices and points of space, windows of time from narrow to open, levels, areas with
/// holes, conditions.
class RandomRequests {
public:
    RandomRequests(const MadeFile& made, std::uint32_t seed) : made_{&made}, random_{seed} {}

    Request next() {
        Request request;
        if (random_() % 4 != 0) choose_box(request.box);
        if (random_() % 4 != 0) request.time = choose_window();
        if (random_() % 3 == 0) request.max_level = static_cast<int>(random_() % 4);
        if (random_() % 4 == 0) request.polygon = choose_area();
        if (random_() % 4 == 0) request.where = choose_condition();
        return request;
    }

private:
    void choose_box(copc::Box& box) {
        const las::Vec3 low{1000, 2000, 10};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const auto kind = random_() % 5;
            if (kind == 0) continue;  // open
            // On the grid of the coordinates, so that faces hit points.
            auto a = static_cast<std::int32_t>(random_() % 10001), b = static_cast<std::int32_t>(random_() % 10001);
            if (kind == 1) b = a + static_cast<std::int32_t>(random_() % 300);
            box.min[axis] = std::min(a, b) * 0.01 + low[axis];
            box.max[axis] = std::max(a, b) * 0.01 + low[axis];
            if (kind == 2) box.min[axis] = -copc::Box::kInfinity;
        }
    }

    /// A ring around a place, with a vertex in each direction: it does not cross itself.
    filter::Polygon::Ring ring_around(double x, double y, double radius, int corners) {
        filter::Polygon::Ring ring;
        for (int i = 0; i < corners; ++i) {
            const double angle = 6.283185307179586 * i / corners;
            const double distance = radius * (0.3 + 0.7 * static_cast<double>(random_() % 1000) / 1000);
            ring.push_back({x + distance * std::cos(angle), y + distance * std::sin(angle)});
        }
        return ring;
    }
    filter::Polygon choose_area() {
        std::vector<filter::Polygon::Part> parts(1 + random_() % 2);
        for (auto& part : parts) {
            const double x = 1000 + static_cast<double>(random_() % 100),
                         y = 2000 + static_cast<double>(random_() % 100);
            const double radius = 1 + static_cast<double>(random_() % 80);
            part.outer = ring_around(x, y, radius, 3 + static_cast<int>(random_() % 9));
            if (random_() % 2 == 0) part.holes.push_back(ring_around(x, y, radius * 0.25, 5));
        }
        return filter::Polygon::from_parts(std::move(parts)).value();
    }
    filter::Expression choose_condition() {
        constexpr std::array texts{"Classification == 2",
                                   "Intensity > 30000 && ReturnNumber == 1",
                                   "Z > 60 or GpsTime < 1020",
                                   "not (UserData in (1, 2, 3)) && X < 1070",
                                   "PointSourceId >= 100 || ScanAngle < 0",
                                   "Intensity < 0"};
        return filter::Expression::parse(texts[random_() % texts.size()], made_->header,
                                         made_->nodes.front().points.layout, {})
            .value();
    }

    double some_time() {
        const auto& node = made_->nodes[random_() % made_->nodes.size()];
        const auto time = node.points.gps_time[random_() % node.points.size()];
        return std::isfinite(time) ? time : 1000;
    }

    temporal::TimeWindow choose_window() {
        constexpr auto kInfinity = std::numeric_limits<double>::infinity();
        const auto time = some_time();
        switch (random_() % 8) {
            case 0:
                return {time, time};  // a point's very time
            case 1:
                return {time, time + 0.125};  // narrower than any stride
            case 2:
                return {std::nextafter(time, kInfinity), std::nextafter(time + 0.125, 0)};  // between two points
            case 3:
                return {std::min(time, some_time()), kInfinity};
            case 4:
                return {-kInfinity, time};
            case 5:
                return {-kInfinity, kInfinity};
            case 6:
                return {time - 30, time + 30};
            default: {
                const auto other = some_time();
                return {std::min(time, other), std::max(time, other)};
            }
        }
    }

    const MadeFile* made_;
    std::mt19937 random_;
};

}  // namespace copse::read::test
