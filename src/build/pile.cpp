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

PileStore::~PileStore() {
    for (auto& pile : piles_) release(pile);
}

void PileStore::release(Pile& pile) {
    for (const auto& stored : pile.stored_) scratch_->release(stored.range);
    pile.stored_.clear();
}

Pile& PileStore::make() {
    const std::lock_guard lock{mutex_};
    return piles_.emplace_back();
}

/// Memory for a piece; others are put aside for it if need be. Where all are on their way just now, it is waited for
/// one to arrive.
PileStatus PileStore::new_piece(std::uint32_t capacity, Piece& out) {
    const auto bytes = row_bytes_ * capacity;
    Lock lock{mutex_};
    while (!budget_.try_take(bytes))
        if (auto status = put_aside(lock); !status) return status;
    ++moving_;
    lock.unlock();
    out = Piece{widths_, capacity, Tokens{budget_, bytes}};
    return {};
}

void PileStore::piece_is_in_place() {
    const std::lock_guard lock{mutex_};
    --moving_;
    moved_.notify_all();
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
        {
            const std::lock_guard lock{pile.mutex_};
            if (!pile.open_ || pile.open_->room() < piece.room()) {
                if (pile.open_) pile.full_.push_back(*std::move(pile.open_));
                pile.open_ = std::move(piece);
            } else {
                pile.full_.push_back(std::move(piece));
            }
            pile.full_count_.store(static_cast<std::uint32_t>(pile.full_.size()), std::memory_order_relaxed);
        }
        piece_is_in_place();
    }
    return {};
}

PileStatus PileStore::add_alone(Pile& pile, const las::Points& from, Rows rows) {
    const auto columns = columns_of(const_cast<las::Points&>(from));
    for (; !rows.empty(); rows = rows.subspan(std::min<std::size_t>(rows.size(), piece_rows_))) {
        const auto some = rows.first(std::min<std::size_t>(rows.size(), piece_rows_));
        const auto capacity = static_cast<std::uint32_t>(some.size());
        const auto bytes = row_bytes_ * capacity;
        const bool in_memory = budget_.try_take(bytes);
        if (!in_memory && scratch_ == nullptr) return {PileFailure::memory, {}};
        Piece piece{widths_, capacity, in_memory ? Tokens{budget_, bytes} : Tokens{}};
        piece.append(columns, some);
        pile.rows_.fetch_add(some.size(), std::memory_order_relaxed);
        if (!in_memory) {
            if (auto status = store(pile, {&piece, 1}); !status) return status;
            continue;
        }
        const std::lock_guard lock{pile.mutex_};
        pile.full_.push_back(std::move(piece));
        pile.full_count_.store(static_cast<std::uint32_t>(pile.full_.size()), std::memory_order_relaxed);
    }
    return {};
}

/// Takes some pieces from the pile that has most. None if there are none. @pre mutex_ is locked
std::vector<Piece> PileStore::choose_pieces(Pile*& pile) {
    std::uint32_t most = 0;
    for (auto& one : piles_) {
        const auto count = one.full_count_.load(std::memory_order_relaxed);
        if (count <= most || one.pinned_) continue;
        most = count;
        pile = &one;
    }
    std::vector<Piece> pieces;
    if (pile != nullptr) {
        const std::lock_guard lock{pile->mutex_};
        const auto count = std::min(pile->full_.size(), kPiecesAtOnce);
        for (std::size_t i = 0; i < count; ++i) {
            pieces.push_back(std::move(pile->full_.back()));
            pile->full_.pop_back();
        }
        pile->full_count_.store(static_cast<std::uint32_t>(pile->full_.size()), std::memory_order_relaxed);
        return pieces;
    }
    // Nothing but open pieces: the largest of them.
    std::uint32_t rows = 0;
    for (auto& one : piles_) {
        const std::lock_guard lock{one.mutex_};
        if (one.pinned_ || !one.open_ || one.open_->rows() <= rows) continue;
        rows = one.open_->rows();
        pile = &one;
    }
    if (pile == nullptr) return pieces;
    const std::lock_guard lock{pile->mutex_};
    if (pile->open_) pieces.push_back(*std::move(pile->open_));
    pile->open_.reset();
    return pieces;
}

/// Puts some pieces aside, or waits until others have arrived where they go to: then there may be memory, or pieces to
/// put aside. One thread chooses at a time; packing and writing happen side by side.
PileStatus PileStore::put_aside(Lock& lock) {
    if (scratch_ == nullptr) return {PileFailure::memory, {}};
    Pile* pile = nullptr;
    auto pieces = choose_pieces(pile);
    if (pieces.empty()) {
        if (moving_ == 0) return {PileFailure::memory, {}};
        moved_.wait(lock);
        return {};
    }
    ++moving_;
    lock.unlock();
    auto status = store(*pile, pieces);
    pieces.clear();
    lock.lock();
    --moving_;
    moved_.notify_all();
    return status;
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

/// Calls `use` for what the pile has in scratch, one after the other, and releases it.
PileStatus PileStore::unload(Pile& pile, const std::function<PileStatus(const Pile::Stored&)>& use) {
    PileStatus status;
    std::ptrdiff_t done = 0;
    for (const auto& stored : pile.stored_) {
        if (status = use(stored); !status) break;
        scratch_->release(stored.range);
        ++done;
    }
    pile.stored_.erase(pile.stored_.begin(), pile.stored_.begin() + done);
    return status;
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
    if (auto status = unload(pile, [&](const Pile::Stored& stored) { return load(stored, out); }); !status)
        return status;
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
    const auto show_stored = [&](const Pile::Stored& stored) {
        points.resize(0);
        if (auto status = load(stored, points); !status) return status;
        return use(points);
    };
    if (give_up) return unload(pile, show_stored);
    for (const auto& stored : pile.stored_)
        if (auto status = show_stored(stored); !status) return status;
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
    auto status = pass(moved, true, use);
    release(moved);
    return status;
}

PileStatus PileStore::reserve(std::uint64_t bytes, Tokens& out) {
    Lock lock{mutex_};
    while (!budget_.try_take(bytes))
        if (auto status = put_aside(lock); !status) return status;
    out = Tokens{budget_, bytes};
    return {};
}

}  // namespace copse::build
