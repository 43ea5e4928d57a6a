// Which nodes a question needs: walks hierarchy and temporal pages together, round by round.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "copse/read.hpp"
#include "read/intake.hpp"
#include "read/page_fetch.hpp"

namespace copse::read {

/// Samples of a node, and the range that the pointers above its page promise for them.
struct NodeTimes {
    std::vector<double> samples;
    FileOffset at = 0;
    bool within_promise = true;  ///< all samples lie in the subtree ranges above
    bool repeated = false;       ///< there is a second entry for the node: none of them is believed
};

/// What a walk may leave out.
struct PageFilter {
    copc::Box box;
    const filter::Polygon* polygon = nullptr;
    int max_level = copc::kMaxLevel;
    std::optional<temporal::TimeWindow> time;
    bool with_index = false;  ///< walk the temporal index too; `time` prunes by it
};

/// Begins with the root pages of an opened file. As long as it wants pages, `ask` is called and, when they are
/// there, `absorb`; all pages that are known to be needed are wanted in one round.
class PageWalk {
public:
    PageWalk(const File& file, const PageFilter& filter, const wire::Limits& limits);

    /// Takes the root pages. Errors are those of the hierarchy; see `index_fault` for those of the index.
    Status start();
    [[nodiscard]] bool wants_pages() const { return !wanted_.empty(); }
    /// Asks for all wanted pages. @returns what is left to fetch
    AskedPages ask(Intake& intake) const { return ask_for_pages(*file_, wanted_, intake); }
    /// Takes all wanted pages, which `intake` has and drops, and finds out about the next ones.
    Status absorb(Intake& intake);

    /// Why the index cannot be believed, once something of that kind was found. The walk is then worthless if it used
    /// the index.
    [[nodiscard]] const std::optional<Error>& index_fault() const { return index_fault_; }

    /// Nodes that pass the filter's space and level, with points or empty, as they came. Times are for the caller to
    /// judge.
    [[nodiscard]] const std::vector<copc::Entry>& nodes() const { return nodes_; }
    /// The node's entry in the index, or nullptr.
    [[nodiscard]] const NodeTimes* find_times(const copc::VoxelKey& key) const;
    /// Whether a page pointer of the index excludes the node, which has no entry of its own.
    [[nodiscard]] bool excluded(const copc::VoxelKey& key) const;
    /// Whether the hierarchy page of a subtree can be left out. Not if its topmost node has an entry of its own in the
    /// index: writers that follow the draft's "Page Boundaries" put it into the page above, and the pointer beside it
    /// speaks of the nodes below only.
    [[nodiscard]] bool excludes_page(const copc::VoxelKey& root) const;

    [[nodiscard]] std::uint64_t nodes_seen() const { return seen_.size(); }

    /// After the last round: whether the nodes hold as many points as the header declares, if all pages were seen.
    [[nodiscard]] Status check_total() const;

private:
    struct HierarchyPage {
        copc::VoxelKey root;
        ByteRange range;
    };
    struct IndexPage {
        copc::VoxelKey root;
        ByteRange range;
        double time_min = 0, time_max = 0;
        bool promises = false;  ///< the range is one that can be believed
    };

    [[nodiscard]] bool needed(const copc::VoxelKey& key) const;
    Status absorb_pages(const Intake& intake);
    Status take_hierarchy(const std::vector<copc::Entry>& entries, const copc::VoxelKey& root, FileOffset at);
    Status take_node(const copc::Entry& entry, FileOffset at);
    Status take_hierarchy_pointer(const copc::Entry& entry, FileOffset at);
    void take_index(temporal::Page page, const IndexPage& place);
    void take_index_node(temporal::NodeEntry entry, const IndexPage& place);
    void take_index_pointer(const temporal::PagePointer& pointer, const IndexPage& place);
    void next_round();
    void set_index_fault(FileOffset at, const char* what);

    const File* file_;
    PageFilter filter_;
    wire::Limits limits_;

    std::vector<HierarchyPage> hierarchy_round_, hierarchy_next_;
    std::vector<IndexPage> index_round_, index_next_;
    std::vector<ByteRange> wanted_;

    std::vector<copc::Entry> nodes_;
    std::unordered_map<copc::VoxelKey, bool, copc::VoxelKeyHash> seen_;  // nodes of all pages: with points?
    std::unordered_set<FileOffset> hierarchy_pages_;                     // where those that were met begin
    std::unordered_map<copc::VoxelKey, NodeTimes, copc::VoxelKeyHash> times_;
    std::unordered_map<copc::VoxelKey, bool, copc::VoxelKeyHash> index_pages_;  // pointers met: excluded by time?
    std::optional<Error> index_fault_;
    std::uint32_t excluded_levels_ = 0;  // bit: there is an excluded subtree rooted at that level
    std::uint64_t hierarchy_bytes_ = 0, index_bytes_ = 0;
    std::uint64_t points_seen_ = 0;
    bool left_out_pages_ = false;
};

}  // namespace copse::read
