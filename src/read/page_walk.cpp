#include "read/page_walk.hpp"

#include <algorithm>

#include "read/point_test.hpp"
#include "read/temporal_opening.hpp"

namespace copse::read {
namespace {

constexpr copc::VoxelKey kRoot{};
constexpr FileOffset kPointCountAt = 247;  // LAS 1.4 R15, "Number of point records"

bool fits(ByteRange range, std::uint64_t file_size) {
    return range.offset <= file_size && range.size <= file_size - range.offset;
}

/// Where in its page an entry is, for errors: parsing keeps the order.
FileOffset entry_at(FileOffset page_at, std::size_t index) { return page_at + index * copc::kEntrySize; }

}  // namespace

PageWalk::PageWalk(const File& file, const PageFilter& filter, const wire::Limits& limits)
    : file_{&file}, filter_{filter}, limits_{limits} {
    filter_.with_index = filter_.with_index && file.temporal.has_value();
}

Status PageWalk::start() {
    // The index first: what it excludes is not looked for in the hierarchy.
    if (filter_.with_index) {
        index_bytes_ = file_->temporal->root_page.size;
        take_index(*file_->temporal_root, IndexPage{kRoot, file_->temporal->root_page, 0, 0, false});
    }
    const auto page = file_->info.root_page;
    hierarchy_bytes_ = page.size;
    hierarchy_pages_.insert(page.offset);
    if (const auto status = take_hierarchy(file_->root_page, kRoot, page.offset); !status) return status;
    next_round();
    return Ok{};
}

Status PageWalk::absorb(Intake& intake) {
    const auto pages = wanted_;
    auto status = absorb_pages(intake);
    for (const auto page : pages) intake.drop(page);
    return status;
}

Status PageWalk::absorb_pages(const Intake& intake) {
    for (const auto& place : index_round_) {
        if (index_fault_) break;
        auto page = temporal::parse_page(intake.bytes(place.range), place.range.offset);
        if (!page) {
            set_index_fault(page.error().at, page.error().what);
            break;
        }
        relocate(*page, file_->temporal_shift);
        take_index(std::move(*page), place);
    }
    for (const auto& place : hierarchy_round_) {
        const auto entries = copc::parse_page(intake.bytes(place.range), place.range.offset);
        if (!entries) return entries.error();
        if (const auto status = take_hierarchy(*entries, place.root, place.range.offset); !status) return status;
    }
    next_round();
    return Ok{};
}

void PageWalk::next_round() {
    // Pages found before the index excluded their subtree (where both are cut at different keys).
    std::erase_if(hierarchy_next_, [&](const HierarchyPage& page) {
        const bool skip = excludes_page(page.root);
        left_out_pages_ = left_out_pages_ || skip;
        return skip;
    });
    hierarchy_round_ = std::exchange(hierarchy_next_, {});
    index_round_ = index_fault_ ? std::vector<IndexPage>{} : std::exchange(index_next_, {});
    wanted_.clear();
    for (const auto& page : hierarchy_round_) wanted_.push_back(page.range);
    for (const auto& page : index_round_) wanted_.push_back(page.range);
}

bool PageWalk::needed(const copc::VoxelKey& key) const {
    if (key.level > filter_.max_level) return false;
    const auto cube = copc::node_box(file_->info, key, file_->header.scale);
    // Left out only if it is certain to be outside: a cube so large that its faces are NaN is not.
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (cube.max[axis] < filter_.box.min[axis] || cube.min[axis] > filter_.box.max[axis]) return false;
    return filter_.polygon == nullptr || !is_outside(*filter_.polygon, cube);
}

Status PageWalk::take_hierarchy(const std::vector<copc::Entry>& entries, const copc::VoxelKey& root, FileOffset at) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& entry = entries[i];
        const auto where = entry_at(at, i);
        if (!root.is_ancestor_of(entry.key))
            return Error{Code::bad_value, where,
                         "an entry of a child page lies outside the subtree that the page is for"};
        const auto status = entry.is_page() ? take_hierarchy_pointer(entry, where) : take_node(entry, where);
        if (!status) return status;
    }
    return Ok{};
}

Status PageWalk::take_node(const copc::Entry& entry, FileOffset at) {
    const auto [known, fresh] = seen_.try_emplace(entry.key, entry.has_points());
    if (!fresh) {
        // An empty entry says nothing that another one could contradict.
        if (!entry.has_points()) return Ok{};
        if (known->second) return Error{Code::bad_value, at, "a node has two entries in the hierarchy"};
        known->second = true;
    }
    if (seen_.size() > limits_.max_chunks) return Error{Code::limit_exceeded, at, "more nodes than this reader allows"};
    if (entry.has_points()) {
        points_seen_ += static_cast<std::uint64_t>(entry.point_count);
        if (points_seen_ > file_->header.point_count())
            return Error{Code::bad_value, at, "the nodes hold more points than the header declares"};
        if (!fits(entry.range(), file_->size))
            return Error{Code::truncated, at, "a node's chunk runs past the end of the file"};
    }
    if (needed(entry.key)) nodes_.push_back(entry);
    return Ok{};
}

Status PageWalk::take_hierarchy_pointer(const copc::Entry& entry, FileOffset at) {
    if (!needed(entry.key) || excludes_page(entry.key)) {
        left_out_pages_ = true;
        return Ok{};
    }
    const auto page = entry.range();
    if (!fits(page, file_->size)) return Error{Code::truncated, at, "a hierarchy page runs past the end of the file"};
    if (page.size > limits_.max_page_bytes)
        return Error{Code::limit_exceeded, at, "a hierarchy page is larger than this reader allows"};
    if (!hierarchy_pages_.insert(page.offset).second)
        return Error{Code::bad_value, at, "two entries point at the same hierarchy page"};
    // Pages that overlap without being the same: their bytes add up to more than there are.
    hierarchy_bytes_ += page.size;
    if (hierarchy_bytes_ > file_->size) return Error{Code::bad_value, at, "hierarchy pages overlap"};
    if (hierarchy_bytes_ > limits_.max_pages_bytes)
        return Error{Code::limit_exceeded, at, "hierarchy pages are larger than this reader allows"};
    hierarchy_next_.push_back({entry.key, page});
    return Ok{};
}

void PageWalk::set_index_fault(FileOffset at, const char* what) {
    if (!index_fault_) index_fault_ = Error{Code::bad_value, at, what};
}

void PageWalk::take_index(temporal::Page page, const IndexPage& place) {
    for (auto& entry : page.nodes) take_index_node(std::move(entry), place);
    for (const auto& pointer : page.pages) take_index_pointer(pointer, place);
}

void PageWalk::take_index_node(temporal::NodeEntry entry, const IndexPage& place) {
    if (!place.root.is_ancestor_of(entry.key))
        return set_index_fault(entry.at, "an entry of a temporal page lies outside the subtree that the page is for");
    if (!needed(entry.key)) return;
    const auto [found, fresh] = times_.try_emplace(entry.key);
    found->second.repeated = !fresh;
    if (!fresh) return;
    const auto promised = [&](double time) { return place.time_min <= time && time <= place.time_max; };
    found->second.within_promise = !place.promises || std::all_of(entry.samples.begin(), entry.samples.end(), promised);
    found->second.samples = std::move(entry.samples);
    found->second.at = entry.at;
}

void PageWalk::take_index_pointer(const temporal::PagePointer& pointer, const IndexPage& place) {
    if (!place.root.is_ancestor_of(pointer.key))
        return set_index_fault(pointer.at, "an entry of a temporal page lies outside the subtree that the page is for");
    if (!needed(pointer.key)) return;

    IndexPage child{pointer.key, pointer.page, pointer.time_min, pointer.time_max, false};
    // NaN fails; so does a range that the page above does not promise. Such a pointer is followed whatever it says.
    child.promises = pointer.time_min <= pointer.time_max &&
                     (!place.promises || (place.time_min <= pointer.time_min && pointer.time_max <= place.time_max));
    const bool misses = filter_.time && child.promises &&
                        (pointer.time_max < temporal::clamp_to_finite(filter_.time->from) ||
                         pointer.time_min > temporal::clamp_to_finite(filter_.time->to));
    if (!index_pages_.emplace(pointer.key, misses).second)
        return set_index_fault(pointer.at, "a subtree has two page pointers in the temporal index");
    if (misses) {
        excluded_levels_ |= 1u << pointer.key.level;
        return;
    }
    const auto payload = file_->temporal_payload;
    if (pointer.page.offset < payload.offset ||
        !fits({pointer.page.offset - payload.offset, pointer.page.size}, payload.size))
        return set_index_fault(pointer.at, "a temporal page lies outside the record");
    // Pages must not overlap, so together they are no larger than the record. This also ends circles.
    index_bytes_ += pointer.page.size;
    if (index_bytes_ > payload.size || index_bytes_ > limits_.max_pages_bytes)
        return set_index_fault(pointer.at, "temporal pages overlap");
    if (pointer.page.size > limits_.max_page_bytes)
        return set_index_fault(pointer.at, "a temporal page is larger than this reader allows");
    index_next_.push_back(child);
}

const NodeTimes* PageWalk::find_times(const copc::VoxelKey& key) const {
    const auto found = times_.find(key);
    return found == times_.end() ? nullptr : &found->second;
}

bool PageWalk::excluded(const copc::VoxelKey& key) const {
    for (std::int32_t level = 0; level <= key.level; ++level) {
        if ((excluded_levels_ >> level & 1u) == 0) continue;
        const auto found = index_pages_.find(key.ancestor(level));
        if (found != index_pages_.end() && found->second) return true;
    }
    return false;
}

bool PageWalk::excludes_page(const copc::VoxelKey& root) const { return excluded(root) && find_times(root) == nullptr; }

Status PageWalk::check_total() const {
    if (left_out_pages_ || points_seen_ == file_->header.point_count()) return Ok{};
    return Error{Code::bad_value, kPointCountAt, "the nodes hold fewer points than the header declares"};
}

}  // namespace copse::read
