// Points gathered for one place of the octree, in memory while there is room, else in scratch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "build/memory.hpp"
#include "build/parallel.hpp"
#include "build/piece.hpp"
#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::build {

/// Points in no particular order. Only `PileStore` looks inside.
class Pile {
public:
    /// Points gathered and not taken.
    [[nodiscard]] std::uint64_t rows() const { return rows_.load(std::memory_order_relaxed); }

private:
    friend class PileStore;
    struct Stored {
        ByteRange range;
        std::uint32_t rows = 0;
        std::uint32_t place = 0;
    };
    std::mutex mutex_;
    std::vector<Piece> full_;
    std::optional<Piece> open_;
    std::vector<Stored> stored_;
    std::atomic<std::uint64_t> rows_{0};
    std::atomic<std::uint32_t> full_count_{0};
    bool pinned_ = false;
    std::uint32_t moving_ = 0;  ///< calls that are putting pieces of it aside; guarded by the store
};

/// Why points could not be gathered or taken.
enum class PileFailure : std::uint8_t {
    memory,   ///< the limit is reached and nothing can be put aside
    scratch,  ///< writing or reading scratch data failed
};
struct PileStatus {
    std::optional<PileFailure> failure;
    Error error;
    [[nodiscard]] explicit operator bool() const { return !failure; }
};

/// Keeps piles within a memory budget: where it is used up, whole pieces of the largest piles go to scratch. All
/// calls may be made from several threads at once; a pile is taken by one.
class PileStore {
public:
    /// @param scratch  may be null: then a full budget is a failure
    /// @param piles    how many are expected to be open at a time: pieces are smaller where there is little memory for
    /// each
    PileStore(const las::PointLayout& layout, MemoryBudget& budget, wire::Scratch* scratch, std::size_t piles = 1);
    PileStore(const PileStore&) = delete;
    PileStore& operator=(const PileStore&) = delete;
    /// Releases what nobody took from scratch.
    ~PileStore();

    /// A new pile; lives as long as the store.
    Pile& make();

    /// Adds the given rows of `from`.
    PileStatus add(Pile& pile, const las::Points& from, std::span<const std::uint32_t> rows);
    /// Adds rows that come from many places in small numbers: in a block of their own, or at once in scratch.
    PileStatus add_alone(Pile& pile, const las::Points& from, std::span<const std::uint32_t> rows);

    /// Appends all points of the pile to `out` and empties it. @pre nobody adds to it any more
    PileStatus take(Pile& pile, las::Points& out);
    /// From now on the order in which `look` and `take` give the pile's points stays, wherever they are.
    /// @pre nobody else uses the store
    static void pin(Pile& pile);
    /// Shows the pile's points piece by piece, in the order in which `take` gives them; the pile keeps them.
    /// @pre pinned, and nothing is put aside meanwhile
    PileStatus look(Pile& pile, const std::function<PileStatus(const las::Points&)>& use);
    /// As `look`, in any order, and the pile gives each piece up before it is shown.
    PileStatus drain(Pile& pile, const std::function<PileStatus(const las::Points&)>& use);
    /// As `drain`, in the order of `look`.
    PileStatus drain_in_order(Pile& pile, const std::function<PileStatus(const las::Points&)>& use);
    /// Takes so much of the budget for other work; pieces are put aside for it if need be.
    PileStatus reserve(std::uint64_t bytes, Tokens& out);

    [[nodiscard]] std::uint64_t bytes_per_row() const { return row_bytes_; }
    [[nodiscard]] const las::PointLayout& layout() const { return layout_; }

private:
    struct Workspace {
        Bytes packed;
    };
    using Rows = std::span<const std::uint32_t>;
    using Lock = std::unique_lock<std::mutex>;
    PileStatus new_piece(std::uint32_t capacity, Piece& out);
    void piece_is_in_place();
    std::vector<Piece> choose_pieces(Pile*& pile);
    PileStatus put_aside(Lock& lock);
    void release(Pile& pile);
    PileStatus store(Pile& pile, std::span<const Piece> pieces);
    PileStatus load(const Pile::Stored& stored, las::Points& out);
    /// All that a pile holds, in order.
    struct Content {
        std::vector<Piece> pieces;
        std::vector<Pile::Stored> stored;
    };
    Content empty(Pile& pile);
    PileStatus give_up(Content content, las::Points& out, const std::function<PileStatus()>& then);
    void append_piece(const Piece& piece, las::Points& out) const;

    las::PointLayout layout_;
    std::vector<unsigned> widths_;
    std::uint64_t row_bytes_;
    std::uint32_t piece_rows_;
    MemoryBudget& budget_;
    wire::Scratch* scratch_;
    std::deque<Pile> piles_;
    Pool<Workspace> workspaces_;
    std::mutex mutex_;  ///< of `piles_` and `moving_`; locked before a pile's own, never after
    /// Pieces, or lots of them, that hold memory and are in no pile: on their way into one, or to scratch.
    std::uint32_t moving_ = 0;
    std::condition_variable moved_;
};

}  // namespace copse::build
