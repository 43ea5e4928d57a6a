// Times a time-window query over a COPC file in memory for bench/compare.py. Verbs:
//   query     read::Query: the index narrows the rows, times are decoded first, the rest where something matches
//   whole     the chunks that the query asks for, decoded whole, and the points in the window picked out
//   each      the same, one chunk after the other
//   checksum  CRC-32 of the answer to the latest request, as LAS records
// SELECTION is the share of the file's points, in the middle of their times, that the window holds, e.g. 0.01. All
// fields, one thread. The points that are reported, and that times are divided by, are those of the candidate chunks.
#include <algorithm>
#include <map>

#include "copse/read.hpp"
#include "worker.hpp"

namespace {

using namespace copse;
using bench::Request;

std::shared_ptr<const read::File> open_copc(wire::Source& source) {
    read::Opening opening{source.size()};
    while (io::pump(opening, source).value() != wire::Step::chunk_ready) {
    }
    return opening.take_file();
}

/// The window that holds `share` of all points, as many before it as after it.
temporal::TimeWindow middle_window(const bench::File& file, double share) {
    std::vector<double> times;
    las::Points points{file.info.layout, {las::ColumnSet::gps_time, 0}};
    for (const auto& entry : file.chunks) {
        file.decode(entry, points);
        times.insert(times.end(), points.gps_time.begin(), points.gps_time.end());
    }
    std::ranges::sort(times);
    const auto kept = static_cast<std::size_t>(static_cast<double>(times.size()) * share);
    const auto first = (times.size() - kept) / 2;
    return {times[first], times[first + kept]};
}

/// A file, a window, and the latest answer.
class Question {
public:
    Question(const std::string& path, double share)
        : file_{bench::load(path)}, source_{ByteView{file_.bytes}}, copc_{open_copc(source_)} {
        request_.box = copc_->bounds();
        request_.time = middle_window(file_, share);
        query();
        for (const auto& entry : file_.chunks)
            if (asked_for_.contains(entry.offset)) candidates_.push_back(entry);
        decoded_.assign(candidates_.size(), {file_.info.layout, las::ColumnSet::all()});
    }

    /// Fills `answer` by a query.
    void query() {
        read::Query query{copc_, request_};
        answer_.clear();
        while (next_step(query) == wire::Step::chunk_ready) answer_.push_back(query.take_chunk().points);
    }

    /// Fills `answer` without one, from the chunks decoded several at a time.
    void decode_whole() {
        std::vector<laz::ChunkJob> jobs;
        for (std::size_t i = 0; i < candidates_.size(); ++i) jobs.push_back(file_.job(candidates_[i], decoded_[i]));
        laz::decode_chunks(file_.format, jobs);
        answer_.clear();
        for (auto& job : jobs) {
            job.status.value();
            pick_from(*job.out);
        }
    }

    /// The same from the chunks decoded one after the other.
    void decode_each() {
        answer_.clear();
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            file_.decode(candidates_[i], decoded_[i]);
            pick_from(decoded_[i]);
        }
    }

    [[nodiscard]] std::uint64_t candidate_points() const {
        std::uint64_t count = 0;
        for (const auto& entry : candidates_) count += entry.point_count;
        return count;
    }

    [[nodiscard]] std::uint32_t checksum() const {
        bench::Crc32 crc;
        for (const auto& points : answer_) {
            Bytes records;
            las::pack_records(points, 0, points.size(), records);
            crc.add(records);
        }
        return crc.value();
    }

private:
    void pick_from(const las::Points& points) {
        std::vector<std::uint32_t> rows;
        for (std::uint32_t row = 0; row < points.size(); ++row)
            if (request_.time->contains(points.gps_time[row])) rows.push_back(row);
        if (!rows.empty()) answer_.push_back(points.gather(rows));
    }

    /// io::pump over memory without copies, and with a note of what was wanted.
    wire::Step next_step(read::Query& query) {
        for (;;) {
            const auto step = query.step();
            if (step == wire::Step::failed) wire::throw_format_error(query.error());
            if (step != wire::Step::need_bytes) return step;
            for (const auto range : query.wanted()) {
                asked_for_[range.offset] = range.size;
                query.supply(range, ByteView{file_.bytes}.subspan(static_cast<std::size_t>(range.offset),
                                                                  static_cast<std::size_t>(range.size)));
            }
        }
    }

    bench::File file_;
    io::MemorySource source_;
    std::shared_ptr<const read::File> copc_;
    read::Request request_;
    std::map<FileOffset, std::uint64_t> asked_for_;
    std::vector<laz::ChunkEntry> candidates_;
    std::vector<las::Points> decoded_;  // candidates; kept from request to request
    std::vector<las::Points> answer_;
};

class QueryWorker {
public:
    std::string answer(const Request& request) {
        if (request.verb == "checksum") return bench::hex(latest_->checksum());
        auto& question = questions_[{request.file, request.selection}];
        if (!question) question = std::make_unique<Question>(request.file, std::stod(request.selection));
        latest_ = question.get();
        const auto nanoseconds = bench::nanoseconds_of(request.repeats, [&] {
            if (request.verb == "query") return question->query();
            request.verb == "each" ? question->decode_each() : question->decode_whole();
        });
        return std::to_string(nanoseconds) + ' ' + std::to_string(question->candidate_points());
    }

private:
    std::map<std::pair<std::string, std::string>, std::unique_ptr<Question>> questions_;
    Question* latest_ = nullptr;
};

}  // namespace

int main() {
    QueryWorker worker;
    bench::serve(worker);
}
