#include "build/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "build/index_pages.hpp"
#include "build/node_encoder.hpp"
#include "build/parallel.hpp"
#include "copse/laz.hpp"

namespace copse::build {
namespace {

constexpr std::int64_t kMostPerChunk = 0x7fffffff;  // COPC 1.0, "hierarchy VLR": byteSize and pointCount are int32
constexpr std::uint8_t kCompressedBit = 0x80;

/// Nodes sorted and encoded before the next are begun, for each thread. Their chunks are held until then.
constexpr std::size_t kBatchNodes = 256;
constexpr std::uint64_t kBatchPoints = 1u << 20;

las::Vlr record(std::string_view user_id, std::uint16_t record_id, const char* description, Bytes payload) {
    las::Vlr vlr;
    vlr.user_id = user_id;
    vlr.record_id = record_id;
    vlr.description = description;
    vlr.payload = std::move(payload);
    return vlr;
}

class Writer {
public:
    Writer(const las::Points& points, const Octree& tree, const OutputPlan& plan, wire::Sink& sink,
           wire::Executor& executor, const Progress& progress, Report& report)
        : points_{points},
          tree_{tree},
          plan_{plan},
          sink_{sink},
          executor_{executor},
          progress_{progress},
          report_{report},
          header_{plan.header} {}

    MaybeFailure run() {
        for (const auto& node : tree_.nodes)
            if (static_cast<std::int64_t>(node.rows.size()) > kMostPerChunk)
                return request_failure(fmt::format("node {} would hold {} points: a chunk can hold 2,147,483,647",
                                                   copc::to_string(node.key), node.rows.size()));
        plan_header();
        if (auto failure = append(front())) return failure;
        Bytes table_position(8);
        if (auto failure = append(table_position)) return failure;
        if (auto failure = write_chunks()) return failure;
        if (auto failure = write_chunk_table()) return failure;
        if (auto failure = write_evlrs()) return failure;
        report_.bytes = sink_.position();
        return patch(0, front());
    }

private:
    void plan_header() {
        header_.header_size = las::kHeaderSize14;
        header_.point_format_byte = static_cast<std::uint8_t>(plan_.layout.format | kCompressedBit);
        header_.record_length = plan_.layout.record_length;
        header_.point_count_14 = points_.size();
        header_.vlr_count = static_cast<std::uint32_t>(2 + plan_.records.vlrs.size());
        if (plan_.times.adjusted_bit) header_.global_encoding |= las::kGlobalEncodingAdjustedGpsTime;
        for (std::size_t a = 0; a < 3 && plan_.bounds; ++a) {
            header_.min[a] = static_cast<double>(plan_.bounds->min[a]) * header_.scale[a] + header_.offset[a];
            header_.max[a] = static_cast<double>(plan_.bounds->max[a]) * header_.scale[a] + header_.offset[a];
        }
        info_.center = plan_.cube.center;
        info_.half_size = plan_.cube.half_size;
        info_.root_spacing = 2 * plan_.cube.half_size / plan_.grid;
        info_.gps_time_min = plan_.times.min;
        info_.gps_time_max = plan_.times.max;
    }

    /// Header and VLRs as far as they are known: written first with zeros for what comes later, then once more.
    Bytes front() {
        Bytes records;
        Bytes info, laszip;
        copc::encode_info(info_, info);
        laz::encode_laszip_record(laz::make_laszip_record(plan_.layout, laz::kVariableChunks), laszip);
        las::encode_vlr(record(copc::kUserId, copc::kInfoRecordId, "COPC info VLR", std::move(info)), records);
        las::encode_vlr(record(laz::kVlrUserId, laz::kVlrRecordId, "LASzip compression", std::move(laszip)), records);
        for (const auto& vlr : plan_.records.vlrs) las::encode_vlr(vlr, records);
        header_.offset_to_point_data = static_cast<std::uint32_t>(las::kHeaderSize14 + records.size());
        Bytes front;
        las::encode_header(header_, front);
        front.insert(front.end(), records.begin(), records.end());
        return front;
    }

    MaybeFailure append(ByteView bytes) {
        if (const auto status = sink_.append(bytes); !status) return output_failure(status.error());
        return std::nullopt;
    }
    MaybeFailure patch(FileOffset at, ByteView bytes) {
        if (const auto status = sink_.patch(at, bytes); !status) return output_failure(status.error());
        return std::nullopt;
    }

    MaybeFailure write_chunks() {
        const bool with_index = plan_.times.index;
        NodeEncoder encoder{points_, with_index ? plan_.stride : 0, plan_.times.min};
        std::size_t next = 0;
        while (next < tree_.nodes.size()) {
            const std::size_t last = batch_end(next);
            std::vector<std::optional<Result<EncodedNode>>> encoded(last - next);
            for_each_largest_first(
                executor_, encoded.size(), [&](std::size_t i) { return tree_.nodes[next + i].rows.size(); },
                [&](std::size_t i) { encoded[i] = encoder.encode(tree_.nodes[next + i].rows); });
            for (std::size_t i = 0; i < encoded.size(); ++i)
                if (auto failure = add_chunk(tree_.nodes[next + i], *encoded[i])) return failure;
            next = last;
            if (progress_ && !progress_("write", report_.points_out, points_.size())) return stopped_failure();
        }
        return std::nullopt;
    }

    [[nodiscard]] std::size_t batch_end(std::size_t first) const {
        const auto threads = executor_.concurrency();
        std::uint64_t points = 0;
        std::size_t last = first;
        while (last < tree_.nodes.size() && last - first < kBatchNodes * threads && points < kBatchPoints * threads)
            points += tree_.nodes[last++].rows.size();
        return last;
    }

    MaybeFailure add_chunk(const TreeNode& node, Result<EncodedNode>& encoded) {
        if (!encoded) return output_failure(encoded.error());
        const auto size = encoded->chunk.size();
        if (size > static_cast<std::uint64_t>(kMostPerChunk))
            return request_failure(fmt::format("node {} would take {} bytes: a chunk can take 2,147,483,647",
                                               copc::to_string(node.key), size));
        const FileOffset at = sink_.position();
        if (auto failure = append(encoded->chunk)) return failure;
        chunks_.push_back({at, size, node.rows.size()});
        for (std::size_t r = 0; r < 15; ++r) header_.points_by_return_14[r] += encoded->points_by_return[r];
        index_.push_back({{node.key, at, static_cast<std::int32_t>(size), static_cast<std::int32_t>(node.rows.size())},
                          std::move(encoded->samples),
                          encoded->has_times});

        const auto level = static_cast<std::size_t>(node.key.level);
        if (report_.levels.size() <= level) report_.levels.resize(level + 1);
        report_.levels[level].nodes += 1;
        report_.levels[level].points += node.rows.size();
        report_.levels[level].bytes += size;
        report_.nodes += 1;
        report_.points_out += node.rows.size();
        return std::nullopt;
    }

    MaybeFailure write_chunk_table() {
        Bytes position;
        wire::ByteWriter{position}.u64(sink_.position());
        Bytes table;
        laz::encode_chunk_table(chunks_, laz::kVariableChunks, table);
        if (auto failure = append(table)) return failure;
        return patch(header_.offset_to_point_data, position);
    }

    /// Temporal index first, hierarchy second: then a reader knows both roots from header and COPC record alone.
    MaybeFailure write_evlrs() {
        header_.evlr_offset = sink_.position();
        if (index_.empty()) index_.push_back({});  // the root's entry 0/0/0 of a file without points
        const IndexPages pages{std::move(index_), plan_.times.index};

        Bytes payload;
        if (plan_.times.index) {
            pages.encode_temporal(sink_.position() + las::kEvlrHeaderSize, plan_.stride, plan_.times.min, payload);
            if (auto failure = append_evlr(temporal::kUserId, temporal::kRecordId, "COPC temporal index", payload))
                return failure;
            report_.temporal_pages = static_cast<std::uint32_t>(pages.pages.size());
            payload.clear();
        }
        info_.root_page = {sink_.position() + las::kEvlrHeaderSize, pages.root_hierarchy_bytes()};
        pages.encode_hierarchy(info_.root_page.offset, payload);
        if (auto failure = append_evlr(copc::kUserId, copc::kHierarchyRecordId, "COPC hierarchy", payload))
            return failure;
        report_.hierarchy_pages = static_cast<std::uint32_t>(pages.pages.size());

        for (const auto& vlr : plan_.records.evlrs) {
            Bytes bytes;
            las::encode_evlr(vlr, bytes);
            if (auto failure = append(bytes)) return failure;
            ++header_.evlr_count;
        }
        return std::nullopt;
    }

    MaybeFailure append_evlr(std::string_view user_id, std::uint16_t record_id, const char* description,
                             ByteView payload) {
        las::EvlrHeader header;
        header.user_id = user_id;
        header.record_id = record_id;
        header.description = description;
        header.payload_size = payload.size();
        Bytes bytes;
        las::encode_evlr_header(header, bytes);
        ++header_.evlr_count;
        if (auto failure = append(bytes)) return failure;
        return append(payload);
    }

    const las::Points& points_;
    const Octree& tree_;
    const OutputPlan& plan_;
    wire::Sink& sink_;
    wire::Executor& executor_;
    const Progress& progress_;
    Report& report_;
    las::Header header_;
    copc::Info info_;
    std::vector<laz::ChunkEntry> chunks_;
    std::vector<IndexNode> index_;
};

}  // namespace

MaybeFailure write_output(const las::Points& points, const Octree& tree, const OutputPlan& plan, wire::Sink& sink,
                          wire::Executor& executor, const Progress& progress, Report& report) {
    return Writer{points, tree, plan, sink, executor, progress, report}.run();
}

}  // namespace copse::build
