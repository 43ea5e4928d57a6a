// The COPC info record and all hierarchy pages that can be read. Each page is read once, so that a hierarchy of pages
// that lead to each other ends, and costs no more than the file's own size.
#include <algorithm>

#include "check/facts.hpp"

namespace copse::check {

namespace {

void load_info(wire::Source& source, Facts& facts) {
    for (const auto& record : facts.vlrs)
        if (facts.info_record == nullptr && record.is(copc::kUserId, copc::kInfoRecordId)) facts.info_record = &record;
    // A reader looks for "copc" at 377 and at nothing else. COPC 1.0, "Reader Implementation Notes".
    Bytes user_id;
    if (inside({copc::kInfoVlrAt + 2, 4}, facts.size) && !fetch(source, facts, {copc::kInfoVlrAt + 2, 4}, user_id))
        return;
    facts.claims_copc = facts.info_record != nullptr ||
                        (user_id.size() == 4 && std::memcmp(user_id.data(), copc::kUserId.data(), 4) == 0);
    if (facts.info_record == nullptr) return;
    Bytes payload;
    if (!fetch(source, facts, facts.info_record->payload(), payload)) return;
    auto info = copc::parse_info(payload, facts.info_at());
    if (info)
        facts.info = *info;
    else
        facts.info_problem = info.error();
}

copc::Entry read_entry(wire::ByteReader& in) {
    copc::Entry entry;
    entry.key = {in.i32(), in.i32(), in.i32(), in.i32()};
    entry.offset = in.u64();
    entry.byte_size = in.i32();
    entry.point_count = in.i32();
    return entry;
}

class HierarchyLoader {
public:
    HierarchyLoader(wire::Source& source, Facts& facts) : source_{source}, facts_{facts} {
        for (const auto* records : {&facts.vlrs, &facts.evlrs})
            for (const auto& record : *records)
                if (record.is(copc::kUserId, copc::kHierarchyRecordId) && record.payload_size > 0)
                    payloads_.push_back(record.payload());
    }

    void run() {
        auto& pages = facts_.hierarchy.pages;
        add_page(facts_.info->root_page, {}, facts_.info_at() + info_field::kRootPage, kNoPage);
        for (std::size_t i = 0; i < pages.size() && !facts_.io_error; ++i)
            if (!pages[i].problem) read_page(static_cast<std::uint32_t>(i));
        sort_nodes();
    }

private:
    void add_page(ByteRange range, const copc::VoxelKey& key, FileOffset pointer_at, std::uint32_t parent) {
        PageFact page{range, key, pointer_at, parent, std::nullopt};
        page.problem = page_problem(page, facts_, payloads_, seen_);
        if (!page.problem && range.size % copc::kEntrySize != 0)
            page.problem = Error{Code::bad_value, pointer_at + 8, "a page is not a multiple of 32 bytes"};
        facts_.hierarchy.pages.push_back(page);
    }

    void read_page(std::uint32_t index) {
        auto& hierarchy = facts_.hierarchy;
        const auto range = hierarchy.pages[index].range;
        const auto count = range.size / copc::kEntrySize;
        if (hierarchy.nodes.size() + count > facts_.limits.max_chunks) {
            hierarchy.pages[index].problem = Error{Code::limit_exceeded, range.offset, "more nodes than can be held"};
            return;
        }
        Bytes bytes;
        if (!fetch(source_, facts_, range, bytes)) return;
        wire::ByteReader in{bytes, range.offset};
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto at = in.offset();
            const auto entry = read_entry(in);
            hierarchy.nodes.push_back({entry, at, index});
            if (!entry.is_page()) continue;
            const auto size = static_cast<std::uint64_t>(std::max(entry.byte_size, 0));
            add_page({entry.offset, size}, entry.key, at + entry_field::kOffset, index);
        }
    }

    void sort_nodes() {
        auto& nodes = facts_.hierarchy.nodes;
        std::sort(nodes.begin(), nodes.end(), [](const HierarchyNode& a, const HierarchyNode& b) {
            if (a.entry.key != b.entry.key) return a.entry.key < b.entry.key;
            if (a.entry.is_page() != b.entry.is_page()) return b.entry.is_page();
            return a.at < b.at;
        });
    }

    wire::Source& source_;
    Facts& facts_;
    std::vector<ByteRange> payloads_;  // ascending: records follow one another
    PageMap seen_;
};

}  // namespace

void load_hierarchy(wire::Source& source, Facts& facts) {
    if (facts.io_error || !facts.header_whole) return;
    load_info(source, facts);
    if (facts.io_error || !facts.info) return;
    HierarchyLoader{source, facts}.run();
}

}  // namespace copse::check
