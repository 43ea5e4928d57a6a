// The deep check: decodes all points, in batches of chunks, each chunk on a thread of its own.
#include <algorithm>

#include "check/scan.hpp"

namespace copse::check {

namespace {

constexpr std::uint64_t kBatchBytes = 64u << 20;
constexpr std::size_t kBatchJobsPerThread = 8;
constexpr std::uint64_t kRecordsPerJob = 50000;

/// Chunks that may be decoded: in the file, apart from each other, and as many points as the header says. A file whose
/// counts contradict each other has failed already, and its claims are not worth the work.
bool sound(const Facts& facts, std::vector<ChunkJob>& jobs) {
    std::sort(jobs.begin(), jobs.end(), [](const ChunkJob& a, const ChunkJob& b) { return a.range < b.range; });
    auto free_from = std::uint64_t{facts.header.offset_to_point_data};
    auto points_left = facts.header.point_count();
    for (const auto& job : jobs) {
        if (!inside(job.range, facts.size) || job.range.offset < free_from || job.range.size == 0) return false;
        if (job.range.size > facts.limits.max_chunk_bytes || job.points > points_left) return false;
        free_from = job.range.end();
        points_left -= job.points;
    }
    return points_left == 0;
}

std::vector<ChunkJob> node_jobs(const Facts& facts) {
    std::vector<ChunkJob> jobs;
    const auto& nodes = facts.hierarchy.nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto& entry = nodes[i].entry;
        if (!entry.has_points()) continue;
        const auto size = static_cast<std::uint64_t>(std::max(entry.byte_size, 0));
        jobs.push_back({{entry.offset, size}, static_cast<std::uint64_t>(entry.point_count), i});
    }
    return jobs;
}

std::vector<ChunkJob> table_jobs(const Facts& facts) {
    std::vector<ChunkJob> jobs;
    for (const auto& chunk : *facts.laz.chunks)
        jobs.push_back({{chunk.offset, chunk.size}, chunk.point_count, facts.hierarchy.nodes.size()});
    return jobs;
}

std::vector<ChunkJob> record_jobs(const Facts& facts) {
    std::vector<ChunkJob> jobs;
    const std::uint64_t length = facts.header.record_length;
    const std::uint64_t data = facts.header.offset_to_point_data;
    const auto count = facts.header.point_count();
    if (data > facts.size || count > (facts.size - data) / length) return jobs;
    for (std::uint64_t first = 0; first < count; first += kRecordsPerJob) {
        const auto rows = std::min(kRecordsPerJob, count - first);
        jobs.push_back({{data + first * length, rows * length}, rows, facts.hierarchy.nodes.size()});
    }
    return jobs;
}

/// The nodes' chunks; where the hierarchy is of no use, those of the chunk table; of a LAS file, runs of records.
std::vector<ChunkJob> make_jobs(const Facts& facts) {
    std::vector<ChunkJob> jobs;
    if (facts.laz.laszip) {
        if (facts.info && facts.hierarchy.complete()) jobs = node_jobs(facts);
        if ((jobs.empty() || !sound(facts, jobs)) && facts.laz.chunks) jobs = table_jobs(facts);
    } else if (facts.laz.record == nullptr && !facts.header.marked_compressed()) {
        jobs = record_jobs(facts);
    }
    if (!sound(facts, jobs)) jobs.clear();
    return jobs;
}

class Batches {
public:
    Batches(wire::Source& source, const Options& options, wire::Executor& executor, Facts& facts,
            std::vector<ChunkJob> jobs)
        : source_{source},
          options_{options},
          executor_{executor},
          facts_{facts},
          context_{make_scan_context(facts)},
          jobs_{std::move(jobs)} {}

    void run() {
        auto& total = facts_.points.emplace();
        for (std::size_t first = 0; first < jobs_.size() && !facts_.io_error;) {
            const auto last = batch_end(first);
            run_batch(first, last, total);
            first = last;
            if (options_.progress && !options_.progress(points_done_, facts_.header.point_count())) {
                total.stopped = first < jobs_.size();
                break;
            }
        }
        if (facts_.io_error) facts_.points.reset();
    }

private:
    std::size_t batch_end(std::size_t first) const {
        const auto most = std::min(jobs_.size(), first + kBatchJobsPerThread * std::max(1u, executor_.concurrency()));
        auto last = first + 1;
        auto bytes = jobs_[first].range.size;
        while (last < most && jobs_[last].range.size <= kBatchBytes - std::min(bytes, kBatchBytes))
            bytes += jobs_[last++].range.size;
        return last;
    }

    void run_batch(std::size_t first, std::size_t last, PointFacts& total) {
        std::vector<PointFacts> results(last - first);
        std::vector<std::optional<Error>> io_errors(last - first);
        executor_.for_each(last - first, [&](std::size_t i) {
            const auto& job = jobs_[first + i];
            const auto bytes = source_.read(job.range);
            if (bytes)
                results[i] = scan_chunk(context_, job, *bytes);
            else
                io_errors[i] = bytes.error();
        });
        // Merged in file order: the report does not depend on which thread was first.
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (!facts_.io_error) facts_.io_error = io_errors[i];
            total.merge(results[i]);
            points_done_ += jobs_[first + i].points;
        }
    }

    wire::Source& source_;
    const Options& options_;
    wire::Executor& executor_;
    Facts& facts_;
    ScanContext context_;
    std::vector<ChunkJob> jobs_;
    std::uint64_t points_done_ = 0;
};

}  // namespace

void load_points(wire::Source& source, const Options& options, wire::Executor& executor, Facts& facts) {
    if (facts.io_error || !facts.layout_known()) return;
    auto jobs = make_jobs(facts);
    if (jobs.empty() && facts.header.point_count() > 0) return;
    Batches{source, options, executor, facts, std::move(jobs)}.run();
}

}  // namespace copse::check
