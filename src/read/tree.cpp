// What is known of a file's nodes, page by page.
#include "copse/tree.hpp"

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "read/tree_pages.hpp"

namespace copse::read {
namespace {

using copc::VoxelKey;
template <class T>
using KeyMap = std::unordered_map<VoxelKey, T, copc::VoxelKeyHash>;

constexpr VoxelKey kRoot{};
constexpr FileOffset kPointCountAt = 247;  // LAS 1.4 R15, "Number of point records"

struct NodeSamples {
    std::vector<double> samples;
    bool within_promise = true;  // all samples lie in the subtree ranges above
    bool repeated = false;       // there is a second entry for the node: none of them is believed
};

std::uint64_t points_of(const copc::Entry& entry) { return static_cast<std::uint64_t>(entry.point_count); }

template <class T>
std::vector<VoxelKey> sorted_keys(const KeyMap<T>& map) {
    std::vector<VoxelKey> keys;
    keys.reserve(map.size());
    for (const auto& [key, value] : map) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    return keys;
}

}  // namespace

struct Tree::State {
    std::shared_ptr<const File> file;
    wire::Limits limits;
    KeyMap<copc::Entry> nodes;
    KeyMap<NodeSamples> samples;
    KeyMap<TreePage> pending;
    KeyMap<TreeIndexPage> index_pending;
    std::unordered_set<FileOffset> pages;  // where those that were met begin
    std::unordered_set<VoxelKey, copc::VoxelKeyHash> index_pages;
    std::uint64_t points = 0, page_bytes = 0, index_bytes = 0;
    bool use_index = false;
    std::vector<std::string> warnings;

    // ---- hierarchy --------------------------------------------------------------------------------------------------

    /// Everything that can be wrong with a page, so that it is taken whole or not at all.
    [[nodiscard]] Status check(const TreePage& place, std::span<const copc::Entry> entries) const {
        auto points_then = points;
        auto bytes_then = page_bytes;
        auto nodes_then = nodes.size();
        std::unordered_set<FileOffset> pages_here;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto& entry = entries[i];
            const auto at = entry_at(place, i);
            if (!place.root.is_ancestor_of(entry.key))
                return Error{Code::bad_value, at,
                             "an entry of a child page lies outside the subtree that the page is for"};
            if (entry.is_page()) {
                if (const auto status = check_page_pointer(*file, limits, entry, at); !status) return status;
                if (pages.contains(entry.offset) || !pages_here.insert(entry.offset).second)
                    return Error{Code::bad_value, at, "two entries point at the same hierarchy page"};
                if (entry.key != place.root && pending.contains(entry.key))
                    return Error{Code::bad_value, at, "a subtree has two pages in the hierarchy"};
                bytes_then += entry.range().size;
                if (bytes_then > file->size) return Error{Code::bad_value, at, "hierarchy pages overlap"};
                if (bytes_then > limits.max_pages_bytes)
                    return Error{Code::limit_exceeded, at, "hierarchy pages are larger than this reader allows"};
                continue;
            }
            if (++nodes_then > limits.max_chunks)
                return Error{Code::limit_exceeded, at, "more nodes than this reader allows"};
            if (!entry.has_points()) continue;
            const auto known = nodes.find(entry.key);
            if (known != nodes.end() && known->second.has_points())
                return Error{Code::bad_value, at, "a node has two entries in the hierarchy"};
            points_then += points_of(entry);
            if (points_then > file->header.point_count())
                return Error{Code::bad_value, at, "the nodes hold more points than the header declares"};
            if (entry.offset > file->size || entry.range().size > file->size - entry.offset)
                return Error{Code::truncated, at, "a node's chunk runs past the end of the file"};
        }
        return Ok{};
    }

    Status take(const TreePage& place, std::span<const copc::Entry> entries) {
        if (const auto status = check(place, entries); !status) return status;
        pending.erase(place.root);
        for (const auto& entry : entries) {
            if (entry.is_page()) {
                pages.insert(entry.offset);
                page_bytes += entry.range().size;
                pending.emplace(entry.key, TreePage{entry.key, entry.range()});
                continue;
            }
            // An empty entry says nothing that another one could contradict.
            const auto [known, fresh] = nodes.try_emplace(entry.key, entry);
            if (!fresh && entry.has_points()) known->second = entry;
            if (entry.has_points()) points += points_of(entry);
        }
        return Ok{};
    }

    [[nodiscard]] Status check_total() const {
        if (!pending.empty() || points == file->header.point_count()) return Ok{};
        return Error{Code::bad_value, kPointCountAt, "the nodes hold fewer points than the header declares"};
    }

    // ---- index ------------------------------------------------------------------------------------------------------

    void drop_index(const char* why) {
        if (!use_index) return;
        use_index = false;
        samples.clear();
        index_pending.clear();
        warnings.push_back(std::string{"the temporal index is wrong and no longer used: "} + why);
    }

    void take(const TreeIndexPage& place, temporal::Page page) {
        index_pending.erase(place.root);
        for (const auto& pointer : page.pages) {
            if (!place.root.is_ancestor_of(pointer.key))
                return drop_index("an entry of a temporal page lies outside the subtree that the page is for");
            if (!index_pages.insert(pointer.key).second)
                return drop_index("a subtree has two page pointers in the temporal index");
            const auto below = page_below(pointer, place, page);
            if (const auto* fault = find_fault(*file, limits, below)) return drop_index(fault);
            index_bytes += below.range.size;
            if (index_bytes > file->temporal_payload.size || index_bytes > limits.max_pages_bytes)
                return drop_index("temporal pages overlap");
            index_pending.emplace(pointer.key, below);
        }
        for (auto& entry : page.nodes) {
            if (!place.root.is_ancestor_of(entry.key))
                return drop_index("an entry of a temporal page lies outside the subtree that the page is for");
            const auto [node, fresh] = samples.try_emplace(entry.key);
            node->second.repeated = !fresh;
            if (!fresh) continue;
            const auto promised = [&](double time) { return place.time_min <= time && time <= place.time_max; };
            node->second.within_promise =
                !place.promises || std::all_of(entry.samples.begin(), entry.samples.end(), promised);
            node->second.samples = std::move(entry.samples);
        }
    }

    /// Samples of a node with points, if they can be believed.
    [[nodiscard]] std::span<const double> sound_samples(const copc::Entry& entry) const {
        const auto found = samples.find(entry.key);
        if (found == samples.end()) return {};
        const auto& node = found->second;
        const bool sound = !node.repeated && node.within_promise &&
                           temporal::samples_are_usable(node.samples, points_of(entry), file->temporal->stride);
        return sound ? std::span<const double>{node.samples} : std::span<const double>{};
    }

    /// A page of the index that is not there promises that no row of the node lies in the window.
    [[nodiscard]] bool excluded(const VoxelKey& key, const temporal::TimeWindow& window) const {
        if (index_pending.empty()) return false;
        for (std::int32_t level = 0; level <= key.level; ++level) {
            const auto found = index_pending.find(key.ancestor(level));
            if (found != index_pending.end() && misses(found->second, window)) return true;
        }
        return false;
    }

    [[nodiscard]] temporal::RowRange rows(const copc::Entry& entry, const temporal::TimeWindow& window) const {
        if (!entry.has_points() || window.empty()) return {};
        const temporal::RowRange all{0, points_of(entry)};
        if (!use_index) return all;
        const auto times = sound_samples(entry);
        if (!times.empty())
            return temporal::candidate_rows(times, file->temporal->stride, points_of(entry),
                                            temporal::clamp_to_finite(window.from),
                                            temporal::clamp_to_finite(window.to));
        if (!samples.contains(entry.key) && excluded(entry.key, window)) return {};
        return all;
    }

    // ---- what is missing --------------------------------------------------------------------------------------------

    [[nodiscard]] bool asks_nothing(const Region& region) const {
        return region.box.empty() || region.max_level < 0 || (region.time && region.time->empty());
    }
    [[nodiscard]] bool needs_index(const Region& region) const { return use_index && region.time.has_value(); }

    [[nodiscard]] bool needs(const TreePage& page, const Region& region) const {
        return touches(*file, region, page.root) && !(needs_index(region) && excluded(page.root, *region.time));
    }
    [[nodiscard]] bool needs(const TreeIndexPage& page, const Region& region) const {
        return needs_index(region) && touches(*file, region, page.root) && !misses(page, *region.time);
    }
    template <class Map, class Use>
    void for_each_needed(const Map& places, const Region& region, Use use) const {
        if (asks_nothing(region)) return;
        for (const auto& [key, page] : places)
            if (needs(page, region)) use(page);
    }
};

Tree::Tree(std::unique_ptr<State> state) : state_{std::move(state)} {}
Tree::~Tree() = default;
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;

Result<Tree> Tree::create(std::shared_ptr<const File> file, wire::Limits limits) {
    auto state = std::make_unique<State>();
    state->file = std::move(file);
    state->limits = limits;
    const auto& opened = *state->file;
    const auto root = opened.info.root_page;
    state->pages.insert(root.offset);
    state->page_bytes = root.size;
    if (const auto status = state->take(TreePage{kRoot, root}, opened.root_page); !status) return status.error();
    if (const auto status = state->check_total(); !status) return status.error();
    state->use_index = opened.temporal.has_value();
    if (state->use_index) {
        const auto index_root = opened.temporal->root_page;
        state->index_bytes = index_root.size;
        state->take(TreeIndexPage{kRoot, index_root, 0, 0, false, false}, *opened.temporal_root);
    }
    return Tree{std::move(state)};
}

const std::shared_ptr<const File>& Tree::file() const { return state_->file; }

TreeLoad Tree::plan(const Region& region) const {
    auto load = std::make_unique<TreeLoad::State>();
    load->file = state_->file;
    load->limits = state_->limits;
    load->region = region;
    state_->for_each_needed(state_->pending, region, [&](const TreePage& page) { load->next.push_back(page); });
    state_->for_each_needed(state_->index_pending, region,
                            [&](const TreeIndexPage& page) { load->index_next.push_back(page); });
    if (state_->needs_index(region))
        for (const auto& [key, page] : state_->index_pending)
            if (misses(page, *region.time)) load->excluded.insert(key);
    load->begin_round();
    return TreeLoad{std::move(load)};
}

Status Tree::put(TreeLoad load) {
    assert(load.state_->file == state_->file);
    const auto step = load.step();
    if (step == wire::Step::failed) return load.error();
    if (step != wire::Step::done)
        return Error{Code::truncated, load.wanted().front().offset, "pages of the load have not been fetched"};
    auto& state = *state_;
    auto& loaded = load.state_->loaded;
    if (loaded.index_fault != nullptr) state.drop_index(loaded.index_fault);
    for (auto& [place, page] : loaded.index)
        if (state.use_index && state.index_pending.contains(place.root)) state.take(place, std::move(page));
    for (const auto& [place, entries] : loaded.hierarchy) {
        const auto found = state.pending.find(place.root);
        // Somebody else's load may have been put before, and the page below it.
        if (found == state.pending.end() || found->second.range != place.range) continue;
        if (const auto status = state.take(place, entries); !status) return status;
    }
    return state.check_total();
}

bool Tree::complete(const Region& region) const {
    bool complete = true;
    const auto lacks = [&](const auto&) { complete = false; };
    state_->for_each_needed(state_->pending, region, lacks);
    state_->for_each_needed(state_->index_pending, region, lacks);
    return complete;
}

bool Tree::complete_below(const VoxelKey& key) const {
    return std::none_of(state_->pending.begin(), state_->pending.end(), [&](const auto& page) {
        return page.first.is_ancestor_of(key) || key.is_ancestor_of(page.first);
    });
}

std::vector<VoxelKey> Tree::pending() const { return sorted_keys(state_->pending); }

const copc::Entry* Tree::find(const VoxelKey& key) const {
    const auto found = state_->nodes.find(key);
    return found == state_->nodes.end() ? nullptr : &found->second;
}

std::size_t Tree::size() const { return state_->nodes.size(); }

std::vector<copc::Entry> Tree::entries() const {
    std::vector<copc::Entry> entries;
    entries.reserve(size());
    for (const auto& key : sorted_keys(state_->nodes)) entries.push_back(*find(key));
    return entries;
}

std::vector<copc::Entry> Tree::children(const VoxelKey& key) const {
    std::vector<copc::Entry> children;
    if (key.level >= copc::kMaxLevel) return children;
    for (unsigned octant = 0; octant < 8; ++octant)
        if (const auto* child = find(key.child(octant))) children.push_back(*child);
    return children;
}

std::vector<VoxelKey> Tree::visible(const Region& region) const {
    std::vector<VoxelKey> keys;
    if (state_->asks_nothing(region)) return keys;
    for (const auto& [key, entry] : state_->nodes) {
        if (!entry.has_points() || !touches(*state_->file, region, key)) continue;
        if (!region.time || !state_->rows(entry, *region.time).empty()) keys.push_back(key);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

bool Tree::has_index() const { return state_->use_index; }

std::span<const double> Tree::samples(const VoxelKey& key) const {
    const auto* entry = find(key);
    return entry != nullptr && entry->has_points() && state_->use_index ? state_->sound_samples(*entry)
                                                                        : std::span<const double>{};
}

temporal::RowRange Tree::rows(const VoxelKey& key, const temporal::TimeWindow& window) const {
    const auto* entry = find(key);
    return entry == nullptr ? temporal::RowRange{} : state_->rows(*entry, window);
}

std::span<const std::string> Tree::warnings() const { return state_->warnings; }

}  // namespace copse::read
