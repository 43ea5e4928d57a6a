#include "build/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "copse/temporal.hpp"

namespace copse::build {
namespace {

constexpr std::string_view kCompatibleUser = "lascompatible";

/// LAS 1.4 R15, "Waveform Packet Descriptors" and "Waveform Data Packets".
bool is_waveform(const las::Vlr& vlr) {
    return vlr.user_id == las::kSpecUser && ((vlr.record_id >= 100 && vlr.record_id < 355) || vlr.record_id == 65535);
}

/// How the input was stored; the output says this of itself.
bool is_storage(const las::Vlr& vlr) {
    return vlr.is(laz::kVlrUserId, laz::kVlrRecordId) || vlr.user_id == kCompatibleUser ||
           vlr.is(copc::kUserId, copc::kInfoRecordId) || vlr.is(copc::kUserId, copc::kHierarchyRecordId) ||
           vlr.is(temporal::kUserId, temporal::kRecordId) || vlr.is(las::kSpecUser, las::kExtraBytesRecord);
}

bool is_reference(const las::Vlr& vlr) { return vlr.is(las::kProjectionUser, las::kWktRecord) || is_geotiff(vlr); }

auto content(const las::Vlr& vlr) { return std::tie(vlr.user_id, vlr.record_id, vlr.payload, vlr.description); }

std::vector<las::Vlr> carried(std::span<const OpenInput> inputs, std::set<std::string>& left_out) {
    std::vector<las::Vlr> records;
    for (const auto& input : inputs)
        for (const auto* list : {&input.info().vlrs, &input.info().evlrs})
            for (const auto& vlr : *list) {
                if (is_storage(vlr) || is_reference(vlr)) continue;
                if (is_waveform(vlr))
                    left_out.insert(fmt::format("{}/{} of {}", vlr.user_id, vlr.record_id, input.name));
                else
                    records.push_back(vlr);
                // LAS 1.0 had a signature there; LAS 1.4 demands 0.
                if (!records.empty()) records.back().reserved = 0;
            }
    // Of equal records the one that was not extended comes first and stays.
    std::sort(records.begin(), records.end(), [](const las::Vlr& a, const las::Vlr& b) {
        return std::tuple{content(a), a.extended} < std::tuple{content(b), b.extended};
    });
    const auto last = std::unique(records.begin(), records.end(),
                                  [](const las::Vlr& a, const las::Vlr& b) { return content(a) == content(b); });
    records.erase(last, records.end());
    return records;
}

bool fits_vlr(const las::Vlr& vlr) { return vlr.payload.size() <= 0xffff; }

/// Where the VLRs of this plan begin: after the header, the COPC record and the LASzip record.
std::size_t front_size(const las::PointLayout& layout) {
    Bytes laszip;
    laz::encode_laszip_record(laz::make_laszip_record(layout, laz::kVariableChunks), laszip);
    return las::kHeaderSize14 + las::kVlrHeaderSize + copc::kInfoSize + las::kVlrHeaderSize + laszip.size();
}

/// What all inputs agree on, else nothing.
template <class Get>
auto agreed(std::span<const OpenInput> inputs, const Get& get) {
    using T = std::decay_t<decltype(get(inputs.front().info().header))>;
    if (inputs.empty()) return T{};
    const T first = get(inputs.front().info().header);
    const bool all = std::all_of(inputs.begin(), inputs.end(),
                                 [&](const OpenInput& input) { return get(input.info().header) == first; });
    return all ? first : T{};
}

}  // namespace

RecordPlan plan_records(std::span<const OpenInput> inputs, const LayoutPlan& layout, const ReferencePlan& reference) {
    RecordPlan plan;
    std::set<std::string> left_out;
    std::size_t size = front_size(layout.layout);
    const auto place = [&](las::Vlr vlr, bool must_be_in_front) {
        const std::size_t bytes = las::kVlrHeaderSize + vlr.payload.size();
        const bool in_front = fits_vlr(vlr) && (must_be_in_front ||
                                                (!vlr.extended && bytes <= kFrontBytes - std::min(size, kFrontBytes)));
        vlr.extended = !in_front;
        if (in_front) size += bytes;
        (in_front ? plan.vlrs : plan.evlrs).push_back(std::move(vlr));
    };
    if (!reference.wkt.empty()) place(las::make_wkt_vlr(reference.wkt), true);
    if (!layout.extra.dimensions.empty()) place(las::make_extra_bytes_vlr(layout.extra), true);
    for (const auto& vlr : reference.geotiff) place(vlr, true);
    for (auto& vlr : carried(inputs, left_out)) place(std::move(vlr), false);
    for (const auto& name : left_out) plan.warnings.push_back(fmt::format("left out: {}", name));
    return plan;
}

las::Header plan_header(std::span<const OpenInput> inputs, const Options& options) {
    las::Header header;
    header.generating_software = options.software;
    header.global_encoding = las::kGlobalEncodingWkt;
    for (const auto& input : inputs) {
        const auto& from = input.info().header;
        header.global_encoding |= from.global_encoding & las::kGlobalEncodingSyntheticReturns;
        if (std::pair{from.creation_year, from.creation_day} > std::pair{header.creation_year, header.creation_day}) {
            header.creation_year = from.creation_year;
            header.creation_day = from.creation_day;
        }
    }
    header.guid = agreed(inputs, [](const las::Header& h) { return h.guid; });
    header.file_source_id = agreed(inputs, [](const las::Header& h) { return h.file_source_id; });
    header.system_identifier = agreed(inputs, [](const las::Header& h) { return h.system_identifier; });
    return header;
}

}  // namespace copse::build
