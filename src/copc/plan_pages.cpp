// Cutting a tree of nodes into pages.
//
// A page is a connected piece of the tree, named after its topmost node; a page below is reached through a pointer.
// What is to be small is the number of page levels, since each costs a reader one more round trip. Bottom up, every
// node learns the least number of page levels that its subtree needs, and the smallest topmost piece that reaches it:
//
//   - children that need fewer levels than the neediest are cut off: a pointer is never larger than a piece;
//   - the neediest ones must be in the same page as the node; if that page fits, no level is added;
//   - if it does not, all children are cut off, which adds a level and leaves the smallest piece possible.
//
// A piece with more levels but fewer bytes never helps an ancestor, because cutting the node off costs fewer bytes
// still; so the greedy choice is the best one. Top down, pages are then filled up: what must be in a page comes first,
// then the largest subtrees are opened, so that coarse nodes come early and pages get even, then whole small subtrees
// are taken in.
#include <algorithm>
#include <cassert>
#include <deque>
#include <queue>

#include "copse/copc.hpp"

namespace copse::copc {

namespace {

// Bytes in a page of each kind.
struct Weight {
    std::uint64_t hierarchy = 0;
    std::uint64_t temporal = 0;

    Weight& operator+=(const Weight& other) {
        hierarchy += other.hierarchy;
        temporal += other.temporal;
        return *this;
    }
    Weight& operator-=(const Weight& other) {
        hierarchy -= other.hierarchy;
        temporal -= other.temporal;
        return *this;
    }
    friend Weight operator+(Weight a, const Weight& b) { return a += b; }
    friend Weight operator-(Weight a, const Weight& b) { return a -= b; }
    [[nodiscard]] bool fits(std::uint64_t bytes) const { return hierarchy <= bytes && temporal <= bytes; }
    [[nodiscard]] bool fits(const Weight& other) const {
        return hierarchy <= other.hierarchy && temporal <= other.temporal;
    }
    [[nodiscard]] std::uint64_t larger() const { return std::max(hierarchy, temporal); }
};

// What the bottom-up pass finds out about the subtree of a node.
struct Subtree {
    Weight whole;    // all its nodes, without pointers
    Weight piece;    // the smallest topmost piece that needs `levels`
    int levels = 1;  // of pages, at least
};

class Planner {
public:
    Planner(std::span<const PageNode> nodes, const PageLimits& limits) : nodes_{nodes}, limits_{limits} {
        link();
        measure();
    }
    std::vector<PlannedPage> plan();

private:
    void link();
    void measure();
    [[nodiscard]] std::size_t find_parent(std::size_t node, std::size_t level_begin, std::size_t level_end) const;
    [[nodiscard]] Subtree measure(std::size_t node) const;
    struct Filling;

    [[nodiscard]] std::uint64_t limit(std::size_t page_root) const {
        return page_root == 0 ? limits_.root_bytes : limits_.child_bytes;
    }
    [[nodiscard]] Weight entry(std::size_t node) const {
        return {nodes_[node].hierarchy_bytes, nodes_[node].temporal_bytes};
    }
    // A subtree without times has no page in the temporal index, hence no pointer there.
    [[nodiscard]] Weight pointer(std::size_t node) const {
        return {limits_.hierarchy_pointer_bytes,
                subtrees_[node].whole.temporal == 0 ? 0u : limits_.temporal_pointer_bytes};
    }
    // A leaf with one or two samples is smaller than the pointer to a page with it.
    [[nodiscard]] bool is_tiny(std::size_t node) const { return subtrees_[node].whole.fits(pointer(node)); }
    [[nodiscard]] std::span<const std::size_t> children(std::size_t node) const {
        return std::span{children_}.subspan(first_child_[node], first_child_[node + 1] - first_child_[node]);
    }

    std::span<const PageNode> nodes_;
    PageLimits limits_;
    std::vector<std::size_t>
        first_child_;  // of node i: children_[first_child_[i]] to before children_[first_child_[i + 1]]
    std::vector<std::size_t> children_;  // breadth-first within a node
    std::vector<Subtree> subtrees_;
};

std::size_t Planner::find_parent(std::size_t node, std::size_t level_begin, std::size_t level_end) const {
    const auto begin = nodes_.begin();
    const auto key = nodes_[node].key.parent();
    const auto found = std::lower_bound(begin + static_cast<std::ptrdiff_t>(level_begin),
                                        begin + static_cast<std::ptrdiff_t>(level_end), key,
                                        [](const PageNode& a, const VoxelKey& b) { return a.key < b; });
    assert(found != nodes_.end() && found->key == key && "every node but the root needs its parent among the nodes");
    return static_cast<std::size_t>(found - begin);
}

void Planner::link() {
    std::vector<std::size_t> parents(nodes_.size());
    first_child_.assign(nodes_.size() + 1, 0);
    std::size_t above = 0;  // first node of the level above
    std::size_t level = 0;  // first node of this level
    for (std::size_t node = 1; node < nodes_.size(); ++node) {
        assert(nodes_[node - 1].key < nodes_[node].key && "nodes must be sorted breadth-first, each once");
        if (nodes_[node].key.level != nodes_[level].key.level) {
            above = level;
            level = node;
        }
        parents[node] = find_parent(node, above, level);
        ++first_child_[parents[node] + 1];
    }
    for (std::size_t node = 0; node < nodes_.size(); ++node) first_child_[node + 1] += first_child_[node];
    children_.resize(nodes_.size() - 1);
    auto next = first_child_;
    for (std::size_t node = 1; node < nodes_.size(); ++node) children_[next[parents[node]]++] = node;
}

void Planner::measure() {
    subtrees_.resize(nodes_.size());
    // Breadth-first order backwards: children before parents.
    for (std::size_t node = nodes_.size(); node-- > 0;) subtrees_[node] = measure(node);
}

Subtree Planner::measure(std::size_t node) const {
    Subtree result{entry(node), entry(node), 1};
    for (const auto child : children(node)) {
        result.whole += subtrees_[child].whole;
        result.levels = std::max(result.levels, subtrees_[child].levels);
    }
    Weight all_cut = entry(node);
    for (const auto child : children(node)) {
        const auto cut = is_tiny(child) ? subtrees_[child].whole : pointer(child);
        all_cut += cut;
        result.piece += subtrees_[child].levels == result.levels ? subtrees_[child].piece : cut;
    }
    if (children(node).empty() || result.piece.fits(limit(node))) return result;
    result.piece = all_cut;
    ++result.levels;
    return result;
}

// One page while it is being filled.
struct Planner::Filling {
    const Planner& planner;
    std::size_t root;
    Weight used{};
    std::vector<std::size_t> nodes{};
    std::vector<std::size_t> cut{};  // roots of the pages below, as far as decided

    // Subtrees below this are not opened, lest they fall apart into crumbs: a quarter of it is a small page already.
    static constexpr std::uint64_t kWorthOpening = 32u << 10;

    // Takes a node in; its children become pages below, until some of them are opened in turn.
    void take(std::size_t node) {
        used += planner.entry(node);
        nodes.push_back(node);
        for (const auto child : planner.children(node)) {
            if (planner.is_tiny(child)) {
                take_whole(child);
            } else {
                used += planner.pointer(child);
                cut.push_back(child);
            }
        }
    }
    void take_whole(std::size_t node) {
        const auto first = nodes.size();
        nodes.push_back(node);
        for (auto i = first; i < nodes.size(); ++i) {
            const auto below = planner.children(nodes[i]);
            nodes.insert(nodes.end(), below.begin(), below.end());
        }
        used += planner.subtrees_[node].whole;
    }
    void open(std::size_t node) {
        used -= planner.pointer(node);
        take(node);
    }

    // Subtrees that need as many page levels as this page's own.
    void take_what_must_be_here() {
        take(root);
        const int levels = planner.subtrees_[root].levels;
        for (std::size_t i = 0; i < cut.size();) {
            if (planner.subtrees_[cut[i]].levels < levels) {
                ++i;
                continue;
            }
            const auto node = cut[i];
            cut[i] = cut.back();
            cut.pop_back();
            open(node);
        }
    }

    void open_the_largest() {
        const auto is_smaller = [&](std::size_t a, std::size_t b) {
            const auto left = planner.subtrees_[a].whole.larger();
            const auto right = planner.subtrees_[b].whole.larger();
            return left != right ? left < right : a > b;
        };
        std::priority_queue largest{is_smaller, std::move(cut)};
        std::vector<std::size_t> stay;
        while (!largest.empty()) {
            const auto node = largest.top();
            largest.pop();
            if (planner.subtrees_[node].whole.larger() <= kWorthOpening || !has_room_to_open(node)) {
                stay.push_back(node);
                continue;
            }
            cut.clear();
            open(node);
            for (const auto child : cut) largest.push(child);
        }
        cut = std::move(stay);
    }
    [[nodiscard]] bool has_room_to_open(std::size_t node) const {
        Weight more = planner.entry(node);
        for (const auto child : planner.children(node))
            more += planner.is_tiny(child) ? planner.subtrees_[child].whole : planner.pointer(child);
        // The pointer goes before the rest comes: the sum stays positive, as `used` holds the pointer.
        return (used - planner.pointer(node) + more).fits(planner.limit(root));
    }

    void take_small_ones_whole() {
        std::sort(cut.begin(), cut.end(), [&](std::size_t a, std::size_t b) {
            const auto left = planner.subtrees_[a].whole.larger();
            const auto right = planner.subtrees_[b].whole.larger();
            return left != right ? left < right : a < b;
        });
        std::vector<std::size_t> stay;
        for (const auto node : cut) {
            const auto without_pointer = used - planner.pointer(node);
            if ((without_pointer + planner.subtrees_[node].whole).fits(planner.limit(root))) {
                used = without_pointer;
                take_whole(node);
            } else {
                stay.push_back(node);
            }
        }
        cut = std::move(stay);
    }

    void fill() {
        take_what_must_be_here();
        open_the_largest();
        take_small_ones_whole();
        std::sort(nodes.begin(), nodes.end());  // indices are in breadth-first order of the keys
    }
};

std::vector<PlannedPage> Planner::plan() {
    std::vector<PlannedPage> pages(1);
    std::deque<std::size_t> roots{0};
    for (std::size_t page = 0; !roots.empty(); ++page) {
        Filling filling{*this, roots.front()};
        roots.pop_front();
        filling.fill();
        pages[page].root = nodes_[filling.root].key;
        pages[page].nodes = std::move(filling.nodes);

        // Pages are numbered along the Morton curve, so that neighbours in space lie together in the file; they are
        // listed breadth-first, as the draft wants its pointers.
        auto& below = filling.cut;
        std::sort(below.begin(), below.end(),
                  [&](std::size_t a, std::size_t b) { return depth_first_less(nodes_[a].key, nodes_[b].key); });
        std::vector<std::pair<std::size_t, std::size_t>> listed;  // node, page
        for (const auto node : below) {
            listed.emplace_back(node, pages.size());
            pages.emplace_back();
            roots.push_back(node);
        }
        std::sort(listed.begin(), listed.end());
        for (const auto& [node, number] : listed) pages[page].children.push_back(number);
    }
    return pages;
}

}  // namespace

std::vector<PlannedPage> plan_pages(std::span<const PageNode> nodes, const PageLimits& limits) {
    if (nodes.empty()) return {};
    return Planner{nodes, limits}.plan();
}

}  // namespace copse::copc
