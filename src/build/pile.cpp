#include "build/pile.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace copse::build {
namespace {

/// A piece is about this large: one block of memory that goes back to the system, one block of scratch data.
constexpr std::uint64_t kPieceBytes = 128u << 10;
/// Or as small as this, where a piece for each pile would take more than a quarter of the memory.
constexpr std::uint64_t kLeastPieceBytes = 8u << 10;

std::uint64_t piece_bytes(std::uint64_t memory, std::size_t piles) {
    constexpr std::uint64_t kShare = 4;
    return std::clamp(memory / kShare / std::max<std::size_t>(piles, 1), kLeastPieceBytes, kPieceBytes);
}

/// Pieces put aside in one go.
constexpr std::size_t kPiecesAtOnce = 16;

PileStatus scratch_failure(const Error& error) { return {PileFailure::scratch, error}; }

PileStatus use_up(las::Points& points, const std::function<PileStatus(const las::Points&)>& use) {
    auto status = use(points);
    points.resize(0);
    return status;
}

}  // namespace

PileStore::PileStore(const las::PointLayout& layout, MemoryBudget& budget, wire::Scratch* scratch, std::size_t piles)
    : layout_{layout},
      widths_{column_widths(layout)},
      row_bytes_{row_bytes(widths_)},
      piece_rows_{
          static_cast<std::uint32_t>(std::max<std::uint64_t>(16, piece_bytes(budget.limit(), piles) / row_bytes_))},
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
        if (count <= most) continue;
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
        if (!one.open_ || one.open_->rows() <= rows) continue;
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
    ++pile->moving_;
    lock.unlock();
    auto status = store(*pile, pieces);
    pieces.clear();
    lock.lock();
    --moving_;
    --pile->moving_;
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
                                    pile.stored_.push_back({*range, piece.rows(), piece.place});
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

/// Takes everything out of a pile, also what others are just putting aside.
PileStore::Content PileStore::empty(Pile& pile) {
    Content content;
    Lock lock{mutex_};
    moved_.wait(lock, [&pile] { return pile.moving_ == 0; });
    const std::lock_guard own{pile.mutex_};
    content.pieces.swap(pile.full_);
    if (pile.open_) content.pieces.push_back(*std::move(pile.open_));
    pile.open_.reset();
    content.stored.swap(pile.stored_);
    pile.full_count_.store(0, std::memory_order_relaxed);
    pile.rows_.store(0, std::memory_order_relaxed);
    const auto by_place = [](const auto& a, const auto& b) { return a.place < b.place; };
    std::sort(content.pieces.begin(), content.pieces.end(), by_place);
    std::sort(content.stored.begin(), content.stored.end(), by_place);
    return content;
}

/// Appends one piece after the other to `out`, from memory or from scratch; gives it up and calls `then`. What is left
/// after a failure goes too.
PileStatus PileStore::give_up(Content content, las::Points& out, const std::function<PileStatus()>& then) {
    PileStatus status;
    auto piece = content.pieces.begin();
    auto stored = content.stored.begin();
    while (status && (piece != content.pieces.end() || stored != content.stored.end())) {
        const bool in_memory =
            stored == content.stored.end() || (piece != content.pieces.end() && piece->place <= stored->place);
        if (in_memory) {
            append_piece(*piece, out);
            *piece++ = {};
        } else {
            status = load(*stored, out);
            scratch_->release((stored++)->range);
        }
        if (status) status = then();
    }
    for (; stored != content.stored.end(); ++stored) scratch_->release(stored->range);
    return status;
}

PileStatus PileStore::take(Pile& pile, las::Points& out) {
    const auto rows = static_cast<std::size_t>(pile.rows());
    las::for_each_column(out, [&](auto& column) { column.reserve(out.size() + rows); });
    return give_up(empty(pile), out, [] { return PileStatus{}; });
}

void PileStore::pin(Pile& pile) {
    // Once: pieces have been put aside since, and what is known of rows by their numbers must stay true.
    if (std::exchange(pile.pinned_, true)) return;
    std::uint32_t next = 0;
    for (auto& stored : pile.stored_) stored.place = next++;
    for (auto& piece : pile.full_) piece.place = next++;
    if (pile.open_) pile.open_->place = next;
}

PileStatus PileStore::look(Pile& pile, const std::function<PileStatus(const las::Points&)>& use) {
    las::Points points{layout_, las::ColumnSet::all()};
    std::vector<std::pair<std::uint32_t, const Piece*>> pieces;
    for (const auto& piece : pile.full_) pieces.emplace_back(piece.place, &piece);
    if (pile.open_) pieces.emplace_back(pile.open_->place, &*pile.open_);
    std::vector<std::pair<std::uint32_t, const Pile::Stored*>> stored;
    for (const auto& one : pile.stored_) stored.emplace_back(one.place, &one);
    std::sort(pieces.begin(), pieces.end());
    std::sort(stored.begin(), stored.end());
    auto next = stored.begin();
    const auto show_stored = [&]() -> PileStatus {
        points.resize(0);
        if (auto status = load(*(next++)->second, points); !status) return status;
        return use(points);
    };
    for (const auto& [place, piece] : pieces) {
        while (next != stored.end() && next->first < place)
            if (auto status = show_stored(); !status) return status;
        points.resize(0);
        append_piece(*piece, points);
        if (auto status = use(points); !status) return status;
    }
    while (next != stored.end())
        if (auto status = show_stored(); !status) return status;
    return {};
}

PileStatus PileStore::drain(Pile& pile, const std::function<PileStatus(const las::Points&)>& use) {
    las::Points points{layout_, las::ColumnSet::all()};
    auto content = empty(pile);
    // What is in memory goes first, whatever its place: what it is used for may need the room.
    for (auto& piece : content.pieces) piece.place = 0;
    return give_up(std::move(content), points, [&] { return use_up(points, use); });
}

PileStatus PileStore::drain_in_order(Pile& pile, const std::function<PileStatus(const las::Points&)>& use) {
    las::Points points{layout_, las::ColumnSet::all()};
    return give_up(empty(pile), points, [&] { return use_up(points, use); });
}

PileStatus PileStore::reserve(std::uint64_t bytes, Tokens& out) {
    Lock lock{mutex_};
    while (!budget_.try_take(bytes))
        if (auto status = put_aside(lock); !status) return status;
    out = Tokens{budget_, bytes};
    return {};
}

}  // namespace copse::build
