#include "build/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "build/routing.hpp"
#include "copse/laz.hpp"

namespace copse::build {
namespace {

constexpr std::int64_t kMostPerChunk = 0x7fffffff;  // COPC 1.0, "hierarchy VLR": byteSize and pointCount are int32
constexpr std::uint8_t kCompressedBit = 0x80;

las::Vlr record(std::string_view user_id, std::uint16_t record_id, const char* description, Bytes payload) {
    las::Vlr vlr;
    vlr.user_id = user_id;
    vlr.record_id = record_id;
    vlr.description = description;
    vlr.payload = std::move(payload);
    return vlr;
}

}  // namespace

Writer::Writer(const OutputPlan& plan, wire::Sink& sink, MemoryBudget& budget, wire::Scratch* scratch, PileStore& store,
               PartitionBuilder& builder, Report& report)
    : plan_{plan},
      sink_{sink},
      budget_{budget},
      scratch_{scratch},
      store_{store},
      builder_{builder},
      report_{report},
      header_{plan.header},
      for_chunks_{budget.limit() / 2} {}

MaybeFailure Writer::begin() {
    plan_header();
    if (auto failure = append(front())) return failure;
    return append(Bytes(8));  // the position of the chunk table
}

PileStatus Writer::add_to_node(const copc::VoxelKey& node, const las::Points& points,
                               std::span<const std::uint32_t> rows) {
    Pile* pile = nullptr;
    {
        const std::lock_guard lock{nodes_mutex_};
        auto& known = open_nodes_[node];
        if (known == nullptr) known = &store_.make();
        pile = known;
    }
    return store_.add_alone(*pile, points, rows);
}

/// Keeps a chunk until its turn.
MaybeFailure Writer::hold(EncodedNode node, Waiting& out) {
    out.size = node.chunk.size();
    out.node = std::move(node);
    return hold_in_memory(out) ? std::nullopt : put_aside(out);
}

bool Writer::hold_in_memory(Waiting& waiting) {
    // Without scratch there is nowhere else.
    if (scratch_ != nullptr) {
        if (!for_chunks_.try_take(waiting.size)) return false;
        waiting.share = Tokens{for_chunks_, waiting.size};
    }
    if (budget_.try_take(waiting.size)) {
        waiting.tokens = Tokens{budget_, waiting.size};
        return true;
    }
    waiting.share = {};
    return false;
}

MaybeFailure Writer::put_aside(Waiting& waiting) {
    if (scratch_ == nullptr) return pile_failure({PileFailure::memory, {}});
    const auto range = scratch_->store(waiting.node.chunk);
    if (!range) return pile_failure({PileFailure::scratch, range.error()});
    waiting.stored.emplace(*scratch_, *range);
    Bytes{}.swap(waiting.node.chunk);  // an assignment would keep the memory
    waiting.tokens = {};
    waiting.share = {};
    return std::nullopt;
}

MaybeFailure Writer::make_room(std::uint64_t bytes) {
    for_chunks_.set_limit(budget_.limit() - std::min(budget_.limit(), bytes));
    for (auto& waiting : overview_) {
        if (!for_chunks_.is_passed()) break;
        if (waiting.stored) continue;
        if (auto failure = put_aside(waiting)) return failure;
    }
    return std::nullopt;
}

MaybeFailure Writer::add_part(Place begin, Passage part, std::vector<EncodedNode> nodes) {
    Part waiting{begin, part.last, {}};
    for (auto& node : nodes)
        if (auto failure = hold(std::move(node), waiting.nodes.emplace_back())) return failure;

    std::unique_lock lock{parts_mutex_};
    parts_.emplace(part.first, std::move(waiting));
    if (writing_) return std::nullopt;
    writing_ = true;
    MaybeFailure failure;
    while (!failure && !parts_.empty() && parts_.begin()->first == written_to_) {
        auto next = std::move(parts_.begin()->second);
        parts_.erase(parts_.begin());
        written_to_ = next.last;
        lock.unlock();
        failure = write_part(std::move(next));
        lock.lock();
    }
    writing_ = false;
    return failure;
}

MaybeFailure Writer::write_part(Part part) {
    if (auto failure = write_nodes_before(part.begin)) return failure;
    for (auto& node : part.nodes) {
        if (node.node.key.level < kOverviewLevels) {
            overview_.push_back(std::move(node));
            continue;
        }
        if (auto failure = write_node(std::move(node))) return failure;
    }
    return write_nodes_before(part.last);
}

/// Nodes above the parts that end at or before this place: all their points are there.
MaybeFailure Writer::write_nodes_before(Place place) {
    for (;;) {
        copc::VoxelKey key;
        Pile* pile = nullptr;
        {
            const std::lock_guard lock{nodes_mutex_};
            if (open_nodes_.empty()) return std::nullopt;
            key = open_nodes_.begin()->first;
            if (key.level < kOverviewLevels || passage_of(key).last > place) return std::nullopt;
            pile = open_nodes_.begin()->second;
            open_nodes_.erase(open_nodes_.begin());
        }
        EncodedNode node;
        if (auto failure = builder_.build_node(key, *pile, node)) return failure;
        if (auto failure = write_chunk(node, node.chunk)) return failure;
    }
}

MaybeFailure Writer::write_node(Waiting waiting) {
    if (!waiting.stored) return write_chunk(waiting.node, waiting.node.chunk);
    Bytes chunk(static_cast<std::size_t>(waiting.size));
    if (const auto status = waiting.stored->load(chunk); !status)
        return pile_failure({PileFailure::scratch, status.error()});
    waiting.stored.reset();
    return write_chunk(waiting.node, chunk);
}

MaybeFailure Writer::write_chunk(const EncodedNode& node, ByteView chunk) {
    const auto limit = static_cast<std::uint64_t>(kMostPerChunk);
    if (chunk.size() > limit || node.points > limit)
        return request_failure(fmt::format("node {} would take {} bytes and {} points: a chunk can take 2,147,483,647",
                                           copc::to_string(node.key), chunk.size(), node.points));
    const FileOffset at = sink_.position();
    if (auto failure = append(chunk)) return failure;
    chunks_.push_back({at, chunk.size(), node.points});
    for (std::size_t r = 0; r < 15; ++r) header_.points_by_return_14[r] += node.points_by_return[r];
    index_.push_back({{node.key, at, static_cast<std::int32_t>(chunk.size()), static_cast<std::int32_t>(node.points)},
                      node.samples,
                      node.has_times});

    const auto level = static_cast<std::size_t>(node.key.level);
    if (report_.levels.size() <= level) report_.levels.resize(level + 1);
    report_.levels[level].nodes += 1;
    report_.levels[level].points += node.points;
    report_.levels[level].bytes += chunk.size();
    report_.nodes += 1;
    report_.points_out += node.points;
    return std::nullopt;
}

std::uint64_t Writer::largest_open_node() const {
    std::uint64_t largest = 0;
    for (const auto& [key, pile] : open_nodes_) largest = std::max(largest, pile->rows());
    return largest;
}

/// The coarse nodes: those that waited, and those above all parts.
MaybeFailure Writer::write_overview(wire::Executor& executor) {
    std::vector<std::pair<copc::VoxelKey, Pile*>> open{open_nodes_.begin(), open_nodes_.end()};
    std::vector<Waiting> encoded(open.size());
    SharedFailure failure;
    executor.for_each(open.size(), [&](std::size_t i) {
        if (failure.raised()) return;
        EncodedNode node;
        auto failed = builder_.build_node(open[i].first, *open[i].second, node);
        if (!failed) failed = hold(std::move(node), encoded[i]);
        if (failed) failure.raise(*std::move(failed));
    });
    if (auto failed = failure.take()) return failed;
    std::move(encoded.begin(), encoded.end(), std::back_inserter(overview_));
    std::sort(overview_.begin(), overview_.end(),
              [](const Waiting& a, const Waiting& b) { return file_order_less(a.node.key, b.node.key); });
    for (auto& node : overview_)
        if (auto failed = write_node(std::move(node))) return failed;
    return std::nullopt;
}

MaybeFailure Writer::finish(wire::Executor& executor) {
    if (auto failure = write_nodes_before(passage_of({}).last)) return failure;
    if (auto failure = write_overview(executor)) return failure;
    // The promise of all promises. Nothing can break it but a fault of this program.
    if (report_.points_out != plan_.points)
        return output_failure({Code::io_failed, 0, "points were lost on the way: this is a fault of the program", 0});
    if (auto failure = write_chunk_table()) return failure;
    if (auto failure = write_evlrs()) return failure;
    plan_header();
    report_.bytes = sink_.position();
    return patch(0, front());
}

void Writer::plan_header() {
    header_.header_size = las::kHeaderSize14;
    header_.point_format_byte = static_cast<std::uint8_t>(plan_.layout.format | kCompressedBit);
    header_.record_length = plan_.layout.record_length;
    header_.point_count_14 = plan_.points;
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
Bytes Writer::front() {
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

MaybeFailure Writer::append(ByteView bytes) {
    if (const auto status = sink_.append(bytes); !status) return output_failure(status.error());
    return std::nullopt;
}
MaybeFailure Writer::patch(FileOffset at, ByteView bytes) {
    if (const auto status = sink_.patch(at, bytes); !status) return output_failure(status.error());
    return std::nullopt;
}

MaybeFailure Writer::write_chunk_table() {
    Bytes position;
    wire::ByteWriter{position}.u64(sink_.position());
    Bytes table;
    laz::encode_chunk_table(chunks_, laz::kVariableChunks, table);
    if (auto failure = append(table)) return failure;
    return patch(header_.offset_to_point_data, position);
}

/// Temporal index first, hierarchy second: then a reader knows both roots from header and COPC record alone.
MaybeFailure Writer::write_evlrs() {
    header_.evlr_offset = sink_.position();
    if (index_.empty()) index_.push_back({});  // the root's entry 0/0/0 of a file without points
    // What stands for no time at all is known now.
    for (auto& node : index_)
        if (!node.has_times) std::fill(node.samples.begin(), node.samples.end(), plan_.times.min);
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
    if (auto failure = append_evlr(copc::kUserId, copc::kHierarchyRecordId, "COPC hierarchy", payload)) return failure;
    report_.hierarchy_pages = static_cast<std::uint32_t>(pages.pages.size());

    for (const auto& vlr : plan_.records.evlrs) {
        Bytes bytes;
        las::encode_evlr(vlr, bytes);
        if (auto failure = append(bytes)) return failure;
        ++header_.evlr_count;
    }
    return std::nullopt;
}

MaybeFailure Writer::append_evlr(std::string_view user_id, std::uint16_t record_id, const char* description,
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

}  // namespace copse::build
