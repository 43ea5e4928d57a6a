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
        piece_bytes_ += 2 * kGatheredBytes + 2 * schema_.record_size();

        Buckets sums;
        if (auto failure = sum_up(sums)) return failure;
        for (std::size_t i = 0; i < kBuckets; ++i) {
            report_.points_a += sums.a[i].points;
            report_.points_b += sums.b[i].points;
        }
        report_.same = sums.a == sums.b;
        if (report_.same || !options_.details) return std::nullopt;
        return find_differences(sums);
    }

    /// Calls that may run at the same time in so much memory.
    [[nodiscard]] std::size_t calls_within(std::uint64_t bytes, std::uint64_t each) const {
        return static_cast<std::size_t>(std::min<std::uint64_t>(bytes / each, executor_.concurrency()));
    }

    std::optional<Failure> read(const char* stage, std::size_t at_once,
                                const std::function<void(std::size_t, las::Points&)>& use) {
        const ReadContext context{inputs_, facts_, options_.limits, &executor_, &progress_, stage};
        return for_each_block(context, at_once, use);
    }

    template <class Use>
    void for_each_record(std::size_t file, las::Points& points, const Use& use) const {
        RecordMaker maker{schema_, file};
        maker.prepare(points);
        const auto size = schema_.record_size();
        for (std::size_t first = 0; first < points.size(); first += maker.rows_at_once()) {
            const auto count = std::min(maker.rows_at_once(), points.size() - first);
            const auto* record = maker.make(points, first, count);
            for (std::size_t i = 0; i < count; ++i, record += size) use(record, hash_record(record, size));
        }
    }

    // ---- first reading ----

    std::optional<Failure> sum_up(Buckets& sums) {
        const auto limit = options_.memory_limit;
        const auto at_once =
            limit < kBucketsBytes ? 0 : calls_within(limit - kBucketsBytes, piece_bytes_ + kBucketsBytes);
        if (at_once == 0) return memory_failure();
        BucketPool pool;
        const auto use = [&](std::size_t file, las::Points& points) {
            auto buckets = pool.take();
            auto& side = buckets->of(facts_[file].side);
            for_each_record(file, points,
                            [&](const std::byte*, const RecordHash& hash) { side[bucket_of(hash)].add(hash); });
            pool.give_back(std::move(buckets));
        };
        if (auto failure = read("compare", at_once, use)) return failure;
        sums = pool.sum();
        return std::nullopt;
    }

    // ---- further readings ----

    std::optional<Failure> find_differences(const Buckets& sums) {
        const auto limit = options_.memory_limit - kBucketsBytes;
        const auto at_once = std::max<std::size_t>(1, calls_within(limit / 2, piece_bytes_));
        const auto working = at_once * piece_bytes_;
        const auto capacity = RecordTable::capacity_for(schema_.record_size(), limit < working ? 0 : limit - working);
        if (capacity < kLeastCapacity) return memory_failure();

        const auto parts = cut(sums, capacity);
        Tally tally{schema_, static_cast<std::size_t>(options_.shown)};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto stage = "find " + std::to_string(i + 1) + "/" + std::to_string(parts.size());
            RecordTable table{schema_.record_size(),
                              static_cast<std::size_t>(std::min<std::uint64_t>(parts[i].points, capacity))};
            if (auto failure = fill(stage.c_str(), at_once, parts[i], table)) return failure;
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

    std::optional<Failure> fill(const char* stage, std::size_t at_once, const Part& part, RecordTable& table) {
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
            for_each_record(file, points, [&](const std::byte* record, const RecordHash& hash) {
                if (!holds(part, hash)) return;
                gathered.insert(gathered.end(), record, record + size);
                hashes.push_back(hash.first);
                if (gathered.size() >= kGatheredBytes) hand_over();
            });
            hand_over();
        };
        if (auto failure = read(stage, at_once, use)) return failure;
        return full ? std::optional{memory_failure()} : std::nullopt;
    }

    std::size_t a_count_;
    std::vector<Input> inputs_;
    Options options_;
    wire::Executor& executor_;
    const Progress& progress_;
    std::vector<FileFacts> facts_;
    std::uint64_t piece_bytes_ = 0;
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
