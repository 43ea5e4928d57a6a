// Pages of a tree that is loaded bit by bit: which of them a region needs.
#pragma once

#include <unordered_set>
#include <vector>

#include "copse/tree.hpp"
#include "read/intake.hpp"

namespace copse::read {

struct TreePage {
    copc::VoxelKey root;
    ByteRange range;
};

struct TreeIndexPage {
    copc::VoxelKey root;
    ByteRange range;
    double time_min = 0, time_max = 0;
    bool promises = false;  ///< the range is one that can be believed
    /// The page above has samples of the root node itself: what the range says of the subtree need not hold of it.
    bool root_is_above = false;
};

/// The node's cube touches the region's box, and its level is one of the region's.
[[nodiscard]] bool touches(const File& file, const Region& region, const copc::VoxelKey& key);

/// No sample of the subtree lies in the window.
[[nodiscard]] bool misses(const TreeIndexPage& page, const temporal::TimeWindow& window);

/// The page that a pointer of another one leads to. @param siblings entries of the page that the pointer stands in
[[nodiscard]] TreeIndexPage page_below(const temporal::PagePointer& pointer, const TreeIndexPage& above,
                                       const temporal::Page& siblings);

/// Keys of subtrees, to be asked about all their descendants.
class SubtreeSet {
public:
    void insert(const copc::VoxelKey& root) {
        roots_.insert(root);
        levels_ |= 1u << root.level;
    }
    /// The key or an ancestor of it is in the set.
    [[nodiscard]] bool covers(const copc::VoxelKey& key) const;

private:
    std::unordered_set<copc::VoxelKey, copc::VoxelKeyHash> roots_;
    std::uint32_t levels_ = 0;  // bit: a root of that level is in the set
};

// What is wrong with single pages, whatever else is known.

/// Where in its page an entry is, for errors: parsing keeps the order.
[[nodiscard]] inline FileOffset entry_at(const TreePage& page, std::size_t index) {
    return page.range.offset + index * copc::kEntrySize;
}
[[nodiscard]] Status check_page_pointer(const File& file, const wire::Limits& limits, const copc::Entry& pointer,
                                        FileOffset at);
/// nullptr, or why the page that a pointer leads to cannot be one.
[[nodiscard]] const char* find_fault(const File& file, const wire::Limits& limits, const TreeIndexPage& page);

/// What a load brings home.
struct LoadedPages {
    struct Hierarchy {
        TreePage place;
        std::vector<copc::Entry> entries;
    };
    struct Index {
        TreeIndexPage place;
        temporal::Page page;
    };
    // A page comes behind the one that points to it.
    std::vector<Hierarchy> hierarchy;
    std::vector<Index> index;
    const char* index_fault = nullptr;
};

struct TreeLoad::State {
    std::shared_ptr<const File> file;
    wire::Limits limits;
    Region region;
    bool with_index = false;
    SubtreeSet excluded;

    Intake intake;
    std::vector<TreePage> round, next;
    std::vector<TreeIndexPage> index_round, index_next;
    std::uint64_t bytes = 0;  // of all pages
    LoadedPages loaded;
    std::optional<Error> failure;

    /// Asks for the pages of `next` and `index_next`.
    void begin_round();
    void take_round();

private:
    void fail(const Error& error);
    void take_index(const TreeIndexPage& place);
    void take_hierarchy(const TreePage& place);
    bool fits_budget(std::uint64_t size);
};

}  // namespace copse::read
