#include <algorithm>
#include <cassert>
#include <utility>

#include "copse/write.hpp"
#include "write/file_frame.hpp"

namespace copse::write {
namespace {

// Rows turned into records at a time: bounds the buffer whatever the caller hands in.
constexpr std::size_t kRowsAtOnce = 16384;

class LasWriter final : public PointWriter {
public:
    LasWriter(wire::Sink& sink, FileTemplate file)
        : sink_{&sink}, frame_{sink, std::move(file)}, status_{frame_.begin(std::nullopt)} {}

    Status add(const las::Points& points) override {
        assert(points.layout == frame_.layout());
        if (!status_) return status_;
        for (std::size_t first = 0; first < points.size() && status_; first += kRowsAtOnce) {
            records_.clear();
            las::pack_records(points, first, std::min(points.size(), first + kRowsAtOnce), records_);
            status_ = sink_->append(records_);
        }
        if (status_) tally_.add(points);
        return status_;
    }

    Status finish() override {
        if (status_) status_ = frame_.finish(tally_);
        return status_;
    }

    [[nodiscard]] std::uint64_t point_count() const override { return tally_.count(); }

private:
    wire::Sink* sink_;
    FileFrame frame_;
    Tally tally_;
    Bytes records_;
    Status status_;
};

}  // namespace

std::unique_ptr<PointWriter> make_las_writer(wire::Sink& sink, FileTemplate file) {
    return std::make_unique<LasWriter>(sink, std::move(file));
}

}  // namespace copse::write
