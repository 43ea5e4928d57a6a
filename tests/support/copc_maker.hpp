// Makes small COPC files with a temporal index by hand, right or wrong in a chosen way, without the converter.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "copse/copc.hpp"
#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/temporal.hpp"

namespace copse::test {

/// What a file is to look like. Coordinates are raw / 100 from (1000, 2000, 10) on, in a cube of 100.
struct Recipe {
    las::PointLayout layout{6, 30};
    int depth = 3;  ///< deepest level
    std::uint32_t stride = 16;
    int levels_per_page = 2;        ///< of the hierarchy
    int index_levels_per_page = 2;  ///< of the temporal index
    bool with_index = true;
    bool index_first = true;      ///< index before hierarchy
    bool root_page_last = false;  ///< hierarchy pages with the root behind its children
    bool shuffled_chunks = false;
    std::uint64_t index_moved_by =
        0;                       ///< what a program that moved the index left stale: too little in all of its offsets
    std::vector<las::Vlr> vlrs;  ///< behind copc and laszip
    std::vector<las::Vlr> evlrs_before, evlrs_after;  ///< around index and hierarchy
    // Called in this order, each before its thing is encoded. Sizes must stay but where it says otherwise.
    std::function<void(las::Points&)> edit_node;                                       // of each node, sorted by time
    std::function<void(std::map<copc::VoxelKey, std::vector<double>>&)> edit_samples;  // sizes may change here
    std::function<void(std::vector<temporal::Page>&)> edit_index_pages;                // the root's first
    std::function<void(temporal::Header&)> edit_index_header;
    std::function<void(std::vector<std::vector<copc::Entry>>&)> edit_hierarchy;  // the root's first
    std::function<void(copc::Info&)> edit_info;
    std::function<void(las::Header&)> edit_header;
};

struct MadeNode {
    copc::VoxelKey key;
    las::Points points;  ///< in stored order
    ByteRange range;
};

struct MadeFile {
    Bytes bytes;
    las::Header header;
    copc::Info info;
    std::vector<MadeNode> nodes;  ///< with points, breadth-first
    ByteRange index_payload;
    std::vector<ByteRange> index_pages, hierarchy_pages;  ///< the root's first
};

inline constexpr std::int32_t kRawEdge = 10000;

/// Numbers before NaN, ascending.
inline bool time_less(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
    return a < b;
}

/// Points all over the cube, with times in eighths of seconds from a few passes, many of them equal.
inline las::Points scattered_points(las::PointLayout layout, std::size_t count, std::uint32_t seed) {
    std::mt19937 random{seed};
    Bytes records(count * layout.record_length);
    for (auto& byte : records) byte = static_cast<std::byte>(random());
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(count);
    las::unpack_records(records, points, 0);
    for (std::size_t row = 0; row < count; ++row) {
        for (auto* column : {&points.x, &points.y, &points.z})
            (*column)[row] = static_cast<std::int32_t>(random() % (kRawEdge + 1));
        const auto pass = static_cast<double>(random() % 4), eighths = static_cast<double>(random() % 800);
        points.gps_time[row] = 1000 * pass + eighths / 8;
    }
    return points;
}

/// Some of the times become infinite or no numbers.
inline void spoil_times(las::Points& points, std::uint32_t seed) {
    std::mt19937 random{seed};
    constexpr auto kInfinity = std::numeric_limits<double>::infinity();
    for (auto& time : points.gps_time) {
        const auto kind = random() % 12;
        if (kind == 0) time = -kInfinity;
        if (kind == 1) time = kInfinity;
        if (kind == 2) time = std::numeric_limits<double>::quiet_NaN();
    }
}

class CopcMaker {
public:
    CopcMaker(las::Points points, Recipe recipe, std::uint32_t seed = 1)
        : points_{std::move(points)}, recipe_{std::move(recipe)}, random_{seed} {}

    MadeFile make() {
        choose_nodes();
        write_front();
        write_chunks();
        collect_samples();
        write_evlrs();
        write_header();
        return std::move(made_);
    }

private:
    [[nodiscard]] std::int32_t cell(std::int32_t raw, std::int32_t level) const {
        const auto cells = std::int64_t{1} << level;
        return static_cast<std::int32_t>(std::min<std::int64_t>(cells - 1, raw * cells / kRawEdge));
    }

    /// Each point goes to a random level; one in three to the root's.
    void choose_nodes() {
        std::map<copc::VoxelKey, std::vector<std::uint32_t>> rows;
        for (std::uint32_t row = 0; row < points_.size(); ++row) {
            const auto level = static_cast<std::int32_t>(random_() % static_cast<unsigned>(recipe_.depth + 1));
            rows[{level, cell(points_.x[row], level), cell(points_.y[row], level), cell(points_.z[row], level)}]
                .push_back(row);
        }
        for (auto& [key, of_node] : rows) {
            std::sort(of_node.begin(), of_node.end(), [&](auto a, auto b) {
                const auto first = points_.gps_time[a], second = points_.gps_time[b];
                return time_less(first, second) || (!time_less(second, first) && a < b);
            });
            made_.nodes.push_back({key, points_.gather(of_node), {}});
            if (recipe_.edit_node) recipe_.edit_node(made_.nodes.back().points);
            for (auto level = key.level; level >= 0; --level) entries_[key.ancestor(level)];
        }
        entries_[{}];
        for (auto& [key, entry] : entries_) entry.key = key;
    }

    void write_front() {
        auto& header = made_.header;
        header.global_encoding = las::kGlobalEncodingWkt;
        header.scale = {0.01, 0.01, 0.01};
        header.offset = {1000, 2000, 10};
        header.point_format_byte = recipe_.layout.format | 0x80u;
        header.record_length = recipe_.layout.record_length;
        header.point_count_14 = points_.size();
        made_.info.center = {1050, 2050, 60};
        made_.info.half_size = 50;
        made_.info.root_spacing = 1;
        std::vector<double> times;
        for (const auto time : points_.gps_time)
            if (std::isfinite(time)) times.push_back(time);
        if (!times.empty()) {
            made_.info.gps_time_min = *std::min_element(times.begin(), times.end());
            made_.info.gps_time_max = *std::max_element(times.begin(), times.end());
        }

        made_.bytes.assign(las::kHeaderSize14, std::byte{});
        std::vector<las::Vlr> vlrs(2);
        vlrs[0].user_id = copc::kUserId;
        vlrs[0].record_id = copc::kInfoRecordId;
        vlrs[0].payload = Bytes(copc::kInfoSize);
        vlrs[1].user_id = laz::kVlrUserId;
        vlrs[1].record_id = laz::kVlrRecordId;
        laz::encode_laszip_record(laz::make_laszip_record(recipe_.layout, laz::kVariableChunks), vlrs[1].payload);
        vlrs.insert(vlrs.end(), recipe_.vlrs.begin(), recipe_.vlrs.end());
        for (const auto& vlr : vlrs) las::encode_vlr(vlr, made_.bytes);
        header.vlr_count = static_cast<std::uint32_t>(vlrs.size());
        header.offset_to_point_data = static_cast<std::uint32_t>(made_.bytes.size());
    }

    void write_chunks() {
        const auto table_position = made_.bytes.size();
        made_.bytes.resize(table_position + 8);
        std::vector<std::size_t> order(made_.nodes.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::sort(order.begin(), order.end(),
                  [&](auto a, auto b) { return copc::depth_first_less(made_.nodes[a].key, made_.nodes[b].key); });
        if (recipe_.shuffled_chunks) std::shuffle(order.begin(), order.end(), random_);

        const auto format = laz::ChunkFormat::for_layout(recipe_.layout);
        std::vector<laz::ChunkEntry> table;
        for (const auto index : order) {
            auto& node = made_.nodes[index];
            const auto at = made_.bytes.size();
            laz::encode_chunk(format, node.points, 0, node.points.size(), made_.bytes).value();
            node.range = {at, made_.bytes.size() - at};
            table.push_back({at, node.range.size, node.points.size()});
            auto& entry = entries_[node.key];
            entry.offset = at;
            entry.byte_size = static_cast<std::int32_t>(node.range.size);
            entry.point_count = static_cast<std::int32_t>(node.points.size());
        }
        wire::store_le<std::uint64_t>(made_.bytes.data() + table_position, made_.bytes.size());
        laz::encode_chunk_table(table, laz::kVariableChunks, made_.bytes);
    }

    void collect_samples() {
        for (const auto& node : made_.nodes)
            samples_[node.key] = temporal::make_samples(node.points.gps_time, recipe_.stride, made_.info.gps_time_min);
        if (recipe_.edit_samples) recipe_.edit_samples(samples_);
    }

    // ---- pages ------------------------------------------------------------------------------------------------------

    /// Pages begin at every `levels`-th level.
    struct Draft {
        copc::VoxelKey root;
        std::vector<copc::VoxelKey> nodes;
        std::vector<std::size_t> children;
        ByteRange range;
    };

    template <class Keys>
    static std::vector<Draft> draft_pages(const Keys& keys, int levels) {
        std::map<copc::VoxelKey, std::size_t> page_of;
        std::vector<Draft> pages;
        const std::function<std::size_t(const copc::VoxelKey&)> find_page = [&](const copc::VoxelKey& root) {
            const auto [found, fresh] = page_of.try_emplace(root, pages.size());
            if (fresh) {
                const auto index = found->second;
                pages.push_back({root, {}, {}, {}});
                if (root.level > 0)
                    pages[find_page(root.ancestor((root.level - 1) / levels * levels))].children.push_back(index);
                return index;
            }
            return found->second;
        };
        find_page({});
        for (const auto& [key, value] : keys)
            pages[find_page(key.ancestor(key.level / levels * levels))].nodes.push_back(key);
        return pages;
    }

    Bytes make_index(FileOffset payload_at) {
        auto drafts = draft_pages(samples_, recipe_.index_levels_per_page);
        auto at = payload_at + temporal::kHeaderSize;
        for (auto& draft : drafts) {
            std::uint64_t size = draft.children.size() * temporal::kPagePointerSize;
            for (const auto& key : draft.nodes) size += temporal::kNodeEntrySize + 8 * samples_[key].size();
            draft.range = {at, size};
            at += size;
        }
        std::vector<temporal::Page> pages(drafts.size());
        // Children come behind their parents in the drafts, so their ranges of time are known first this way round.
        std::vector<std::pair<double, double>> times(drafts.size());
        for (std::size_t i = drafts.size(); i-- > 0;) pages[i] = make_index_page(drafts, i, times);
        if (recipe_.edit_index_pages) recipe_.edit_index_pages(pages);

        temporal::Header header;
        header.stride = recipe_.stride;
        header.node_count = static_cast<std::uint32_t>(samples_.size());
        header.page_count = static_cast<std::uint32_t>(pages.size());
        header.root_page = {drafts[0].range.offset - recipe_.index_moved_by, drafts[0].range.size};
        if (recipe_.edit_index_header) recipe_.edit_index_header(header);
        Bytes payload;
        temporal::encode_header(header, payload);
        for (const auto& page : pages) temporal::encode_page(page, payload);
        for (const auto& draft : drafts) made_.index_pages.push_back(draft.range);
        made_.index_payload = {payload_at, payload.size()};
        return payload;
    }

    temporal::Page make_index_page(const std::vector<Draft>& drafts, std::size_t index,
                                   std::vector<std::pair<double, double>>& times) {
        temporal::Page page;
        auto& [low, high] = times[index];
        low = std::numeric_limits<double>::infinity();
        high = -low;
        for (const auto& key : drafts[index].nodes) {
            page.nodes.push_back({key, samples_[key], 0});
            for (const auto sample : samples_[key]) {
                low = std::min(low, sample);
                high = std::max(high, sample);
            }
        }
        for (const auto child : drafts[index].children) {
            auto range = drafts[child].range;
            range.offset -= recipe_.index_moved_by;
            page.pages.push_back({drafts[child].root, range, times[child].first, times[child].second, 0});
            low = std::min(low, times[child].first);
            high = std::max(high, times[child].second);
        }
        return page;
    }

    Bytes make_hierarchy(FileOffset payload_at) {
        auto drafts = draft_pages(entries_, recipe_.levels_per_page);
        std::vector<std::size_t> order(drafts.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = recipe_.root_page_last ? order.size() - 1 - i : i;
        auto at = payload_at;
        for (const auto i : order) {
            drafts[i].range = {at, (drafts[i].nodes.size() + drafts[i].children.size()) * copc::kEntrySize};
            at += drafts[i].range.size;
        }
        std::vector<std::vector<copc::Entry>> pages(drafts.size());
        for (std::size_t i = 0; i < drafts.size(); ++i) {
            for (const auto& key : drafts[i].nodes) pages[i].push_back(entries_[key]);
            for (const auto child : drafts[i].children)
                pages[i].push_back({drafts[child].root, drafts[child].range.offset,
                                    static_cast<std::int32_t>(drafts[child].range.size), -1});
        }
        made_.info.root_page = drafts[0].range;
        if (recipe_.edit_hierarchy) recipe_.edit_hierarchy(pages);
        Bytes payload;
        for (const auto i : order) copc::encode_page(pages[i], payload);
        for (const auto& draft : drafts) made_.hierarchy_pages.push_back(draft.range);
        return payload;
    }

    // ---- records ----------------------------------------------------------------------------------------------------

    void add_evlr(std::string_view user_id, std::uint16_t record_id, const std::function<Bytes(FileOffset)>& make) {
        const auto payload = make(made_.bytes.size() + las::kEvlrHeaderSize);
        las::encode_evlr_header({0, std::string{user_id}, record_id, payload.size(), {}}, made_.bytes);
        made_.bytes.insert(made_.bytes.end(), payload.begin(), payload.end());
        ++made_.header.evlr_count;
    }

    void write_evlrs() {
        made_.header.evlr_offset = made_.bytes.size();
        const auto add_all = [&](const std::vector<las::Vlr>& records) {
            for (const auto& record : records)
                add_evlr(record.user_id, record.record_id, [&](FileOffset) { return record.payload; });
        };
        const auto add_index = [&] {
            if (recipe_.with_index)
                add_evlr(temporal::kUserId, temporal::kRecordId, [&](FileOffset at) { return make_index(at); });
        };
        add_all(recipe_.evlrs_before);
        if (recipe_.index_first) add_index();
        add_evlr(copc::kUserId, copc::kHierarchyRecordId, [&](FileOffset at) { return make_hierarchy(at); });
        if (!recipe_.index_first) add_index();
        add_all(recipe_.evlrs_after);
    }

    void write_header() {
        if (recipe_.edit_info) recipe_.edit_info(made_.info);
        if (recipe_.edit_header) recipe_.edit_header(made_.header);
        Bytes header, info;
        las::encode_header(made_.header, header);
        std::copy(header.begin(), header.end(), made_.bytes.begin());
        copc::encode_info(made_.info, info);
        std::copy(info.begin(), info.end(),
                  made_.bytes.begin() + static_cast<std::ptrdiff_t>(copc::kInfoVlrAt + las::kVlrHeaderSize));
    }

    las::Points points_;
    Recipe recipe_;
    std::mt19937 random_;
    std::map<copc::VoxelKey, copc::Entry> entries_;
    std::map<copc::VoxelKey, std::vector<double>> samples_;
    MadeFile made_;
};

inline MadeFile make_copc(las::Points points, Recipe recipe = {}, std::uint32_t seed = 1) {
    recipe.layout = points.layout;
    return CopcMaker{std::move(points), std::move(recipe), seed}.make();
}

}  // namespace copse::test
