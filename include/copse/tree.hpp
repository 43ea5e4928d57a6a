// For viewers and others with many questions about one file: a tree that keeps what was loaded of its hierarchy and
// temporal index, chunks decoded one by one, and points row by row. Part of the room `read`.
#pragma once

#include <cassert>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "copse/read.hpp"

namespace copse::read {

// ---- the tree -------------------------------------------------------------------------------------------------------

/// A part of a file, by place, detail and time.
struct Region {
    copc::Box box;                             ///< CRS units, closed
    int max_level = copc::kMaxLevel;           ///< levels 0 (coarsest) to this, inclusive
    std::optional<temporal::TimeWindow> time;  ///< closed; file's encoding
};

/// Fetches the pages that a region needs and a tree did not have: those of both kinds that are known to be needed in
/// the same round, those that lie close together as one request. Knows nothing of its tree: it may run in another
/// thread, outside a lock, be destroyed half-way, or come to nothing, and the tree is as it was.
class TreeLoad final : public wire::PullReader {
public:
    ~TreeLoad() override;
    TreeLoad(TreeLoad&&) noexcept;
    TreeLoad& operator=(TreeLoad&&) noexcept;

    /// need_bytes, done (hand it to `Tree::put`) or failed.
    wire::Step step() override;
    [[nodiscard]] std::vector<ByteRange> wanted() const override;
    void supply(ByteRange range, ByteView bytes) override;
    [[nodiscard]] const Error& error() const override;

private:
    friend class Tree;
    struct State;
    explicit TreeLoad(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// What is known of a file's nodes. Grows by `plan`, fetching, and `put`; forgets nothing, fetches no page twice.
/// `const` functions may be called by several threads at once, `put` by nobody else at the same time: where threads
/// share a tree, plan and put under their lock and fetch without it. A page that two threads fetch at the same time is
/// fetched twice and kept once.
class Tree {
public:
    /// With the root pages, which opening has read. Errors: those of the root hierarchy page.
    static Result<Tree> create(std::shared_ptr<const File> file, wire::Limits limits = {});
    ~Tree();
    Tree(Tree&&) noexcept;
    Tree& operator=(Tree&&) noexcept;

    [[nodiscard]] const std::shared_ptr<const File>& file() const;

    // loading

    /// What the region needs and is not there yet; done at once if that is nothing. With a time window, temporal pages
    /// are loaded too, and subtrees that the index excludes are not.
    [[nodiscard]] TreeLoad plan(const Region& region) const;
    /// Takes the pages of a load of this file that is done; pages that are there already do not matter.
    /// Errors: of the hierarchy (a node twice, more points than the header declares, or fewer once all pages are
    /// there …); the page in question is left out and the tree can still be used. What is wrong with the temporal index
    /// is no error: the index is given up, see `warnings`.
    Status put(TreeLoad load);
    /// Whether all pages that the region needs are there, so that `visible` leaves out nothing.
    [[nodiscard]] bool complete(const Region& region) const;
    /// Whether the node, if there is one, and all its descendants are known.
    [[nodiscard]] bool complete_below(const copc::VoxelKey& key) const;
    /// Roots of the subtrees whose hierarchy pages are not there, breadth-first.
    [[nodiscard]] std::vector<copc::VoxelKey> pending() const;

    // nodes; pointers and spans are valid until the next `put`

    /// The node, with points or empty; nullptr if there is none, or its page is not there.
    [[nodiscard]] const copc::Entry* find(const copc::VoxelKey& key) const;
    [[nodiscard]] std::size_t size() const;
    /// All nodes, breadth-first.
    [[nodiscard]] std::vector<copc::Entry> entries() const;
    /// The node's children that are there. Whether that is all of them says `complete_below`.
    [[nodiscard]] std::vector<copc::Entry> children(const copc::VoxelKey& key) const;
    /// Keys of the nodes that can have points in the region, breadth-first. None with a matching point is left out if
    /// the region is `complete`. Cost: looks at every node that is there.
    [[nodiscard]] std::vector<copc::VoxelKey> visible(const Region& region) const;

    // time

    /// Whether there is a temporal index and nothing speaks against it so far.
    [[nodiscard]] bool has_index() const;
    /// The node's samples; empty if it has none, none that can be believed, or their page is not there.
    [[nodiscard]] std::span<const double> samples(const copc::VoxelKey& key) const;
    /// Rows of the node that can lie in the window. Never leaves out a matching row, whatever is known: all rows where
    /// there are no samples that can be believed, none where the index excludes the node or there is no such node.
    [[nodiscard]] temporal::RowRange rows(const copc::VoxelKey& key, const temporal::TimeWindow& window) const;
    [[nodiscard]] std::span<const std::string> warnings() const;

private:
    struct State;
    explicit Tree(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// ---- chunks ---------------------------------------------------------------------------------------------------------

/// Decodes one node's chunk from its bytes: the points that match `request` (box, time, polygon, `where`; not its
/// level), with the columns that it asks for; `Chunk::rows` says which rows they are. May be called by several threads.
/// @param bytes of `entry.range()`
/// @param rows  only these, e.g. of `Tree::rows`. Rows behind them are not decoded, rows before them not tested
Result<Chunk> decode_chunk(const File& file, const copc::Entry& entry, ByteView bytes, const Request& request,
                           std::optional<temporal::RowRange> rows = std::nullopt);

/// Rows whose point lies in the box, ascending; nullopt if the box has a Z range and the points have no Z column.
/// Exact: coordinates are compared as `Query` does.
std::optional<std::vector<std::uint32_t>> rows_in(const las::Points& points, const las::Header& header,
                                                  const copc::Box& box);
/// Rows whose GPS time lies in the window, ascending; nullopt if the points have no time column.
std::optional<std::vector<std::uint32_t>> rows_in(const las::Points& points, const temporal::TimeWindow& window);

// ---- points ---------------------------------------------------------------------------------------------------------

/// One row of columns as a person reads it: scaled coordinates, degrees, flags by name. Refers to points and header.
/// @pre of each function: the points have the column (`has`); X, Y, returns and channel they always have
class PointRef {
public:
    PointRef(const las::Points& points, const las::Header& header, std::size_t row)
        : points_{&points}, header_{&header}, row_{row} {}

    [[nodiscard]] std::size_t row() const { return row_; }
    [[nodiscard]] bool has(std::uint32_t field) const { return points_->columns.has(field); }

    [[nodiscard]] double x() const { return scaled(points_->x, 0); }
    [[nodiscard]] double y() const { return scaled(points_->y, 1); }
    [[nodiscard]] double z() const { return scaled(points_->z, 2); }
    [[nodiscard]] double gps_time() const { return at(points_->gps_time); }
    [[nodiscard]] std::uint16_t intensity() const { return at(points_->intensity); }
    [[nodiscard]] std::uint8_t return_number() const { return points_->return_number(row_); }
    [[nodiscard]] std::uint8_t number_of_returns() const { return points_->number_of_returns(row_); }
    [[nodiscard]] std::uint8_t scanner_channel() const { return at(points_->channel); }
    [[nodiscard]] std::uint8_t classification() const { return at(points_->classification); }
    [[nodiscard]] bool synthetic() const { return flag(0); }
    [[nodiscard]] bool key_point() const { return flag(1); }
    [[nodiscard]] bool withheld() const { return flag(2); }
    [[nodiscard]] bool overlap() const { return flag(3); }
    [[nodiscard]] bool left_to_right() const { return flag(4); }  ///< LAS: scan direction flag 1, positive direction
    [[nodiscard]] bool edge_of_flight_line() const { return flag(5); }
    [[nodiscard]] double scan_angle_degrees() const {
        return at(points_->scan_angle) * (las::is_extended(points_->layout.format) ? 0.006 : 1.0);
    }
    [[nodiscard]] std::uint8_t user_data() const { return at(points_->user_data); }
    [[nodiscard]] std::uint16_t point_source_id() const { return at(points_->point_source_id); }
    [[nodiscard]] std::uint16_t red() const { return at(points_->red); }
    [[nodiscard]] std::uint16_t green() const { return at(points_->green); }
    [[nodiscard]] std::uint16_t blue() const { return at(points_->blue); }
    [[nodiscard]] std::uint16_t nir() const { return at(points_->nir); }
    /// A scalar dimension of the extra bytes (`File::extra`), with its scale and offset.
    [[nodiscard]] double extra(const las::ExtraDimension& dimension) const;

private:
    template <class T>
    [[nodiscard]] T at(const las::Column<T>& column) const {
        assert(row_ < column.size());
        return column[row_];
    }
    // Two rounded operations, as everywhere.
    [[nodiscard]] double scaled(const las::Column<std::int32_t>& column, std::size_t axis) const {
        const double product = at(column) * header_->scale[axis];
        return product + header_->offset[axis];
    }
    [[nodiscard]] bool flag(unsigned bit) const { return (at(points_->flags) >> bit & 1u) != 0; }

    const las::Points* points_;
    const las::Header* header_;
    std::size_t row_;
};

/// Rows of points, all or some, to loop over: `for (const auto point : PointRows{chunk.points, file->header})`.
class PointRows {
public:
    PointRows(const las::Points& points, const las::Header& header)
        : points_{&points}, header_{&header}, count_{points.size()} {}
    /// @param rows which must outlive this; each below points.size()
    PointRows(const las::Points& points, const las::Header& header, std::span<const std::uint32_t> rows)
        : points_{&points}, header_{&header}, rows_{rows}, some_{true}, count_{rows.size()} {}

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = PointRef;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = PointRef;

        Iterator() = default;
        Iterator(const PointRows& list, std::size_t index) : list_{&list}, index_{index} {}
        PointRef operator*() const { return (*list_)[index_]; }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        Iterator operator++(int) {
            auto before = *this;
            ++index_;
            return before;
        }
        friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

    private:
        const PointRows* list_ = nullptr;
        std::size_t index_ = 0;
    };

    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] PointRef operator[](std::size_t index) const {
        return {*points_, *header_, some_ ? rows_[index] : index};
    }
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, count_}; }

private:
    const las::Points* points_;
    const las::Header* header_;
    std::span<const std::uint32_t> rows_;
    bool some_ = false;
    std::size_t count_;
};

}  // namespace copse::read
