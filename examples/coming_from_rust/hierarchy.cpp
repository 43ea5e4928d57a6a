// Shows: the hierarchy page by page, by box and level; looking up nodes, children, visible keys.
#include <cstdio>

#include "examples.hpp"

using namespace copse;

// [quote: load]
void load(read::Tree& tree, wire::Source& source, const read::Region& region) {
    auto pages = tree.plan(region);
    drive(pages, source);  // one round for each level of pages that is missing, none if nothing is
    tree.put(std::move(pages)).value();
}
// [/quote]

std::uint64_t look_at_hierarchy(const Survey& survey) {
    // [quote: hierarchy]
    auto tree = read::Tree::create(survey.file).value();  // with the root page

    read::Region corner;
    corner.box = survey.file->bounds();
    corner.box.max[0] = survey.file->info.center[0];
    corner.max_level = copc::level_for_resolution(survey.file->info, 0.5);
    load(tree, *survey.source, corner);

    const copc::Entry* root = tree.find({});
    std::printf("hierarchy: root has %d points in %d bytes at %llu\n", root->point_count, root->byte_size,
                static_cast<unsigned long long>(root->offset));
    for (const copc::Entry& child : tree.children({}))
        std::printf("hierarchy: child %s\n", copc::to_string(child.key).c_str());
    const auto visible = tree.visible(corner);  // keys, coarse ones first

    load(tree, *survey.source, {});  // everything else
    std::printf("hierarchy: %zu of %zu nodes visible, %zu pages left\n", visible.size(), tree.size(),
                tree.pending().size());
    // [/quote]
    std::uint64_t points = 0;
    for (const auto& entry : tree.entries()) points += static_cast<std::uint64_t>(entry.point_count);
    return points;
}
