// What writers have in common whose points are written one by one: rows are rendered in pieces, each by itself.
#pragma once

#include <algorithm>
#include <cassert>
#include <span>
#include <vector>

#include "copse/write.hpp"

namespace copse::write {

/// @tparam Buffer of bytes or characters
template <class Buffer>
class RowPieces : public PointWriter {
public:
    std::size_t begin(const las::Points& points) override {
        points_ = &points;
        const auto pieces = (points.size() + kRows - 1) / kRows;
        if (buffers_.size() < pieces) buffers_.resize(pieces);
        return pieces;
    }

    void work(std::size_t piece) override {
        buffers_[piece].clear();
        const auto first = piece * kRows;
        render(*points_, first, std::min(points_->size(), first + kRows), buffers_[piece]);
    }

    Status end() override {
        const auto pieces = (points_->size() + kRows - 1) / kRows;
        for (std::size_t i = 0; i < pieces && status_; ++i)
            status_ = sink_->append(std::as_bytes(std::span{buffers_[i].data(), buffers_[i].size()}));
        if (status_) written(*points_);
        return status_;
    }

protected:
    explicit RowPieces(wire::Sink& sink) : sink_{&sink} {}

    /// Appends rows [first, last). Safe for several threads.
    virtual void render(const las::Points& points, std::size_t first, std::size_t last, Buffer& out) const = 0;
    /// They are in the file now.
    virtual void written(const las::Points& points) = 0;

    [[nodiscard]] wire::Sink& sink() { return *sink_; }
    [[nodiscard]] const Status& status() const { return status_; }
    void set_status(const Status& status) { status_ = status; }

private:
    static constexpr std::size_t kRows = 16384;  // large enough to share out, small enough for many threads

    wire::Sink* sink_;
    const las::Points* points_ = nullptr;
    std::vector<Buffer> buffers_;
    Status status_ = Ok{};
};

}  // namespace copse::write
