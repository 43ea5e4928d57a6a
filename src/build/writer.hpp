// The output file: header and records, chunks in file order as they come, chunk table, index pages.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "build/cube.hpp"
#include "build/file_order.hpp"
#include "build/index_pages.hpp"
#include "build/memory.hpp"
#include "build/partition.hpp"
#include "build/records.hpp"
#include "build/shared_failure.hpp"
#include "build/time_rules.hpp"
#include "copse/build.hpp"

namespace copse::build {

/// Everything that is known before the first byte is written.
struct OutputPlan {
    las::Header header;  ///< with ids, dates, flags, scale, offset; the rest is filled in
    las::PointLayout layout;
    RecordPlan records;
    Cube cube;
    std::optional<RawBox> bounds;  ///< of the points; empty without points
    TimePlan times;
    std::uint64_t points = 0;
    std::uint32_t stride = 1;
    std::uint32_t grid = 128;
};

/// Writes the file and fills in what the report says of it. Parts of the tree come from several threads in any order;
/// chunks are appended in file order (`file_order_less`), and wait for their turn in memory, then in scratch.
class Writer {
public:
    Writer(const OutputPlan& plan, wire::Sink& sink, MemoryBudget& budget, wire::Scratch* scratch, PileStore& store,
           PartitionBuilder& builder, Report& report);

    /// Header and records, as far as they are known.
    MaybeFailure begin();
    /// Points that a node takes whose other points are still to come. From several threads.
    PileStatus add_to_node(const copc::VoxelKey& node, const las::Points& points, std::span<const std::uint32_t> rows);
    /// All nodes of a part of the tree, in file order. From several threads.
    /// @param begin  where the part's own node begins: nodes above that end before it are written first
    /// @param part   from where the part before ended; it may hold emptiness in front of `begin`
    MaybeFailure add_part(Place begin, Passage part, std::vector<EncodedNode> nodes);
    /// Points of the largest node that waits for its turn. @pre nobody adds any
    [[nodiscard]] std::uint64_t largest_open_node() const;
    /// From now on so much of the budget is not for chunks that wait; those that are in its place go to scratch.
    /// @pre all parts are there
    MaybeFailure make_room(std::uint64_t bytes);
    /// What is left: nodes above the parts, tables, indexes. @pre all parts are there
    MaybeFailure finish(wire::Executor& executor);

private:
    /// Bytes in scratch, released at the end of life.
    class Stored {
    public:
        Stored(wire::Scratch& scratch, ByteRange range) : scratch_{&scratch}, range_{range} {}
        Stored(Stored&& other) noexcept : scratch_{std::exchange(other.scratch_, nullptr)}, range_{other.range_} {}
        Stored& operator=(Stored&& other) noexcept {
            std::swap(scratch_, other.scratch_);
            std::swap(range_, other.range_);
            return *this;
        }
        ~Stored() {
            if (scratch_ != nullptr) scratch_->release(range_);
        }
        Status load(std::span<std::byte> out) const { return scratch_->load(range_, out); }

    private:
        wire::Scratch* scratch_;
        ByteRange range_;
    };
    /// A node's chunk in memory or in scratch.
    struct Waiting {
        EncodedNode node;
        Tokens tokens, share;  ///< of the budget, and of what chunks may take of it
        std::optional<Stored> stored;
        std::uint64_t size = 0;
    };
    struct Part {
        Place begin;  ///< of its own root
        Place last;
        std::vector<Waiting> nodes;
    };
    MaybeFailure hold(EncodedNode node, Waiting& out);
    bool hold_in_memory(Waiting& waiting);
    MaybeFailure put_aside(Waiting& waiting);
    MaybeFailure write_part(Part part);
    MaybeFailure write_nodes_before(Place place);
    MaybeFailure write_node(Waiting waiting);
    MaybeFailure write_chunk(const EncodedNode& node, ByteView chunk);
    MaybeFailure write_overview(wire::Executor& executor);
    MaybeFailure write_chunk_table();
    MaybeFailure write_evlrs();
    MaybeFailure append_evlr(std::string_view user_id, std::uint16_t record_id, const char* description,
                             ByteView payload);
    void plan_header();
    Bytes front();
    MaybeFailure append(ByteView bytes);
    MaybeFailure patch(FileOffset at, ByteView bytes);

    const OutputPlan& plan_;
    wire::Sink& sink_;
    MemoryBudget& budget_;
    wire::Scratch* scratch_;
    PileStore& store_;
    PartitionBuilder& builder_;
    Report& report_;
    las::Header header_;
    copc::Info info_;

    /// What chunks that wait may take of the budget: half of it, so that other work finds room.
    MemoryBudget for_chunks_;

    std::mutex nodes_mutex_;
    std::map<copc::VoxelKey, Pile*, FileOrder> open_nodes_;  ///< nodes above the parts

    std::mutex parts_mutex_;
    std::map<Place, Part> parts_;  ///< that wait for the ones before them
    Place written_to_;             ///< place up to which the tree is written
    bool writing_ = false;

    // Used by whoever is writing.
    std::vector<Waiting> overview_;
    std::vector<laz::ChunkEntry> chunks_;
    std::vector<IndexNode> index_;
};

}  // namespace copse::build
