#include "copse/compare.hpp"

#include <algorithm>
#include <mutex>
#include <string>

#include "compare/buckets.hpp"
#include "compare/reading.hpp"
#include "compare/record_table.hpp"
#include "compare/tally.hpp"

namespace copse::compare {
namespace {

/// Fewer records at a time are not worth reading everything for.
constexpr std::size_t kLeastCapacity = 1000;
/// Records gathered before they go into the table that all calls share.
constexpr std::size_t kGatheredBytes = 1u << 16;
constexpr std::uint64_t kMostShown = 1000;

Failure memory_failure() { return {"", {Code::limit_exceeded, 0, "the memory limit is too small for these files", 0}}; }

/// A part of the points that is compared in one reading: those of buckets that do not agree.
struct Part {
    std::size_t first_bucket = 0, last_bucket = 0;
    std::uint64_t points = 0;
    /// Of one bucket that is too large: records whose second hash leaves this remainder.
    std::uint64_t slices = 1, slice = 0;
};

class Comparison {
public:
    Comparison(std::span<const Input> a, std::span<const Input> b, const Options& options, wire::Executor& executor,
               const Progress& progress)
        : a_count_{a.size()}, inputs_{a.begin(), a.end()}, options_{options}, executor_{executor}, progress_{progress} {
        inputs_.insert(inputs_.end(), b.begin(), b.end());
        options_.shown = std::min(options_.shown, kMostShown);
        options_.limits.max_chunk_bytes = std::min(options_.limits.max_chunk_bytes, options_.memory_limit / 4);
    }

    Outcome run() {
        if (auto failure = compare()) return {std::nullopt, std::move(failure)};
        return {std::move(report_), std::nullopt};
    }

private:
    std::optional<Failure> compare() {
        if (auto failure = look_at(inputs_, options_.limits, executor_, facts_)) return failure;
        for (std::size_t i = 0; i < facts_.size(); ++i) {
            facts_[i].side = i < a_count_ ? Side::a : Side::b;
            piece_bytes_ = std::max(piece_bytes_, facts_[i].piece_bytes);
        }
        auto schema = Schema::plan(facts_);
        if (!schema) return Failure{"", schema.error()};
        schema_ = *std::move(schema);
        report_.warnings = schema_.warnings();
        // What a call needs besides the points it reads.
        call_bytes_ = 2 * kGatheredBytes + 2 * schema_.record_size() + RecordMaker::bytes_for(schema_);

        Buckets sums;
        if (auto failure = sum_up(sums)) return failure;
        report_.moved = sums.moved;
        for (std::size_t axis = 0; axis < 3; ++axis) report_.moved[axis] *= schema_.step(axis);
        if (auto text = schema_.moved_text(sums.moved); !text.empty()) report_.warnings.push_back(std::move(text));
        for (std::size_t i = 0; i < kBuckets; ++i) {
            report_.points_a += sums.a[i].points;
            report_.points_b += sums.b[i].points;
        }
        report_.same = sums.a == sums.b;
        if (report_.same) return std::nullopt;
        // Sums take middles as the converter rounds them; the points themselves show whether another way would do.
        const bool may_be_same = schema_.may_tie() && report_.points_a == report_.points_b;
        if (!options_.details && !may_be_same) return std::nullopt;
        return find_differences(sums);
    }

    [[nodiscard]] ReadPlan plan_within(std::uint64_t bytes, std::uint64_t call_bytes) const {
        return plan_reading(bytes, piece_bytes_, call_bytes, executor_.concurrency());
    }

    std::optional<Failure> read(const char* stage, const ReadPlan& plan,
                                const std::function<void(std::size_t, las::Points&)>& use) {
        const ReadContext context{inputs_, facts_, options_.limits, &executor_, &progress_, stage};
        return for_each_block(context, plan, use);
    }

    /// Calls `use(maker, row, hash)` for each point, `row` as of RecordMaker::append_record.
    template <class Use>
    std::array<double, 3> for_each_record(std::size_t file, las::Points& points, const Use& use) const {
        RecordMaker maker{schema_, file};
        maker.prepare(points);
        for (std::size_t first = 0; first < points.size(); first += maker.rows_at_once()) {
            const auto count = std::min(maker.rows_at_once(), points.size() - first);
            const auto hashes = maker.make(points, first, count);
            for (std::size_t row = 0; row < count; ++row) use(maker, row, hashes[row]);
        }
        return maker.moved();
    }

    // ---- first reading ----

    std::optional<Failure> sum_up(Buckets& sums) {
        const auto limit = options_.memory_limit;
        const auto plan =
            limit < kBucketsBytes ? ReadPlan{} : plan_within(limit - kBucketsBytes, call_bytes_ + kBucketsBytes);
        if (plan.calls == 0) return memory_failure();
        BucketPool pool;
        const auto use = [&](std::size_t file, las::Points& points) {
            auto buckets = pool.take();
            auto& side = buckets->of(facts_[file].side);
            buckets->add_moved(for_each_record(
                file, points,
                [&](const RecordMaker&, std::size_t, const RecordHash& hash) { side[bucket_of(hash)].add(hash); }));
            pool.give_back(std::move(buckets));
        };
        if (auto failure = read("compare", plan, use)) return failure;
        sums = pool.sum();
        return std::nullopt;
    }

    // ---- further readings ----

    std::optional<Failure> find_differences(const Buckets& sums) {
        const auto limit = options_.memory_limit - kBucketsBytes;
        auto plan = plan_within(limit / 2, call_bytes_);
        if (plan.calls == 0) plan = {1, 1, piece_bytes_ + call_bytes_};
        const auto working = plan.calls * plan.call_bytes;
        const auto capacity = RecordTable::capacity_for(schema_.record_size(), limit < working ? 0 : limit - working);
        if (capacity < kLeastCapacity) return memory_failure();

        const auto parts = cut(sums, capacity);
        // Points of one place are in parts of their own, unless these are made for ties.
        if (schema_.may_tie() && parts.size() > 1) report_.pairs_missed = true;
        Tally tally{schema_, static_cast<std::size_t>(options_.shown)};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto stage = "find " + std::to_string(i + 1) + "/" + std::to_string(parts.size());
            RecordTable table{schema_.record_size(),
                              static_cast<std::size_t>(std::min<std::uint64_t>(parts[i].points, capacity))};
            if (auto failure = fill(stage.c_str(), plan, parts[i], table)) return failure;
            tally.add(table);
        }
        report_.passes += parts.size();
        tally.finish(report_);
        return std::nullopt;
    }

    /// Buckets that do not agree, as many together as fit.
    std::vector<Part> cut(const Buckets& sums, std::size_t capacity) {
        std::vector<Part> parts;
        bool open = false;  // the last part takes more
        for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
            differing_[bucket] = !(sums.a[bucket] == sums.b[bucket]);
            if (!differing_[bucket]) continue;
            const auto points = sums.a[bucket].points + sums.b[bucket].points;
            if (points > capacity) {
                cut_bucket(bucket, points, capacity, parts);
                open = false;
                continue;
            }
            if (!open || parts.back().points + points > capacity) parts.push_back({bucket, bucket, 0, 1, 0});
            open = true;
            parts.back().last_bucket = bucket;
            parts.back().points += points;
        }
        return parts;
    }

    /// Slices are not all of one size; copies of a record, which go into the same one, take the place of one.
    void cut_bucket(std::size_t bucket, std::uint64_t points, std::size_t capacity, std::vector<Part>& parts) {
        report_.pairs_missed = true;
        const auto slices = points / (capacity / 4 * 3) + 1;
        for (std::uint64_t slice = 0; slice < slices; ++slice)
            parts.push_back({bucket, bucket, capacity, slices, slice});
    }

    [[nodiscard]] bool holds(const Part& part, const RecordHash& hash) const {
        const auto bucket = bucket_of(hash);
        return differing_[bucket] && bucket >= part.first_bucket && bucket <= part.last_bucket &&
               (part.slices == 1 || hash.second % part.slices == part.slice);
    }

    std::optional<Failure> fill(const char* stage, const ReadPlan& plan, const Part& part, RecordTable& table) {
        const auto size = schema_.record_size();
        std::mutex mutex;
        bool full = false;
        const auto use = [&](std::size_t file, las::Points& points) {
            Bytes gathered;
            std::vector<std::uint64_t> hashes;
            const std::int64_t by = facts_[file].side == Side::a ? 1 : -1;
            const auto hand_over = [&] {
                const std::lock_guard lock{mutex};
                for (std::size_t i = 0; i < hashes.size(); ++i)
                    full = !table.add(gathered.data() + i * size, hashes[i], by) || full;
                gathered.clear();
                hashes.clear();
            };
            gathered.reserve(kGatheredBytes + size);
            for_each_record(file, points, [&](const RecordMaker& maker, std::size_t row, const RecordHash& hash) {
                if (!holds(part, hash)) return;
                maker.append_record(row, gathered);
                hashes.push_back(hash.first);
                if (gathered.size() >= kGatheredBytes) hand_over();
            });
            hand_over();
        };
        if (auto failure = read(stage, plan, use)) return failure;
        return full ? std::optional{memory_failure()} : std::nullopt;
    }

    std::size_t a_count_;
    std::vector<Input> inputs_;
    Options options_;
    wire::Executor& executor_;
    const Progress& progress_;
    std::vector<FileFacts> facts_;
    std::uint64_t piece_bytes_ = 0, call_bytes_ = 0;
    Schema schema_;
    std::vector<bool> differing_ = std::vector<bool>(kBuckets);
    Report report_;
};

}  // namespace

Outcome diff(std::span<const Input> a, std::span<const Input> b, const Options& options, wire::Executor& executor,
             const Progress& progress) {
    return Comparison{a, b, options, executor, progress}.run();
}

}  // namespace copse::compare
