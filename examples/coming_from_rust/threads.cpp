// Shows: one tree for several threads, whose lock nobody holds while bytes are on their way.
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "examples.hpp"

using namespace copse;

namespace {

// [quote: shared]
class SharedSurvey {
public:
    explicit SharedSurvey(Survey survey)
        : survey_{std::move(survey)}, tree_{read::Tree::create(survey_.file).value()} {}

    std::vector<copc::Entry> visible(const read::Region& region) {
        std::unique_lock lock{mutex_};
        while (!tree_.complete(region)) {
            auto pages = tree_.plan(region);
            lock.unlock();
            drive(pages, *survey_.source);  // without the lock: others look at the tree meanwhile
            lock.lock();
            tree_.put(std::move(pages)).value();
        }
        std::vector<copc::Entry> entries;
        for (const auto& key : tree_.visible(region)) entries.push_back(*tree_.find(key));
        return entries;
    }

    /// Needs no lock at all: the file is immutable, and sources are for all threads.
    read::Chunk fetch(const copc::Entry& entry, const read::Request& fields) {
        const auto bytes = survey_.source->read(entry.range()).value();
        return read::decode_chunk(*survey_.file, entry, bytes, fields).value();
    }

private:
    Survey survey_;
    std::mutex mutex_;
    read::Tree tree_;
};
// [/quote]

}  // namespace

std::uint64_t share_between_threads(const std::string& path) {
    SharedSurvey shared{open_survey(path)};
    const auto entries = shared.visible({});
    std::atomic<std::uint64_t> points{0};
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < shared.visible({}).size(); i = next++)
            points += shared.fetch(entries[i], {}).matched;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work);
    for (auto& thread : threads) thread.join();
    return points;
}
