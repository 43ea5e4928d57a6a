// Fetching the pages that a tree lacks, round by round.
#include <algorithm>
#include <cassert>
#include <utility>

#include "read/page_fetch.hpp"
#include "read/temporal_opening.hpp"
#include "read/tree_pages.hpp"

namespace copse::read {

void TreeLoad::State::fail(const Error& error) {
    failure = error;
    intake.clear();
}

void TreeLoad::State::begin_round() {
    // Pages found before the index excluded their subtree (where both are cut at different keys).
    std::erase_if(next, [&](const TreePage& page) { return excluded.covers(page.root); });
    if (loaded.index_fault != nullptr) index_next.clear();
    round = std::exchange(next, {});
    index_round = std::exchange(index_next, {});
    std::vector<ByteRange> pages;
    for (const auto& page : round) pages.push_back(page.range);
    for (const auto& page : index_round) pages.push_back(page.range);
    ask_for_pages(*file, pages, intake);
}

/// Pages do not overlap, so together they are no larger than the file. This also ends circles.
bool TreeLoad::State::fits_budget(std::uint64_t size) {
    bytes += size;
    return bytes <= file->size && bytes <= limits.max_pages_bytes;
}

void TreeLoad::State::take_index(const TreeIndexPage& place) {
    auto page = temporal::parse_page(intake.bytes(place.range), place.range.offset);
    if (!page) {
        loaded.index_fault = page.error().what;
        return;
    }
    relocate(*page, file->temporal_shift);
    for (const auto& pointer : page->pages) {
        if (!place.root.is_ancestor_of(pointer.key) || !touches(*file, region, pointer.key)) continue;
        const auto below = page_below(pointer, place, *page);
        if (misses(below, *region.time)) {
            excluded.insert(pointer.key);
            continue;
        }
        loaded.index_fault = find_fault(*file, limits, below);
        if (loaded.index_fault == nullptr && !fits_budget(below.range.size))
            loaded.index_fault = "temporal pages overlap";
        if (loaded.index_fault != nullptr) return;
        index_next.push_back(below);
    }
    loaded.index.push_back({place, std::move(*page)});
}

void TreeLoad::State::take_hierarchy(const TreePage& place) {
    auto entries = copc::parse_page(intake.bytes(place.range), place.range.offset);
    if (!entries) return fail(entries.error());
    for (std::size_t i = 0; i < entries->size(); ++i) {
        const auto& entry = (*entries)[i];
        if (!entry.is_page() || !place.root.is_ancestor_of(entry.key) || !touches(*file, region, entry.key)) continue;
        const auto at = entry_at(place, i);
        if (const auto status = check_page_pointer(*file, limits, entry, at); !status) return fail(status.error());
        if (!fits_budget(entry.range().size)) return fail({Code::bad_value, at, "hierarchy pages overlap"});
        next.push_back({entry.key, entry.range()});
    }
    loaded.hierarchy.push_back({place, std::move(*entries)});
}

void TreeLoad::State::take_round() {
    // The index first: what it excludes is not looked for in the hierarchy.
    for (const auto& place : index_round)
        if (loaded.index_fault == nullptr) take_index(place);
    for (const auto& place : round)
        if (!failure) take_hierarchy(place);
    if (failure) return;
    for (const auto& place : index_round) intake.drop(place.range);
    for (const auto& place : round) intake.drop(place.range);
    begin_round();
}

TreeLoad::TreeLoad(std::unique_ptr<State> state) : state_{std::move(state)} {}
TreeLoad::~TreeLoad() = default;
TreeLoad::TreeLoad(TreeLoad&&) noexcept = default;
TreeLoad& TreeLoad::operator=(TreeLoad&&) noexcept = default;

wire::Step TreeLoad::step() {
    auto& state = *state_;
    while (!state.failure && !state.intake.hungry() && !(state.round.empty() && state.index_round.empty()))
        state.take_round();
    if (state.failure) return wire::Step::failed;
    return state.intake.hungry() ? wire::Step::need_bytes : wire::Step::done;
}

std::vector<ByteRange> TreeLoad::wanted() const { return state_->intake.missing(); }

void TreeLoad::supply(ByteRange range, ByteView bytes) {
    if (state_->failure) return;
    if (const auto status = state_->intake.supply(range, bytes); !status) {
        state_->failure = status.error();
        state_->intake.clear();
    }
}

const Error& TreeLoad::error() const {
    assert(state_->failure);
    return *state_->failure;
}

}  // namespace copse::read
