// Opening a COPC file: which bytes are needed, and what they mean.
#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "copse/read.hpp"
#include "read/intake.hpp"
#include "read/temporal_opening.hpp"

namespace copse::read {
namespace {

constexpr std::uint64_t kEvlrRead = 32u << 10;
constexpr std::uint64_t kMaxEvlrRead = 1u << 20;
// Read ahead for a question to come: less than what a round trip costs anywhere.
constexpr std::uint64_t kHierarchyAhead = (48u << 10) - 128;
// With these, 128 KB in all. In a file of ours, the temporal index with its root page.
constexpr std::uint64_t kEvlrReadForPlace = (16u << 10) + 128;
constexpr std::uint64_t kEvlrsAhead = 512u << 10;
// Far more than anybody has; each may cost a round trip.
constexpr std::uint32_t kMaxEvlrs = 100000;

constexpr std::uint64_t kFrontSize = copc::kInfoVlrAt + las::kVlrHeaderSize + copc::kInfoSize;

Error short_file(std::uint64_t size) {
    return {Code::truncated, size, "the file ends before the bytes that it refers to"};
}

bool fits(ByteRange range, std::uint64_t file_size) {
    return range.offset <= file_size && range.size <= file_size - range.offset;
}

bool is_index(const las::EvlrHeader& header) {
    return header.user_id == temporal::kUserId && header.record_id == temporal::kRecordId;
}
bool is_copc(const las::EvlrHeader& header) { return header.user_id == copc::kUserId; }

/// Bytes of the file that have come, each run in one piece.
class HeldBytes {
public:
    void add(FileOffset at, ByteView bytes) {
        bool appended = false;
        for (auto& run : runs_) {
            if (run.at + run.bytes.size() != at) continue;
            run.bytes.insert(run.bytes.end(), bytes.begin(), bytes.end());
            appended = true;
        }
        if (!appended) runs_.push_back({at, Bytes{bytes.begin(), bytes.end()}});
    }
    [[nodiscard]] std::optional<ByteView> find(ByteRange range) const {
        if (range.size == 0) return ByteView{};
        for (const auto& run : runs_) {
            if (range.offset < run.at || range.offset - run.at > run.bytes.size()) continue;
            const auto from = range.offset - run.at;
            if (run.bytes.size() - from >= range.size)
                return ByteView{run.bytes}.subspan(static_cast<std::size_t>(from),
                                                   static_cast<std::size_t>(range.size));
        }
        return std::nullopt;
    }
    /// How many bytes from `at` on are there in one piece.
    [[nodiscard]] std::uint64_t held_from(FileOffset at) const {
        std::uint64_t most = 0;
        for (const auto& run : runs_)
            if (at >= run.at && at - run.at < run.bytes.size()) most = std::max(most, run.bytes.size() - (at - run.at));
        return most;
    }

    /// Gives away what there is from `from` on.
    std::vector<File::Piece> take_from(FileOffset from) {
        std::vector<File::Piece> pieces;
        for (auto& run : runs_) {
            const auto before = from > run.at ? from - run.at : 0;
            if (before >= run.bytes.size()) continue;
            run.bytes.erase(run.bytes.begin(), run.bytes.begin() + static_cast<std::ptrdiff_t>(before));
            pieces.push_back({run.at + before, std::move(run.bytes)});
        }
        runs_.clear();
        return pieces;
    }

private:
    std::vector<File::Piece> runs_;
};

}  // namespace

// Opening goes through the stages of `advance` in order. A stage that lacks bytes asks for them and is tried again when
// they have come; what it needs is asked for in as few rounds as the file's layout allows.
struct Opening::State {
    std::uint64_t file_size = 0;
    wire::Limits limits;
    OpenFor purpose = OpenFor::anything;
    Intake intake;
    std::vector<ByteRange> asked;
    HeldBytes held;
    std::shared_ptr<File> file = std::make_shared<File>();
    std::optional<Error> failure;

    enum class Stage : std::uint8_t { front, records, evlrs, index, ready, taken } stage = Stage::front;
    FileOffset next_evlr = 0;
    std::uint64_t evlr_read = kEvlrRead;
    std::optional<std::vector<ByteRange>> root_places;  // of the index, not tried yet
    std::optional<temporal::Header> index_header;

    enum class Progress : std::uint8_t { stuck, moved };
    using Stepped = Result<Progress>;

    void ask(ByteRange range) {
        // What is there already is not fetched again.
        const auto have = std::min(held.held_from(range.offset), range.size);
        range = {range.offset + have, range.size - have};
        if (range.size == 0 || std::find(asked.begin(), asked.end(), range) != asked.end()) return;
        intake.ask(range);
        asked.push_back(range);
    }

    /// The bytes of `range`; if they are not there, asks for `hint`, which begins at the same place and holds more.
    std::optional<ByteView> look(ByteRange range, ByteRange hint) {
        const auto found = held.find(range);
        if (!found) ask(hint);
        return found;
    }
    std::optional<ByteView> look(ByteRange range) { return look(range, range); }

    Stepped advance() {
        switch (stage) {
            case Stage::front:
                return read_front();
            case Stage::records:
                return read_records();
            case Stage::evlrs:
                return read_evlrs();
            case Stage::index:
                return read_index();
            case Stage::ready:
            case Stage::taken:
                break;
        }
        return Progress::stuck;
    }

    /// Header and COPC info: all that the second round needs.
    Stepped read_front() {
        if (file_size == 0) return short_file(0);
        const auto front = look({0, std::min(wire::kFirstRead, file_size)});
        if (!front) return Progress::stuck;

        const auto header = las::parse_header(*front);
        if (!header) return header.error();
        file->header = *header;
        file->size = file_size;
        file->layout = {header->format(), header->record_length};
        if (const auto status = check_header(); !status) return status.error();
        if (const auto status = parse_info(*front); !status) return status.error();

        ask_for_second_round();
        stage = Stage::records;
        return Progress::moved;
    }

    [[nodiscard]] Status check_header() const {
        const auto& header = file->header;
        if (header.version_minor != 4) return Error{Code::unsupported, 24, "a COPC file is a LAZ 1.4 file"};
        if (header.format() < 6 || header.format() > 8)
            return Error{Code::unsupported, 104, "COPC holds point data record formats 6, 7 or 8 only"};
        if (header.offset_to_point_data < header.header_size)
            return Error{Code::bad_value, 96, "offset to point data lies inside the header"};
        if (header.offset_to_point_data > limits.max_header_bytes)
            return Error{Code::limit_exceeded, 96, "header and VLRs are larger than this reader allows"};
        if (header.offset_to_point_data > file_size) return short_file(file_size);
        return Ok{};
    }

    /// Whether the record at byte 375 says that it is the COPC info, whatever else is wrong with it.
    static bool names_info(ByteView front) {
        if (front.size() < copc::kInfoVlrAt) return true;  // cut off: not for this to say
        wire::ByteReader in{front.subspan(copc::kInfoVlrAt), copc::kInfoVlrAt};
        (void)in.u16();  // reserved
        const auto user_id = in.fixed_string(las::kUserIdSize);
        const auto record_id = in.u16();
        return !in.ok() || (user_id == copc::kUserId && record_id == copc::kInfoRecordId);
    }

    Status parse_info(ByteView front) {
        if (!names_info(front))
            return Error{Code::unsupported, copc::kInfoVlrAt,
                         "not a COPC file: the info VLR must be the first VLR, at offset 375"};
        if (front.size() < kFrontSize) return short_file(front.size());
        const auto vlr =
            las::parse_vlrs(front.subspan(copc::kInfoVlrAt, kFrontSize - copc::kInfoVlrAt), 1, copc::kInfoVlrAt);
        if (!vlr) return vlr.error();
        const auto info = copc::parse_info(vlr->front().payload, vlr->front().payload_at());
        if (!info) return info.error();
        file->info = *info;

        const auto page = info->root_page;
        constexpr FileOffset kRootPageAt = copc::kInfoVlrAt + las::kVlrHeaderSize + 40;
        if (page.size == 0) return Error{Code::bad_value, kRootPageAt + 8, "the root hierarchy page is empty"};
        if (page.size > limits.max_page_bytes)
            return Error{Code::limit_exceeded, kRootPageAt + 8,
                         "the root hierarchy page is larger than this reader allows"};
        if (!fits(page, file_size))
            return Error{Code::truncated, kRootPageAt, "the root hierarchy page runs past the end of the file"};
        return Ok{};
    }

    void ask_for_second_round() {
        const auto& header = file->header;
        ask({0, header.offset_to_point_data});
        ByteRange evlrs{header.evlr_offset, 0};
        if (header.evlr_count != 0 && header.evlr_offset < file_size) {
            evlrs.size = file_size - header.evlr_offset;
            const auto most = purpose == OpenFor::place ? kEvlrReadForPlace : kEvlrRead;
            if (purpose != OpenFor::time || evlrs.size > kEvlrsAhead) evlrs.size = std::min(most, evlrs.size);
            ask(evlrs);
        }
        // With the 60 bytes before it: where the hierarchy's EVLR begins with the root page, these are its header, and
        // where the index comes before it (as in files of ours), all EVLRs are known without a further round.
        auto page = file->info.root_page;
        const auto before = std::min<std::uint64_t>(las::kEvlrHeaderSize, page.offset);
        page = {page.offset - before, page.size + before};
        if (purpose == OpenFor::place)
            page.size = std::min(std::max(page.size, kHierarchyAhead), file_size - page.offset);
        if (page.offset >= evlrs.offset && page.offset < evlrs.end() && page.end() > evlrs.end()) {
            // What is asked for already is not asked for twice.
            page.size = page.end() - evlrs.end();
            page.offset = evlrs.end();
        }
        const bool in_evlrs = page.offset >= evlrs.offset && page.end() <= evlrs.end();
        if (!in_evlrs && !held.find(page)) ask(page);
    }

    /// VLRs and root hierarchy page.
    Stepped read_records() {
        const auto front = look({0, file->header.offset_to_point_data});
        const auto page = look(file->info.root_page);
        if (!front || !page) return Progress::stuck;

        const auto header_size = file->header.header_size;
        auto vlrs = las::parse_vlrs(front->subspan(header_size), file->header.vlr_count, header_size);
        if (!vlrs) return vlrs.error();
        file->vlrs = std::move(*vlrs);
        if (const auto status = parse_laszip(); !status) return status.error();

        auto entries = copc::parse_page(*page, file->info.root_page.offset);
        if (!entries) return entries.error();
        file->root_page = std::move(*entries);

        next_evlr = file->header.evlr_offset;
        if (file->header.evlr_count > kMaxEvlrs)
            return Error{Code::limit_exceeded, 243, "more EVLRs than this reader allows"};
        find_index_among_vlrs();
        stage = Stage::evlrs;
        return Progress::moved;
    }

    Status parse_laszip() {
        const auto* vlr = las::find_vlr(file->vlrs, laz::kVlrUserId, laz::kVlrRecordId);
        if (vlr == nullptr) return Error{Code::bad_value, file->header.header_size, "the LASzip VLR is missing"};
        const auto record = laz::parse_laszip_record(vlr->payload, file->layout, vlr->payload_at());
        if (!record) return record.error();
        if (record->compressor != laz::Compressor::layered_chunked)
            return Error{Code::unsupported, vlr->payload_at(),
                         "the points of a COPC file are compressed in layers and chunks"};
        file->chunk_format = laz::ChunkFormat::from(*record, file->layout);
        return Ok{};
    }

    /// Some programs turn EVLRs into VLRs.
    void find_index_among_vlrs() {
        const auto* vlr = las::find_vlr(file->vlrs, temporal::kUserId, temporal::kRecordId);
        if (vlr != nullptr) file->temporal_payload = {vlr->payload_at(), vlr->payload.size()};
    }

    [[nodiscard]] bool lacks_wkt() const { return file->wkt().empty(); }
    [[nodiscard]] bool lacks_extra_bytes() const {
        return file->layout.extra_bytes() != 0 &&
               las::find_vlr(file->vlrs, las::kSpecUser, las::kExtraBytesRecord) == nullptr &&
               las::find_vlr(file->small_evlrs, las::kSpecUser, las::kExtraBytesRecord) == nullptr;
    }
    [[nodiscard]] bool lacks_index() const { return file->temporal_payload.size == 0; }
    /// A question of place does without the temporal index.
    [[nodiscard]] bool wants_index() const { return purpose != OpenFor::place; }

    /// Walks from EVLR header to EVLR header, as long as something may still be found there.
    Stepped read_evlrs() {
        while (file->evlrs.size() < file->header.evlr_count) {
            const ByteRange range{next_evlr, las::kEvlrHeaderSize};
            if (!fits(range, file_size))
                return Error{Code::truncated, file_size, "an EVLR runs past the end of the file"};
            auto bytes = held.find(range);
            if (!bytes) {
                if (!(lacks_index() && wants_index()) && !lacks_wkt() && !lacks_extra_bytes()) {
                    file->evlrs_complete = false;
                    break;
                }
                // Some programs write one EVLR a page: read further ahead with every round.
                bytes = look(range, {next_evlr, std::min(evlr_read, file_size - next_evlr)});
                evlr_read = std::min(evlr_read * 2, kMaxEvlrRead);
                return Progress::stuck;
            }
            const auto taken = take_evlr(*bytes);
            if (!taken) return taken.error();
            if (*taken == Progress::stuck) return Progress::stuck;
        }
        return finish_records();
    }

    Stepped take_evlr(ByteView bytes) {
        const auto header = las::parse_evlr_header(bytes, next_evlr);
        if (!header) return header.error();
        const ByteRange payload{next_evlr + las::kEvlrHeaderSize, header->payload_size};
        if (!fits(payload, file_size))
            return Error{Code::truncated, file_size, "an EVLR runs past the end of the file"};

        const bool wanted =
            (lacks_wkt() && header->user_id == las::kProjectionUser && header->record_id == las::kWktRecord) ||
            (lacks_extra_bytes() && header->user_id == las::kSpecUser && header->record_id == las::kExtraBytesRecord);
        if (is_index(*header)) {
            if (lacks_index()) file->temporal_payload = payload;
        } else if (!is_copc(*header) && payload.size <= limits.max_evlr_bytes) {
            const auto content = wanted ? look(payload) : held.find(payload);
            if (wanted && !content) return Progress::stuck;
            if (content) keep_evlr(*header, *content);
        }
        file->evlrs.push_back({*header, next_evlr});
        next_evlr = payload.end();
        return Progress::moved;
    }

    void keep_evlr(const las::EvlrHeader& header, ByteView payload) {
        las::Vlr vlr;
        vlr.reserved = header.reserved;
        vlr.user_id = header.user_id;
        vlr.record_id = header.record_id;
        vlr.description = header.description;
        vlr.payload.assign(payload.begin(), payload.end());
        vlr.extended = true;
        vlr.at = next_evlr;
        file->small_evlrs.push_back(std::move(vlr));
    }

    Stepped finish_records() {
        std::vector<las::Vlr> records = file->vlrs;
        records.insert(records.end(), file->small_evlrs.begin(), file->small_evlrs.end());
        auto extra = las::parse_extra_schema(records, file->layout);
        if (!extra) return extra.error();
        file->extra = std::move(*extra);
        stage = lacks_index() ? Stage::ready : Stage::index;
        return Progress::moved;
    }

    Stepped ignore_index(const char* why) {
        file->warnings.push_back(std::string{"the temporal index is not used: "} + why);
        return leave_index();
    }
    Stepped leave_index() {
        file->temporal.reset();
        file->temporal_root.reset();
        stage = Stage::ready;
        return Progress::moved;
    }

    /// Header and root page of the index. Whatever is wrong with it costs the index, not the file.
    Stepped read_index() {
        const auto payload = file->temporal_payload;
        if (!index_header) {
            const ByteRange range{payload.offset, std::min<std::uint64_t>(payload.size, temporal::kHeaderSize)};
            if (!wants_index() && !held.find(range)) return leave_index();
            const auto bytes = look(range);
            if (!bytes) return Progress::stuck;
            const auto header = temporal::parse_header(*bytes, payload.offset);
            if (!header) return ignore_index(header.error().what);
            if (header->root_page.size > limits.max_page_bytes)
                return ignore_index("its root page is larger than this reader allows");
            index_header = *header;
            root_places = plan_root_places(*header, payload).places;
        }
        while (!root_places->empty()) {
            const auto place = root_places->front();
            if (!wants_index() && !held.find(place)) return leave_index();
            const auto bytes = look(place);
            if (!bytes) return Progress::stuck;
            root_places->erase(root_places->begin());
            if (auto page = find_root(*bytes, place)) return take_root(std::move(*page), place);
        }
        return ignore_index("no root page is where its header says, nor after its header");
    }

    /// The root page, if these bytes are one, with its pointers relocated.
    [[nodiscard]] std::optional<temporal::Page> find_root(ByteView bytes, ByteRange place) const {
        auto page = temporal::parse_page(bytes, place.offset);
        if (!page) return std::nullopt;
        relocate(*page, place.offset - index_header->root_page.offset);
        if (!pointers_stay_inside(*page, file->temporal_payload)) return std::nullopt;
        return std::move(*page);
    }

    Stepped take_root(temporal::Page page, ByteRange place) {
        const auto shift = place.offset - index_header->root_page.offset;
        if (const auto* why = check_root(*file, *index_header, page, shift != 0)) return ignore_index(why);
        if (shift != 0)
            file->warnings.emplace_back(
                "the temporal index was moved without mending its offsets; they are corrected in reading");
        file->temporal_shift = shift;
        file->temporal = *index_header;
        file->temporal->root_page = place;
        file->temporal_root = std::move(page);
        stage = Stage::ready;
        return Progress::moved;
    }

    void keep_what_came() {
        for (const auto range : asked) {
            held.add(range.offset, intake.bytes(range));
            intake.drop(range);
        }
        asked.clear();
    }
};

Opening::Opening(std::uint64_t file_size, wire::Limits limits, OpenFor purpose) : state_{std::make_unique<State>()} {
    state_->file_size = file_size;
    state_->limits = limits;
    state_->purpose = purpose;
}
Opening::~Opening() = default;
Opening::Opening(Opening&&) noexcept = default;
Opening& Opening::operator=(Opening&&) noexcept = default;

wire::Step Opening::step() {
    auto& state = *state_;
    if (state.failure) return wire::Step::failed;
    if (state.intake.hungry()) return wire::Step::need_bytes;
    state.keep_what_came();
    while (state.stage < State::Stage::ready) {
        const auto progress = state.advance();
        if (!progress) {
            state.failure = progress.error();
            state.intake.clear();
            return wire::Step::failed;
        }
        // What a stage asks for may be on its way while the next stages do without.
        if (state.intake.hungry()) return wire::Step::need_bytes;
    }
    return state.stage == State::Stage::ready ? wire::Step::chunk_ready : wire::Step::done;
}

std::vector<ByteRange> Opening::wanted() const { return state_->intake.missing(); }

void Opening::supply(ByteRange range, ByteView bytes) {
    if (state_->failure) return;
    if (const auto status = state_->intake.supply(range, bytes); !status) {
        state_->failure = status.error();
        state_->intake.clear();
    }
}

const Error& Opening::error() const {
    assert(state_->failure);
    return *state_->failure;
}

std::shared_ptr<const File> Opening::take_file() {
    assert(state_->stage == State::Stage::ready);
    state_->stage = State::Stage::taken;
    auto& file = *state_->file;
    if (file.header.evlr_count != 0) file.evlr_pieces = state_->held.take_from(file.header.evlr_offset);
    return state_->file;
}

}  // namespace copse::read
