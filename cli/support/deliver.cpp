#include "support/deliver.hpp"

#include <algorithm>

#include "copse/laz.hpp"

namespace copse::cli {
namespace {

/// The first batch is small, and goes out before the next is read, so that who reads along sees something soon.
constexpr std::size_t kFirstRows = 8192;
/// A batch feeds all threads with LAZ chunks, within reason.
constexpr std::size_t kMostChunks = 16;
constexpr std::size_t kMostBatchBytes = std::size_t{48} << 20;

std::size_t most_rows(const las::PointLayout& layout, unsigned threads) {
    const auto chunks = std::clamp<std::size_t>(std::size_t{2} * threads, 4, kMostChunks);
    return std::min<std::size_t>(chunks * laz::kDefaultChunkPoints, kMostBatchBytes / layout.record_length + 1);
}

}  // namespace

void deliver(const NextPoints& next, const las::PointLayout& layout, Answer& answer, wire::Executor& executor) {
    auto& writer = answer.writer();
    las::Points coming{layout, answer.columns()}, going{layout, answer.columns()};
    const auto most = most_rows(layout, executor.concurrency());
    std::size_t rows = std::min(kFirstRows, most);
    bool more = true, is_first = true;
    const auto read = [&] {
        while (more && coming.size() < rows) more = next(coming);
    };
    while (more || going.size() != 0) {
        const auto pieces = going.size() == 0 ? 0 : writer.begin(going);
        const std::size_t reading = more && !(is_first && pieces != 0) ? 1 : 0;
        executor.for_each(reading + pieces, [&](std::size_t i) { i < reading ? read() : writer.work(i - reading); });
        if (going.size() != 0) answer.take(writer.end());
        is_first = is_first && going.size() == 0;
        going.resize(0);
        std::swap(coming, going);
        rows = std::min(rows * 4, most);
    }
    answer.finish();
}

}  // namespace copse::cli
