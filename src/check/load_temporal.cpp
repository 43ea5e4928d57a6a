// The temporal index, if there is one: header, pages, samples. As with the hierarchy, each page is read once.
#include <algorithm>

#include "check/facts.hpp"

namespace copse::check {

namespace {

// Fields of the header and of a page pointer. Temporal Index Extension 1.0 draft 2, "C Struct Definitions".
constexpr FileOffset kRootPageField = 16;
constexpr FileOffset kChildPageField = 20;

temporal::Header read_header(wire::ByteReader& in) {
    temporal::Header header;
    header.version = in.u32();
    header.stride = in.u32();
    header.node_count = in.u32();
    header.page_count = in.u32();
    header.root_page = {in.u64(), 0};
    header.root_page.size = in.u32();
    header.reserved = in.u32();
    return header;
}

class TemporalLoader {
public:
    TemporalLoader(wire::Source& source, Facts& facts, TemporalFacts& index)
        : source_{source}, facts_{facts}, index_{index} {}

    void run() {
        const auto payload = index_.record->payload();
        if (payload.size < temporal::kHeaderSize) return;
        Bytes bytes;
        if (!fetch(source_, facts_, {payload.offset, temporal::kHeaderSize}, bytes)) return;
        wire::ByteReader in{bytes, payload.offset};
        index_.header = read_header(in);
        index_.header_whole = true;
        if (index_.header.version != 1) return;  // another layout
        load_pages(payload);
        std::sort(index_.nodes.begin(), index_.nodes.end(), [](const TemporalNode& a, const TemporalNode& b) {
            return a.key != b.key ? a.key < b.key : a.at < b.at;
        });
    }

private:
    void load_pages(const ByteRange& payload) {
        payload_ = payload;
        if (index_.header.node_count == 0 && index_.header.root_page.size == 0) return;
        add_page(index_.header.root_page, {}, payload.offset + kRootPageField, kNoPage);
        for (std::size_t i = 0; i < index_.pages.size() && !facts_.io_error; ++i)
            if (!index_.pages[i].problem) read_page(static_cast<std::uint32_t>(i));
    }

    std::uint32_t add_page(ByteRange range, const copc::VoxelKey& key, FileOffset pointer_at, std::uint32_t parent) {
        PageFact page{range, key, pointer_at, parent, std::nullopt};
        page.problem = page_problem(page, facts_, {&payload_, 1}, seen_);
        index_.pages.push_back(page);
        return static_cast<std::uint32_t>(index_.pages.size() - 1);
    }

    void read_page(std::uint32_t page) {
        const auto range = index_.pages[page].range;
        Bytes bytes;
        if (!fetch(source_, facts_, range, bytes)) return;
        wire::ByteReader in{bytes, range.offset};
        while (in.remaining() > 0 && !index_.pages[page].problem) read_entry(in, page);
    }

    void read_entry(wire::ByteReader& in, std::uint32_t page) {
        const auto at = in.offset();
        const copc::VoxelKey key{in.i32(), in.i32(), in.i32(), in.i32()};
        const auto sample_count = in.u32();
        if (in.ok() && sample_count == 0)
            read_pointer(in, page, key, at);
        else if (in.ok())
            read_samples(in, page, key, at, sample_count);
        if (!in.ok())
            index_.pages[page].problem =
                Error{Code::truncated, in.offset(), "a page of the temporal index ends within an entry"};
    }

    void read_pointer(wire::ByteReader& in, std::uint32_t page, const copc::VoxelKey& key, FileOffset at) {
        TemporalPointer pointer{key, at, page, 0, 0, 0};
        ByteRange range{in.u64(), 0};
        range.size = in.u32();
        pointer.time_min = in.f64();
        pointer.time_max = in.f64();
        if (!in.ok()) return;
        pointer.child = add_page(range, key, at + kChildPageField, page);
        index_.pointers.push_back(pointer);
    }

    void read_samples(wire::ByteReader& in, std::uint32_t page, const copc::VoxelKey& key, FileOffset at,
                      std::uint32_t count) {
        // Compared with the bytes at hand before memory is taken.
        const auto bytes = in.bytes(std::uint64_t{count} * sizeof(double));
        if (!in.ok()) return;
        index_.nodes.push_back({key, at, page, count, index_.samples.size()});
        for (std::size_t i = 0; i < count; ++i)
            index_.samples.push_back(wire::load_le<double>(bytes.data() + i * sizeof(double)));
    }

    wire::Source& source_;
    Facts& facts_;
    TemporalFacts& index_;
    ByteRange payload_;
    PageMap seen_;
};

}  // namespace

void load_temporal(wire::Source& source, Facts& facts) {
    if (facts.io_error || !facts.header_whole) return;
    for (const auto* records : {&facts.vlrs, &facts.evlrs}) {
        for (const auto& record : *records) {
            if (facts.temporal || !record.is(temporal::kUserId, temporal::kRecordId)) continue;
            facts.temporal.emplace().record = &record;
        }
    }
    if (facts.temporal) TemporalLoader{source, facts, *facts.temporal}.run();
}

}  // namespace copse::check
