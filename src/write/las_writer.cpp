#include <cassert>
#include <utility>

#include "copse/write.hpp"
#include "write/file_frame.hpp"
#include "write/row_pieces.hpp"

namespace copse::write {
namespace {

class LasWriter final : public RowPieces<Bytes> {
public:
    LasWriter(wire::Sink& sink, FileTemplate file) : RowPieces{sink}, frame_{sink, std::move(file)} {
        set_status(frame_.begin(std::nullopt));
    }

    Status finish() override {
        if (status()) set_status(frame_.finish(tally_));
        return status();
    }

    [[nodiscard]] std::uint64_t point_count() const override { return tally_.count(); }

private:
    void render(const las::Points& points, std::size_t first, std::size_t last, Bytes& out) const override {
        assert(points.layout == frame_.layout());
        las::pack_records(points, first, last, out);
    }
    void written(const las::Points& points) override { tally_.add(points); }

    FileFrame frame_;
    Tally tally_;
};

}  // namespace

std::unique_ptr<PointWriter> make_las_writer(wire::Sink& sink, FileTemplate file) {
    return std::make_unique<LasWriter>(sink, std::move(file));
}

}  // namespace copse::write
