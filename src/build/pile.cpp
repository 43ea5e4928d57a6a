#include "build/pile.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace copse::build {
namespace {

/// A piece is about this large: one block of memory that goes back to the system, one block of scratch data.
constexpr std::uint64_t kPieceBytes = 128u << 10;
/// Pieces put aside in one go.
constexpr std::size_t kPiecesAtOnce = 16;

PileStatus scratch_failure(const Error& error) { return {PileFailure::scratch, error}; }

}  // namespace

PileStore::PileStore(const las::PointLayout& layout, MemoryBudget& budget, wire::Scratch* scratch)
    : layout_{layout},
      widths_{column_widths(layout)},
      row_bytes_{row_bytes(widths_)},
      piece_rows_{static_cast<std::uint32_t>(std::max<std::uint64_t>(16, kPieceBytes / row_bytes_))},
      budget_{budget},
      scratch_{scratch} {}

Pile& PileStore::make() {
    const std::lock_guard lock{putting_aside_};
    return piles_.emplace_back();
}

/// Memory for a piece; others are put aside for it if need be.
PileStatus PileStore::new_piece(std::uint32_t capacity, Piece& out) {
    Tokens tokens;
    if (auto status = reserve(row_bytes_ * capacity, tokens); !status) return status;
    out = Piece{widths_, capacity, std::move(tokens)};
    return {};
}

PileStatus PileStore::add(Pile& pile, const las::Points& from, Rows rows) {
    const auto columns = columns_of(const_cast<las::Points&>(from));
    pile.rows_.fetch_add(rows.size(), std::memory_order_relaxed);
    while (!rows.empty()) {
        {
            const std::lock_guard lock{pile.mutex_};
            if (pile.open_ && pile.open_->room() != 0) {
                const auto some = std::min<std::size_t>(rows.size(), pile.open_->room());
                pile.open_->append(columns, rows.first(some));
                rows = rows.subspan(some);
            }
            if (rows.empty()) return {};
        }
        // A new piece is got and filled without the lock: getting it may put pieces of this very pile aside.
        Piece piece;
        if (auto status = new_piece(piece_rows_, piece); !status) return status;
        const auto some = std::min<std::size_t>(rows.size(), piece.room());
        piece.append(columns, rows.first(some));
        rows = rows.subspan(some);
        const std::lock_guard lock{pile.mutex_};
        if (!pile.open_ || pile.open_->room() < piece.room()) {
            if (pile.open_) pile.full_.push_back(*std::move(pile.open_));
            pile.open_ = std::move(piece);
        } else {
            pile.full_.push_back(std::move(piece));
        }
        pile.full_count_.store(static_cast<std::uint32_t>(pile.full_.size()), std::memory_order_relaxed);
    }
    return {};
}

PileStatus PileStore::add_alone(Pile& pile, const las::Points& from, Rows rows) {
    const auto columns = columns_of(const_cast<las::Points&>(from));
    const auto capacity = static_cast<std::uint32_t>(rows.size());
    const auto bytes = row_bytes_ * capacity;
    const bool in_memory = budget_.try_take(bytes);
    if (!in_memory && scratch_ == nullptr) return {PileFailure::memory, {}};
    Piece piece{widths_, capacity, in_memory ? Tokens{budget_, bytes} : Tokens{}};
    piece.append(columns, rows);
    pile.rows_.fetch_add(rows.size(), std::memory_order_relaxed);
    if (!in_memory) return store(pile, {&piece, 1});
    const std::lock_guard lock{pile.mutex_};
    pile.full_.push_back(std::move(piece));
    pile.full_count_.store(static_cast<std::uint32_t>(pile.full_.size()), std::memory_order_relaxed);
    return {};
}

/// Some pieces of the pile that has most; of one that has but an open one, if there is nothing else.
std::vector<Piece> PileStore::choose(Pile*& from) {
    std::vector<Piece> pieces;
    std::uint32_t most = 0;
    for (auto& pile : piles_) {
        const auto count = pile.full_count_.load(std::memory_order_relaxed);
        if (count <= most || pile.pinned_) continue;
        most = count;
        from = &pile;
    }
    if (most != 0) {
        const std::lock_guard lock{from->mutex_};
        const auto count = std::min(from->full_.size(), kPiecesAtOnce);
        for (std::size_t i = 0; i < count; ++i) {
            pieces.push_back(std::move(from->full_.back()));
            from->full_.pop_back();
        }
        from->full_count_.store(static_cast<std::uint32_t>(from->full_.size()), std::memory_order_relaxed);
        return pieces;
    }
    std::uint32_t rows = 0;
    for (auto& pile : piles_) {
        const std::lock_guard lock{pile.mutex_};
        if (!pile.open_ || pile.open_->rows() <= rows || pile.pinned_) continue;
        rows = pile.open_->rows();
        from = &pile;
    }
    if (rows == 0) return pieces;
    const std::lock_guard lock{from->mutex_};
    if (from->open_) pieces.push_back(*std::move(from->open_));
    from->open_.reset();
    return pieces;
}

/// Puts some pieces aside, or waits until another call has. False if there are none, or with a failure in `status`.
bool PileStore::put_aside(PileStatus& status) {
    if (scratch_ == nullptr) {
        status = {PileFailure::memory, {}};
        return false;
    }
    Pile* pile = nullptr;
    std::vector<Piece> pieces;
    {
        // One thread chooses at a time; packing and writing happen side by side.
        const std::lock_guard choosing{putting_aside_};
        pieces = choose(pile);
        if (!pieces.empty()) on_the_way_.fetch_add(1);
    }
    if (pieces.empty()) {
        // Nothing to be had now; but memory that others are about to give back may do.
        const auto others = on_the_way_.load();
        if (others == 0) {
            status = {PileFailure::memory, {}};
            return false;
        }
        on_the_way_.wait(others);
        return true;
    }
    status = store(*pile, pieces);
    pieces.clear();
    on_the_way_.fetch_sub(1);
    on_the_way_.notify_all();
    return static_cast<bool>(status);
}

PileStatus PileStore::store(Pile& pile, std::span<const Piece> pieces) {
    return workspaces_.with([] { return std::make_unique<Workspace>(); },
                            [&](Workspace& workspace) -> PileStatus {
                                for (const auto& piece : pieces) {
                                    piece.pack(widths_, workspace.packed);
                                    const auto range = scratch_->store(workspace.packed);
                                    if (!range) return scratch_failure(range.error());
                                    const std::lock_guard lock{pile.mutex_};
                                    pile.stored_.push_back({*range, piece.rows()});
                                }
                                return {};
                            });
}

void PileStore::append_piece(const Piece& piece, las::Points& out) const {
    const auto first = out.size();
    out.resize(first + piece.rows());
    piece.copy_to(columns_of(out), first);
}

PileStatus PileStore::load(const Pile::Stored& stored, las::Points& out) {
    return workspaces_.with([] { return std::make_unique<Workspace>(); },
                            [&](Workspace& workspace) -> PileStatus {
                                workspace.packed.resize(row_bytes_ * stored.rows);
                                if (const auto good = scratch_->load(stored.range, workspace.packed); !good)
                                    return scratch_failure(good.error());
                                const auto first = out.size();
                                out.resize(first + stored.rows);
                                unpack_piece(workspace.packed, stored.rows, columns_of(out), first);
                                return {};
                            });
}

PileStatus PileStore::take(Pile& pile, las::Points& out) {
    const auto rows = static_cast<std::size_t>(pile.rows());
    las::for_each_column(out, [&](auto& column) { column.reserve(out.size() + rows); });
    for (auto& piece : pile.full_) {
        append_piece(piece, out);
        piece = {};
    }
    pile.full_.clear();
    pile.full_count_.store(0, std::memory_order_relaxed);
    if (pile.open_) append_piece(*pile.open_, out);
    pile.open_.reset();
    for (const auto& stored : pile.stored_) {
        if (auto status = load(stored, out); !status) return status;
        scratch_->release(stored.range);
    }
    pile.stored_.clear();
    pile.rows_.store(0, std::memory_order_relaxed);
    return {};
}

PileStatus PileStore::pass(Pile& pile, bool give_up, const std::function<PileStatus(const las::Points&)>& use) {
    las::Points points{layout_, las::ColumnSet::all()};
    const auto show = [&](Piece& piece) {
        points.resize(0);
        append_piece(piece, points);
        if (give_up) piece = {};
        return use(points);
    };
    for (auto& piece : pile.full_)
        if (auto status = show(piece); !status) return status;
    if (pile.open_)
        if (auto status = show(*pile.open_); !status) return status;
    for (const auto& stored : pile.stored_) {
        points.resize(0);
        if (auto status = load(stored, points); !status) return status;
        if (give_up) scratch_->release(stored.range);
        if (auto status = use(points); !status) return status;
    }
    return {};
}

void PileStore::pin(Pile& pile) { pile.pinned_ = true; }

PileStatus PileStore::look(Pile& pile, const std::function<PileStatus(const las::Points&)>& use) {
    return pass(pile, false, use);
}

PileStatus PileStore::drain(Pile& pile, const std::function<PileStatus(const las::Points&)>& use) {
    // What it holds is moved out first: nothing of it may be put aside meanwhile.
    Pile moved;
    {
        const std::lock_guard lock{pile.mutex_};
        moved.full_ = std::exchange(pile.full_, {});
        moved.open_ = std::exchange(pile.open_, std::nullopt);
        moved.stored_ = std::exchange(pile.stored_, {});
        pile.full_count_.store(0, std::memory_order_relaxed);
        pile.rows_.store(0, std::memory_order_relaxed);
    }
    return pass(moved, true, use);
}

PileStatus PileStore::reserve(std::uint64_t bytes, Tokens& out) {
    PileStatus status;
    while (!budget_.try_take(bytes))
        if (!put_aside(status)) return status;
    out = Tokens{budget_, bytes};
    return {};
}

}  // namespace copse::build
