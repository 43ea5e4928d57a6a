#include "build/ingest.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace copse::build {
namespace {

constexpr FileOffset kLegacyCountAt = 107;
constexpr FileOffset kCountAt = 247;

/// Points decoded between two looks at the progress callback, for each thread.
constexpr std::uint64_t kBatchPoints = 1u << 20;
/// Files that can be read in sequence only are a piece of work like a block if they are no larger than this.
constexpr std::uint64_t kWholeFilePoints = 1u << 20;
constexpr std::size_t kSequenceRows = 1u << 16;

/// Rows are numbered with 32 bits.
constexpr std::size_t kMostPoints = 0xffffffff;

/// A declared count reserves memory up to this many points for each byte of the file: real ones take 2 bytes and more.
constexpr std::uint64_t kBelievedPointsPerByte = 4;

/// Something that one call decodes: a block, or a whole file that has none.
struct Piece {
    std::size_t input = 0;
    std::optional<std::size_t> block;
    std::uint64_t points = 0;
};

template <class T>
void widen(std::int64_t& low, std::int64_t& high, const las::Column<T>& column) {
    const auto [least, most] = std::minmax_element(column.begin(), column.end());
    low = *least;
    high = *most;
}

/// Formats without GPS times have zeros, as the output will.
InputFacts look_at(const las::Points& points) {
    InputFacts facts;
    facts.points = points.size();
    if (points.size() == 0) return facts;
    widen(facts.box.min[0], facts.box.max[0], points.x);
    widen(facts.box.min[1], facts.box.max[1], points.y);
    widen(facts.box.min[2], facts.box.max[2], points.z);
    for (const auto returns : points.returns) {
        facts.return_zero += (returns & 15u) == 0 ? 1u : 0u;
        facts.return_excess += (returns & 15u) > returns >> 4u ? 1u : 0u;
    }
    for (const double time : points.gps_time) {
        if (std::isfinite(time)) {
            facts.time_min = std::min(facts.time_min, time);
            facts.time_max = std::max(facts.time_max, time);
        } else {
            ++facts.non_finite_times;
            facts.infinite_times += std::isinf(time) ? 1u : 0u;
        }
    }
    return facts;
}

bool in_range(std::int64_t value) {
    return value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
}

/// Whether the axis' values still fit into 32 bits.
bool fits(const AxisMap& map, const RawBox& box, std::size_t axis) {
    return map.identity() || (in_range(map.map(static_cast<std::int32_t>(box.min[axis]))) &&
                              in_range(map.map(static_cast<std::int32_t>(box.max[axis]))));
}

/// Rewrites an axis; returns how many values moved. @pre fits
std::uint64_t apply(const AxisMap& map, las::Column<std::int32_t>& column) {
    if (map.identity()) return 0;
    std::uint64_t moved = 0;
    for (auto& value : column) {
        const auto mapped = map.map(value);
        if (!map.whole && std::abs(value * map.factor + map.shift - static_cast<double>(mapped)) > 1e-5) ++moved;
        value = static_cast<std::int32_t>(mapped);
    }
    return map.whole && map.rounds ? column.size() : moved;
}

/// Overwrites rows of `to` from row `first` on. Both have the same columns.
void store_rows(const las::Points& from, las::Points& to, std::size_t first) {
    struct Source {
        const void* data;
        std::size_t bytes;
    };
    std::vector<Source> sources;
    las::for_each_column(
        from, [&](const auto& column) { sources.push_back({column.data(), column.size() * sizeof(column[0])}); });
    std::size_t next = 0;
    las::for_each_column(to, [&](auto& column) {
        const auto& source = sources[next++];
        if (source.bytes != 0) std::memcpy(column.data() + first, source.data, source.bytes);
    });
}

class Ingestion {
public:
    Ingestion(std::span<const OpenInput> inputs, const las::PointLayout& layout,
              std::span<const ExtraByteMap> extra_maps, const CoordinatePlan& coordinates, const Options& options,
              wire::Executor& executor, const Progress& progress, Ingested& out)
        : inputs_{inputs},
          layout_{layout},
          extra_maps_{extra_maps},
          coordinates_{coordinates},
          options_{options},
          executor_{executor},
          progress_{progress},
          out_{out} {}

    MaybeFailure run() {
        out_ = {las::Points{layout_, las::ColumnSet::all()}, std::vector<InputFacts>(inputs_.size()), true};
        reserve();
        if (auto failure = report()) return failure;
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            if (auto failure = add_input(i)) return failure;
        if (auto failure = flush()) return failure;
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            if (out_.inputs[i].points != inputs_[i].point_count()) return count_failure(inputs_[i]);
        return std::nullopt;
    }

private:
    void reserve() {
        std::uint64_t believed = 0;
        for (const auto& input : inputs_) {
            believed += std::min(input.point_count(), input.info().file_size * kBelievedPointsPerByte);
            total_ += input.point_count();
        }
        las::for_each_column(out_.points, [&](auto& column) { column.reserve(static_cast<std::size_t>(believed)); });
    }

    MaybeFailure report() const {
        if (progress_ && !progress_("read", done_, total_)) return stopped_failure();
        return std::nullopt;
    }

    static Failure count_failure(const OpenInput& input) {
        const bool extended = input.info().header.version_minor >= 4;
        return input_failure(input.name, {Code::bad_value, extended ? kCountAt : kLegacyCountAt,
                                          "the points of the file are not as many as its header declares"});
    }

    MaybeFailure add_input(std::size_t index) {
        const auto& reader = *inputs_[index].reader;
        const auto blocks = reader.blocks();
        if (blocks.empty()) return add_sequence(index);
        std::uint64_t sum = 0;
        for (const auto& block : blocks) {
            if (block.point_count > inputs_[index].point_count() - sum) return count_failure(inputs_[index]);
            sum += block.point_count;
        }
        for (std::size_t b = 0; b < blocks.size(); ++b)
            if (auto failure = add_piece({index, b, blocks[b].point_count})) return failure;
        return std::nullopt;
    }

    MaybeFailure add_sequence(std::size_t index) {
        const auto points = inputs_[index].point_count();
        if (points == 0) return std::nullopt;
        if (points <= kWholeFilePoints) return add_piece({index, std::nullopt, points});
        if (auto failure = flush()) return failure;
        for (;;) {
            auto rows = las::Points{inputs_[index].info().layout, las::ColumnSet::all()};
            if (const auto status = inputs_[index].reader->read_next(kSequenceRows, rows); !status)
                return input_failure(inputs_[index].name, status.error());
            if (rows.size() == 0) return std::nullopt;
            if (auto failure = append(index, rows)) return failure;
        }
    }

    MaybeFailure add_piece(const Piece& piece) {
        // More than a chunk may hold is either damage, which decoding shows, or goes in by itself.
        if (piece.points > options_.limits.max_chunk_points) {
            if (auto failure = flush()) return failure;
            las::Points rows;
            if (const auto status = decode(piece, rows); !status)
                return input_failure(inputs_[piece.input].name, status.error());
            return append(piece.input, rows);
        }
        pieces_.push_back(piece);
        pending_ += piece.points;
        return pending_ >= kBatchPoints * executor_.concurrency() ? flush() : std::nullopt;
    }

    Status decode(const Piece& piece, las::Points& rows) const {
        auto& reader = *inputs_[piece.input].reader;
        rows = las::Points{reader.info().layout, las::ColumnSet::all()};
        if (piece.block) return reader.read_block(*piece.block, rows);
        while (rows.size() < piece.points) {
            const auto before = rows.size();
            if (const auto status = reader.read_next(static_cast<std::size_t>(piece.points), rows); !status)
                return status;
            if (rows.size() == before) break;
        }
        return Ok{};
    }

    /// Brings rows into the output's form. Says whether their coordinates fit.
    bool convert(std::size_t index, las::Points& rows, InputFacts& facts) const {
        facts = look_at(rows);
        las::convert_points(rows, layout_.format);
        move_extra_bytes(extra_maps_[index], rows);
        if (rows.size() == 0) return true;
        const auto& maps = coordinates_.maps[index];
        for (std::size_t a = 0; a < 3; ++a)
            if (!fits(maps[a], facts.box, a)) return false;
        facts.rounded = apply(maps[0], rows.x) + apply(maps[1], rows.y) + apply(maps[2], rows.z);
        return true;
    }

    MaybeFailure append(std::size_t index, las::Points& rows) {
        InputFacts facts;
        out_.fits = convert(index, rows, facts) && out_.fits;
        out_.inputs[index].include(facts);
        done_ += rows.size();
        if (out_.fits) {
            const auto first = out_.points.size();
            if (rows.size() > kMostPoints - first) return memory_failure(total_);
            out_.points.resize(first + rows.size());
            store_rows(rows, out_.points, first);
        }
        return report();
    }

    /// Decodes the pieces gathered so far, each to its place in the columns.
    MaybeFailure flush() {
        struct Result {
            std::optional<Error> error;
            InputFacts facts;
            bool fits = true;
        };
        std::vector<Result> results(pieces_.size());
        std::vector<std::size_t> first(pieces_.size());
        std::size_t rows = out_.points.size();
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            first[i] = rows;
            rows += static_cast<std::size_t>(pieces_[i].points);
        }
        if (rows > kMostPoints) return memory_failure(total_);
        const bool keep = out_.fits;
        if (keep) out_.points.resize(rows);

        executor_.for_each(pieces_.size(), [&](std::size_t i) {
            las::Points decoded;
            if (const auto status = decode(pieces_[i], decoded); !status) {
                results[i].error = status.error();
                return;
            }
            results[i].fits = convert(pieces_[i].input, decoded, results[i].facts);
            if (decoded.size() == pieces_[i].points && results[i].fits && keep)
                store_rows(decoded, out_.points, first[i]);
        });

        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            const auto& input = inputs_[pieces_[i].input];
            if (results[i].error) return input_failure(input.name, *results[i].error);
            if (results[i].facts.points != pieces_[i].points) return count_failure(input);
            out_.inputs[pieces_[i].input].include(results[i].facts);
            out_.fits = out_.fits && results[i].fits;
            done_ += pieces_[i].points;
        }
        pieces_.clear();
        pending_ = 0;
        return report();
    }

    std::span<const OpenInput> inputs_;
    las::PointLayout layout_;
    std::span<const ExtraByteMap> extra_maps_;
    const CoordinatePlan& coordinates_;
    const Options& options_;
    wire::Executor& executor_;
    const Progress& progress_;
    Ingested& out_;
    std::vector<Piece> pieces_;
    std::uint64_t pending_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace

void InputFacts::include(const InputFacts& other) {
    if (other.points == 0) return;
    if (points == 0)
        box = other.box;
    else
        box.include(other.box);
    points += other.points;
    time_min = std::min(time_min, other.time_min);
    time_max = std::max(time_max, other.time_max);
    non_finite_times += other.non_finite_times;
    infinite_times += other.infinite_times;
    return_zero += other.return_zero;
    return_excess += other.return_excess;
    rounded += other.rounded;
}

MaybeFailure ingest(std::span<const OpenInput> inputs, const las::PointLayout& layout,
                    std::span<const ExtraByteMap> extra_maps, const CoordinatePlan& coordinates, const Options& options,
                    wire::Executor& executor, const Progress& progress, Ingested& out) {
    return Ingestion{inputs, layout, extra_maps, coordinates, options, executor, progress, out}.run();
}

}  // namespace copse::build
