#include "write/file_frame.hpp"

#include <algorithm>
#include <limits>

namespace copse::write {
namespace {

constexpr FileOffset kVersionAt = 24;
constexpr FileOffset kPointFormatAt = 104;
constexpr std::size_t kMaxVlrPayload = 65535;
constexpr std::uint16_t kWaveformRecordId = 65535;

// LAS 1.0, "Variable Length Records": two bytes before the points. Later versions have nothing there.
constexpr std::array kSignatureOf10{std::byte{0xdd}, std::byte{0xcc}};

std::uint8_t first_minor_version_with(std::uint8_t format) {
    if (format >= 6) return 4;
    if (format >= 4) return 3;
    return format >= 2 ? 2 : 0;
}

std::uint16_t header_size_of(std::uint8_t minor_version) {
    if (minor_version >= 4) return las::kHeaderSize14;
    return minor_version == 3 ? las::kHeaderSize13 : las::kHeaderSize12;
}

std::uint32_t to_u32_or_zero(std::uint64_t value) {
    return value <= std::numeric_limits<std::uint32_t>::max() ? static_cast<std::uint32_t>(value) : 0;
}

}  // namespace

void Tally::add(const las::Points& points) {
    const auto grow = [&](std::size_t axis, const las::Column<std::int32_t>& column) {
        const auto [low, high] = std::minmax_element(column.begin(), column.end());
        if (low == column.end()) return;
        min_[axis] = count_ == 0 ? *low : std::min(min_[axis], *low);
        max_[axis] = count_ == 0 ? *high : std::max(max_[axis], *high);
    };
    grow(0, points.x);
    grow(1, points.y);
    grow(2, points.z);
    for (const auto returns : points.returns)
        if (const auto number = returns & 15u; number != 0) ++by_return_[number - 1];
    count_ += points.size();
}

Status Tally::fill(las::Header& header) const {
    if (header.version_minor < 4 && count_ > std::numeric_limits<std::uint32_t>::max())
        return Error{Code::limit_exceeded, kVersionAt, "a file before LAS 1.4 holds at most 2^32 - 1 points"};

    // LAS 1.4 R15, "Legacy Number of point records": zero for formats 6 to 10 and where the count does not fit.
    const bool legacy = header.format() < 6 && count_ <= std::numeric_limits<std::uint32_t>::max();
    header.legacy_point_count = legacy ? static_cast<std::uint32_t>(count_) : 0;
    for (std::size_t i = 0; i < header.legacy_points_by_return.size(); ++i)
        header.legacy_points_by_return[i] = legacy ? to_u32_or_zero(by_return_[i]) : 0;
    header.point_count_14 = header.version_minor >= 4 ? count_ : 0;
    header.points_by_return_14 = header.version_minor >= 4 ? by_return_ : std::array<std::uint64_t, 15>{};

    for (std::size_t axis = 0; axis < 3; ++axis) {
        // Two rounded operations, as every reader computes them. A negative scale turns the ends round.
        const double low = min_[axis] * header.scale[axis] + header.offset[axis];
        const double high = max_[axis] * header.scale[axis] + header.offset[axis];
        header.min[axis] = count_ == 0 ? 0 : std::min(low, high);
        header.max[axis] = count_ == 0 ? 0 : std::max(low, high);
    }
    return Ok{};
}

Status FileFrame::check_template() const {
    const auto& header = file_.header;
    if (header.version_major != 1 || header.version_minor > 4)
        return Error{Code::unsupported, kVersionAt, "only LAS 1.0 to 1.4 can be written"};
    if (header.version_minor < first_minor_version_with(file_.layout.format))
        return Error{Code::bad_value, kPointFormatAt, "the LAS version does not have this point data record format"};
    if (header.version_minor < 4 && !file_.evlrs.empty())
        return Error{Code::unsupported, kVersionAt, "EVLRs need LAS 1.4"};
    for (const auto& vlr : file_.vlrs)
        if (vlr.payload.size() > kMaxVlrPayload)
            return Error{Code::limit_exceeded, 0, "a VLR holds at most 65535 bytes after its header"};
    return Ok{};
}

Status FileFrame::begin(std::optional<las::Vlr> laszip) {
    if (const auto status = check_template(); !status) return status;
    const bool compressed = laszip.has_value();
    if (laszip) file_.vlrs.push_back(std::move(*laszip));

    Bytes records;
    for (const auto& vlr : file_.vlrs) las::encode_vlr(vlr, records);
    auto& header = file_.header;
    if (header.version_minor == 0) records.insert(records.end(), kSignatureOf10.begin(), kSignatureOf10.end());

    header.header_size = header_size_of(header.version_minor);
    if (records.size() > std::numeric_limits<std::uint32_t>::max() - header.header_size)
        return Error{Code::limit_exceeded, 96, "header and VLRs pass 2^32 - 1 bytes"};
    header.offset_to_point_data = static_cast<std::uint32_t>(header.header_size + records.size());
    header.vlr_count = static_cast<std::uint32_t>(file_.vlrs.size());
    header.point_format_byte = static_cast<std::uint8_t>(file_.layout.format | (compressed ? 0x80u : 0u));
    header.record_length = file_.layout.record_length;
    header.waveform_offset = 0;
    header.evlr_offset = 0;
    header.evlr_count = 0;
    if (const auto status = Tally{}.fill(header); !status) return status;

    Bytes front;
    las::encode_header(header, front);
    front.insert(front.end(), records.begin(), records.end());
    return sink_->append(front);
}

Status FileFrame::finish(const Tally& tally) {
    auto& header = file_.header;
    if (!file_.evlrs.empty()) header.evlr_offset = sink_->position();
    header.evlr_count = static_cast<std::uint32_t>(file_.evlrs.size());
    for (const auto& evlr : file_.evlrs) {
        if (evlr.is(las::kSpecUser, kWaveformRecordId)) header.waveform_offset = sink_->position();
        Bytes head;
        las::encode_evlr_header({evlr.reserved, evlr.user_id, evlr.record_id, evlr.payload.size(), evlr.description},
                                head);
        if (const auto status = sink_->append(head); !status) return status;
        if (const auto status = sink_->append(evlr.payload); !status) return status;
    }
    if (const auto status = tally.fill(header); !status) return status;

    Bytes front;
    las::encode_header(header, front);
    return sink_->patch(0, front);
}

}  // namespace copse::write
