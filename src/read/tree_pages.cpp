#include "read/tree_pages.hpp"

#include <algorithm>

namespace copse::read {
namespace {

bool fits(ByteRange range, std::uint64_t size) { return range.offset <= size && range.size <= size - range.offset; }

}  // namespace

bool touches(const File& file, const Region& region, const copc::VoxelKey& key) {
    if (key.level > region.max_level) return false;
    const auto cube = copc::node_box(file.info, key, file.header.scale);
    // Left out only if it is certain to be outside: a cube so large that its faces are NaN is not.
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (cube.max[axis] < region.box.min[axis] || cube.min[axis] > region.box.max[axis]) return false;
    return true;
}

bool misses(const TreeIndexPage& page, const temporal::TimeWindow& window) {
    return page.promises && !page.root_is_above &&
           (page.time_max < temporal::clamp_to_finite(window.from) ||
            page.time_min > temporal::clamp_to_finite(window.to));
}

TreeIndexPage page_below(const temporal::PagePointer& pointer, const TreeIndexPage& above,
                         const temporal::Page& siblings) {
    TreeIndexPage page{pointer.key, pointer.page, pointer.time_min, pointer.time_max, false, false};
    // NaN fails; so does a range that the page above does not promise. Such a pointer is followed whatever it says.
    page.promises = pointer.time_min <= pointer.time_max &&
                    (!above.promises || (above.time_min <= pointer.time_min && pointer.time_max <= above.time_max));
    page.root_is_above = std::any_of(siblings.nodes.begin(), siblings.nodes.end(),
                                     [&](const temporal::NodeEntry& node) { return node.key == pointer.key; });
    return page;
}

bool SubtreeSet::covers(const copc::VoxelKey& key) const {
    for (std::int32_t level = 0; level <= key.level; ++level)
        if ((levels_ >> level & 1u) != 0 && roots_.contains(key.ancestor(level))) return true;
    return false;
}

Status check_page_pointer(const File& file, const wire::Limits& limits, const copc::Entry& pointer, FileOffset at) {
    const auto page = pointer.range();
    if (!fits(page, file.size)) return Error{Code::truncated, at, "a hierarchy page runs past the end of the file"};
    if (page.size > limits.max_page_bytes)
        return Error{Code::limit_exceeded, at, "a hierarchy page is larger than this reader allows"};
    return Ok{};
}

const char* find_fault(const File& file, const wire::Limits& limits, const TreeIndexPage& page) {
    const auto payload = file.temporal_payload;
    if (page.range.offset < payload.offset ||
        !fits({page.range.offset - payload.offset, page.range.size}, payload.size))
        return "a temporal page lies outside the record";
    if (page.range.size > limits.max_page_bytes) return "a temporal page is larger than this reader allows";
    return nullptr;
}

}  // namespace copse::read
