// Rules of COPC 1.0: is the file one, and its info record.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/facts.hpp"
#include "check/rule.hpp"

namespace copse::check {

namespace {

constexpr const char* kInfoSection = "COPC 1.0, \"info VLR\"";

// ---- is it COPC ---------------------------------------------------------------------------------------------------

void judge_copc_info(const Facts& facts, Judgement& judgement) {
    if (!facts.claims_copc) {
        const auto text = [] { return "not a COPC file: there is no copc/1 VLR at offset 375"; };
        const auto short_file = facts.size <= copc::kInfoVlrAt;
        return judgement.fail(short_file ? facts.size : copc::kInfoVlrAt,
                              short_file ? Code::truncated : Code::bad_value, text);
    }
    if (facts.info_record == nullptr)
        return judgement.fail(copc::kInfoVlrAt, Code::bad_value, [] { return "the VLR at offset 375 is not copc/1"; });
    if (facts.info_record->at != copc::kInfoVlrAt)
        judgement.fail(facts.info_record->at, Code::bad_value,
                       [&] { return fmt::format("copc/1 is at offset {}", facts.info_record->at); });
    for (const auto& record : facts.vlrs)
        if (record.is(copc::kUserId, copc::kInfoRecordId) && &record != facts.info_record)
            judgement.fail(record.at, Code::bad_value, [] { return "there is more than one copc/1 VLR"; });
    if (facts.info_problem) judgement.fail(*facts.info_problem);
}

constexpr JudgedRule kClaimRules[] = {
    {{"copc-info", "One copc/1 VLR of 160 bytes lies at offset 375", kInfoSection}, judge_copc_info},
};

// ---- info ---------------------------------------------------------------------------------------------------------

void judge_info_reserved(const Facts& facts, Judgement& judgement) {
    if (!facts.info) return judgement.not_applicable();
    if (!facts.info->reserved_is_zero)
        judgement.fail(facts.info_at() + info_field::kReserved, Code::bad_value,
                       [] { return "reserved elements are not 0"; });
}

void judge_cube(const Facts& facts, Judgement& judgement) {
    if (!facts.info || facts.header.point_count() == 0) return judgement.not_applicable();
    const auto& header = facts.header;
    const auto& info = *facts.info;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto slack = std::abs(header.scale[axis]);
        const auto low = info.center[axis] - info.half_size;
        const auto high = info.center[axis] + info.half_size;
        const auto at = field::kBounds + 16 * axis;
        if (!(header.max[axis] <= high + slack))
            judgement.fail(at, Code::bad_value, [&] {
                return fmt::format("{} reaches {}, the cube {}", "XYZ"[axis], header.max[axis], high);
            });
        if (!(header.min[axis] >= low - slack))
            judgement.fail(at + 8, Code::bad_value, [&] {
                return fmt::format("{} begins at {}, the cube at {}", "XYZ"[axis], header.min[axis], low);
            });
    }
}

void judge_time_range(const Facts& facts, Judgement& judgement) {
    if (!facts.info) return judgement.not_applicable();
    const auto low = facts.info->gps_time_min;
    const auto high = facts.info->gps_time_max;
    const auto at = facts.info_at() +
                    (std::isfinite(low) && !std::isfinite(high) ? info_field::kGpsTimeMax : info_field::kGpsTimeMin);
    if (!(std::isfinite(low) && std::isfinite(high) && low <= high))
        judgement.fail(at, Code::bad_value, [&] { return fmt::format("GPS times from {} to {}", low, high); });
}

/// Week seconds end at 604,800.
void judge_time_type(const Facts& facts, Judgement& judgement) {
    if (!facts.info) return judgement.not_applicable();
    constexpr double kWeek = 604800;
    auto low = facts.info->gps_time_min;
    auto high = facts.info->gps_time_max;
    if (facts.points && facts.points->time_min <= facts.points->time_max) {
        low = facts.points->time_min;
        high = facts.points->time_max;
    }
    const auto week = las::declared_gps_time_kind(facts.header) == las::GpsTimeKind::week_seconds;
    if (week && (std::abs(low) > kWeek || std::abs(high) > kWeek))
        judgement.warn(field::kGlobalEncoding, [&] {
            return fmt::format(
                "GPS times from {} to {} are not seconds of a week, as bit 0 of the global encoding says", low, high);
        });
}

constexpr JudgedRule kCopcRules[] = {
    {{"infoReserved", "Reserved elements of the info VLR are 0", kInfoSection}, judge_info_reserved},
    {{"bounds within cube", "The cube encloses the bounds of the header", kInfoSection}, judge_cube},
    {{"gpsTimeRange", "The GPS time range of the info VLR is finite and not reversed", kInfoSection}, judge_time_range},
    {{"gpsTimeType", "GPS times are of the type that the global encoding says", "LAS 1.4 R15, \"Global Encoding\"",
      Verdict::warn},
     judge_time_type},
};

}  // namespace

std::span<const JudgedRule> claim_rules() { return kClaimRules; }
std::span<const JudgedRule> copc_rules() { return kCopcRules; }

}  // namespace copse::check
