// Readers of COPC files that say which bytes they want and take them: open, plan and answer a question, without I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "copse/copc.hpp"
#include "copse/filter.hpp"
#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/temporal.hpp"
#include "copse/wire.hpp"

namespace copse::read {

/// What is known of a COPC file after opening it. Immutable and shared by all queries.
struct File {
    las::Header header;
    std::vector<las::Vlr> vlrs;         ///< with payloads
    std::vector<las::Vlr> small_evlrs;  ///< EVLRs whose payload was read at opening, but for hierarchy and index
    struct EvlrPlace {
        las::EvlrHeader header;
        FileOffset at = 0;  ///< of the EVLR header
    };
    /// In file order: all EVLRs, or (see `evlrs_complete`) the first of them. Opening spends no round trip on EVLRs
    /// once it has index, CRS and extra-byte descriptors; `las::read_file_info` reads them all.
    std::vector<EvlrPlace> evlrs;
    bool evlrs_complete = true;
    las::PointLayout layout;
    las::ExtraSchema extra;
    laz::ChunkFormat chunk_format;
    copc::Info info;
    std::vector<copc::Entry> root_page;
    /// The temporal index, if there is one and nothing speaks against it so far. Offsets of header and root page are
    /// relocated where another program has moved the record without mending them.
    std::optional<temporal::Header> temporal;
    std::optional<temporal::Page> temporal_root;  ///< set if `temporal` is
    ByteRange temporal_payload;                   ///< of the record that holds it; all its pages lie inside
    std::uint64_t temporal_shift = 0;  ///< what to add, modulo 2^64, to the page offsets stored in child pages
    std::uint64_t size = 0;
    std::vector<std::string> warnings;
    struct Piece {
        FileOffset at = 0;
        Bytes bytes;
    };
    /// What opening read of the EVLRs, in pieces of more than was needed: pages in there are not fetched again.
    std::vector<Piece> evlr_pieces;

    [[nodiscard]] copc::Box bounds() const;  ///< the header's
    /// Text of the WKT record, empty if there is none.
    [[nodiscard]] std::string wkt() const;
};

/// What a file is opened for. Where its indexes are small, those that a question will need are read in the second round
/// of opening already, so that no round for pages follows.
enum class OpenFor : std::uint8_t {
    anything,  ///< at most 128 KB in all, in files laid out as ours
    place,  ///< questions without time: 48 KB of the hierarchy, from its root page on; at most 128 KB in all as well. A
            ///< temporal index whose root does not come along is left out
    time,   ///< questions with a time: all EVLRs, if they are at most 512 KB
};

/// Opens a COPC file: header and COPC info from the first 12 KB, then, in one round, the root hierarchy page, the first
/// EVLRs, and VLRs that reach further; files laid out otherwise take another round or two.
class Opening final : public wire::PullReader {
public:
    /// @param file_size total size in bytes; the host knows it from the first answer at the latest
    explicit Opening(std::uint64_t file_size, wire::Limits limits = {}, OpenFor purpose = OpenFor::anything);
    ~Opening() override;
    Opening(Opening&&) noexcept;
    Opening& operator=(Opening&&) noexcept;

    wire::Step step() override;
    [[nodiscard]] std::vector<ByteRange> wanted() const override;
    void supply(ByteRange range, ByteView bytes) override;
    [[nodiscard]] const Error& error() const override;
    /// @pre step() returned chunk_ready; afterwards step() returns done
    std::shared_ptr<const File> take_file();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Whether the temporal index may be used to answer.
enum class UseIndex : std::uint8_t { if_sound, never };

/// In which order chunks are answered.
enum class Order : std::uint8_t {
    file,     ///< as they lie in the file, whatever the order of supply
    arrival,  ///< as they are supplied: the first result is there sooner
};

/// A question. Everything that is set must hold of a point.
struct Request {
    copc::Box box;  ///< CRS units, closed faces; compared with raw * scale + offset in two rounded steps
    std::optional<filter::Polygon> polygon;          ///< CRS units, closed; x and y compared likewise
    std::optional<filter::Expression> where;         ///< parsed for this file's header, layout and extra bytes
    std::optional<temporal::TimeWindow> time;        ///< closed; file's encoding
    int max_level = copc::kMaxLevel;                 ///< levels 0 (coarsest) to this, inclusive
    las::ColumnSet columns = las::ColumnSet::all();  ///< what the answer's chunks hold
    /// The answer has at most this many points: whole levels from the root while the points of their nodes fit, then
    /// nodes of the next level in file order, of the last one as many points as are left. Nodes count with all their
    /// points, not only those that match; nodes that box or index exclude do not count.
    std::uint64_t max_points = ~std::uint64_t{0};
    UseIndex use_index = UseIndex::if_sound;
    bool count_only = false;  ///< chunks carry no points: only `matched`
    bool plan_only = false;   ///< done when the plan is there (`Query::plan`): no chunk is wanted
    Order order = Order::file;
    /// Chunks with so many unwanted bytes between them may be fetched as one request where that saves a round of
    /// requests, 16 of which are under way at a time, or costs no more than a request's headers; the bytes so bridged
    /// are at most 2 % of the wanted ones, over the whole plan.
    std::uint64_t max_gap = 256u << 10;
};

/// What answering will take, known before any chunk is fetched.
struct Plan {
    struct Level {
        std::uint64_t nodes = 0;
        std::uint64_t points = 0;
        std::uint64_t bytes = 0;
    };
    std::uint64_t nodes = 0;          ///< whose chunks will be fetched
    std::uint64_t points = 0;         ///< in these nodes
    std::uint64_t most_points = 0;    ///< in the rows of these nodes that the temporal index does not exclude
    std::uint64_t chunk_bytes = 0;    ///< of these chunks
    std::uint64_t bridged_bytes = 0;  ///< fetched with them because one request is better than two
    std::uint64_t requests = 0;       ///< for chunks
    std::vector<Level> levels;        ///< the same by level, from 0
    bool cut = false;                 ///< max_points leaves nodes out
};

/// The matching points of one node.
struct Chunk {
    copc::VoxelKey key;
    ByteRange range;                  ///< of the node's chunk in the file
    std::uint64_t matched = 0;        ///< matching points
    las::Points points;               ///< exactly the matching points, in stored order, with the columns asked for
    std::vector<std::uint32_t> rows;  ///< their rows within the node; empty if all rows matched
};

struct Statistics {
    std::uint64_t nodes = 0;            ///< nodes seen in hierarchy pages
    std::uint64_t candidate_nodes = 0;  ///< nodes whose chunks were asked for
    std::uint64_t chunks_decoded = 0;
    std::uint64_t points_decoded = 0;  ///< rows of which at least X and Y were decoded
    std::uint64_t points = 0;          ///< matched
    std::uint64_t chunk_bytes = 0;     ///< asked for, of chunks
    std::uint64_t bridged_bytes = 0;   ///< asked for between chunks, and not wanted
    std::uint64_t index_bytes = 0;     ///< asked for, of hierarchy and temporal pages
    std::uint64_t requests = 0;        ///< ranges asked for, of chunks and pages
    bool index_used = false;
    bool cut = false;  ///< max_points left something out
};

/// Answers one question about an opened file. Hierarchy and temporal pages of the same subtrees are wanted in the same
/// round, pruned by space, level and time; then chunks, of which only the layers that are needed are decoded.
/// Every matching point comes once, in chunks in file order whatever the order of supply (see `Order`); nodes without a
/// match do not come. If the temporal index turns out to contradict the data, it is dropped with a warning and the
/// query starts over from the hierarchy: from then on file order begins anew, and a node that was answered in part
/// comes a second time, with the points of the rows that the index had excluded.
class Query final : public wire::PullReader {
public:
    Query(std::shared_ptr<const File> file, Request request, wire::Limits limits = {});
    ~Query() override;
    Query(Query&&) noexcept;
    Query& operator=(Query&&) noexcept;

    wire::Step step() override;
    /// One request each, those that help most first. While pages are missing: all of them that are known to be needed.
    /// Afterwards: chunks in file order, those close together as one, at most so many bytes at a time as
    /// `set_read_ahead` says.
    [[nodiscard]] std::vector<ByteRange> wanted() const override;
    void supply(ByteRange range, ByteView bytes) override;
    void hand_over(ByteRange range, Bytes bytes) override;
    [[nodiscard]] std::vector<FileOffset> cuts(ByteRange range) const override;
    [[nodiscard]] const Error& error() const override;
    /// @pre step() returned chunk_ready
    Chunk take_chunk();

    /// Decodes several groups of nodes at a time through it; it must outlive the query. The answer is the same, in the
    /// same order; memory for decoded points grows with its concurrency (about 20 MB each). Default: in `step` itself.
    void set_executor(wire::Executor& executor);
    /// Compressed bytes that may be wanted or held at a time; at least one chunk always is. Default 32 MB.
    void set_read_ahead(std::uint64_t bytes);
    [[nodiscard]] const Statistics& statistics() const;
    /// The plan, once all pages are there. After an index was dropped, of what is still to be answered.
    [[nodiscard]] const std::optional<Plan>& plan() const;
    /// What was noticed and worked around, e.g. a temporal index that contradicts the data and was dropped.
    [[nodiscard]] std::span<const std::string> warnings() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Loads the whole hierarchy (and, if wanted, the whole temporal index): for `info`, validators and viewers.
struct Node {
    copc::Entry entry;            ///< with points, or empty (0 points)
    std::vector<double> samples;  ///< empty without a temporal entry
    FileOffset samples_at = 0;    ///< of the temporal node entry
};
class HierarchyLoad final : public wire::PullReader {
public:
    HierarchyLoad(std::shared_ptr<const File> file, bool with_samples, wire::Limits limits = {});
    ~HierarchyLoad() override;
    HierarchyLoad(HierarchyLoad&&) noexcept;
    HierarchyLoad& operator=(HierarchyLoad&&) noexcept;
    wire::Step step() override;
    [[nodiscard]] std::vector<ByteRange> wanted() const override;
    void supply(ByteRange range, ByteView bytes) override;
    [[nodiscard]] const Error& error() const override;
    /// All nodes, breadth-first by key. @pre step() returned chunk_ready; afterwards step() returns done
    std::vector<Node> take_nodes();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace copse::read
