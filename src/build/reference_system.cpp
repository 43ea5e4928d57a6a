#include "build/reference_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace copse::build {
namespace {

constexpr std::uint16_t kGeoKeyDirectory = 34735;
constexpr std::uint16_t kGeoAsciiParams = 34737;

/// What one input says.
struct Reference {
    std::string wkt;
    std::vector<las::Vlr> geotiff;  ///< only where no WKT could be had
    [[nodiscard]] bool known() const { return !wkt.empty() || !geotiff.empty(); }
};

/// The WKT record, wherever it is, without the NULs and blanks around it.
std::string wkt_of(const las::FileInfo& info) {
    for (const auto* list : {&info.vlrs, &info.evlrs}) {
        const auto* vlr = las::find_vlr(*list, las::kProjectionUser, las::kWktRecord);
        if (vlr == nullptr) continue;
        std::string text{reinterpret_cast<const char*>(vlr->payload.data()), vlr->payload.size()};
        constexpr std::string_view kBlank{" \t\r\n\0", 5};
        const auto first = text.find_first_not_of(kBlank);
        if (first == std::string::npos) continue;
        text = text.substr(first);
        text.resize(std::min(text.find('\0'), text.size()));
        text.resize(text.find_last_not_of(kBlank) + 1);
        return text;
    }
    return {};
}

std::vector<las::Vlr> geotiff_of(const las::FileInfo& info) {
    std::vector<las::Vlr> records;
    bool has_keys = false;
    for (const auto* list : {&info.vlrs, &info.evlrs})
        for (const auto& vlr : *list) {
            if (!is_geotiff(vlr)) continue;
            records.push_back(vlr);
            // A directory that counts no keys says nothing.
            constexpr std::size_t kCountAt = 6;
            if (vlr.record_id == kGeoKeyDirectory && vlr.payload.size() >= kCountAt + 2)
                has_keys = has_keys || wire::load_le<std::uint16_t>(vlr.payload.data() + kCountAt) != 0;
        }
    if (!has_keys) records.clear();
    std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.record_id < b.record_id; });
    return records;
}

bool is_wkt1(const std::string& text) {
    constexpr std::array<std::string_view, 6> kRoots{"COMPD_CS", "PROJCS", "GEOGCS", "GEOCCS", "VERT_CS", "LOCAL_CS"};
    return std::any_of(kRoots.begin(), kRoots.end(), [&](std::string_view root) {
        // "PROJCS[" is WKT1, "PROJCRS[" is not.
        return text.starts_with(root) && text.find_first_not_of(" \t\r\n", root.size()) != std::string::npos &&
               text[text.find_first_not_of(" \t\r\n", root.size())] == '[';
    });
}

std::string as_wkt1(const std::string& text, CrsService* service) {
    if (is_wkt1(text) || service == nullptr) return text;
    auto understood = service->wkt1_from_wkt(text);
    return understood.empty() ? text : understood;
}

Reference reference_of(const OpenInput& input, CrsService* service) {
    const auto& info = input.info();
    Reference reference;
    const auto text = wkt_of(info);
    reference.geotiff = geotiff_of(info);
    // LAS 1.4 R15, "Global Encoding", bit 4: which of the two holds, if both are there.
    const bool wkt_holds = (info.header.global_encoding & las::kGlobalEncodingWkt) != 0 || reference.geotiff.empty();
    if (!text.empty() && wkt_holds)
        reference.wkt = as_wkt1(text, service);
    else if (!reference.geotiff.empty() && service != nullptr)
        reference.wkt = service->wkt1_from_geotiff(reference.geotiff);
    if (reference.wkt.empty() && !text.empty()) reference.wkt = as_wkt1(text, service);
    if (!reference.wkt.empty()) reference.geotiff.clear();
    return reference;
}

bool same_records(const std::vector<las::Vlr>& a, const std::vector<las::Vlr>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const las::Vlr& one, const las::Vlr& other) {
        return one.record_id == other.record_id && one.payload == other.payload;
    });
}

MaybeFailure compare(const OpenInput& a, const Reference& first, const OpenInput& b, const Reference& second,
                     CrsService* service) {
    if (first.wkt.empty() != second.wkt.empty())
        return request_failure(
            fmt::format("the coordinate reference systems of {} and {} cannot be compared: one is WKT, the "
                        "other GeoTIFF keys that are not understood here",
                        a.name, b.name));
    const bool same = first.wkt.empty()         ? same_records(first.geotiff, second.geotiff)
                      : first.wkt == second.wkt ? true
                                                : service != nullptr && service->same(first.wkt, second.wkt);
    if (same) return std::nullopt;
    return request_failure(
        fmt::format("the coordinate reference systems of {} and {} differ{}", a.name, b.name,
                    service == nullptr ? " (compared letter by letter: this build has no PROJ)" : ""));
}

}  // namespace

bool is_geotiff(const las::Vlr& vlr) {
    return vlr.user_id == las::kProjectionUser && vlr.record_id >= kGeoKeyDirectory && vlr.record_id <= kGeoAsciiParams;
}

MaybeFailure plan_reference(std::span<const OpenInput> inputs, const Options& options, CrsService* service,
                            ReferencePlan& out) {
    const OpenInput* decided_by = nullptr;
    Reference decided;
    std::vector<std::string> without;
    bool is_assigned = false;
    for (const auto& input : inputs) {
        auto reference = reference_of(input, service);
        if (!reference.known() && !options.assigned_wkt.empty()) {
            reference.wkt = as_wkt1(options.assigned_wkt, service);
            is_assigned = true;
        }
        if (!reference.known()) {
            without.push_back(input.name);
        } else if (decided_by == nullptr) {
            decided_by = &input;
            decided = std::move(reference);
        } else if (auto failure = compare(*decided_by, decided, input, reference, service)) {
            return failure;
        }
    }
    if (!options.assigned_wkt.empty() && !is_assigned)
        out.warnings.push_back("the CRS to assign is not used: every input has one");
    if (decided_by == nullptr) return std::nullopt;
    if (!without.empty())
        out.warnings.push_back(
            fmt::format("no CRS in {}: that of {} is taken over", list_names(without), decided_by->name));
    if (decided.wkt.empty())
        out.warnings.push_back(fmt::format("{}: CRS kept as GeoTIFF only", decided_by->name));
    else if (service != nullptr && service->geographic(decided.wkt))
        out.warnings.push_back(fmt::format(
            "{}: the CRS is geographic, so that cubes and distances mix degrees and metres", decided_by->name));
    out.wkt = std::move(decided.wkt);
    out.geotiff = std::move(decided.geotiff);
    return std::nullopt;
}

}  // namespace copse::build
