#include "build/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace copse::build {
namespace {

MaybeFailure check_waveforms(const OpenInput& input, const Options& options, std::vector<std::string>& warnings) {
    if (!las::has_waveform(input.info().layout.format)) return std::nullopt;
    if (!options.drop_waveforms)
        return request_failure(
            fmt::format("{} has waveforms (point format {}), which COPC cannot hold: leave them out with "
                        "--drop-waveforms",
                        input.name, input.info().layout.format),
            input.name);
    warnings.push_back(fmt::format("{}: waveforms are left out", input.name));
    return std::nullopt;
}

/// What a reader sees of a dimension: a difference here changes what the bytes mean.
bool means_the_same(const las::ExtraDimension& a, const las::ExtraDimension& b) {
    return a.name == b.name && a.type == b.type && a.size == b.size && a.has_scale() == b.has_scale() &&
           a.has_offset() == b.has_offset() && a.scale[0] == b.scale[0] && a.offset[0] == b.offset[0] &&
           a.has_no_data() == b.has_no_data() && (!a.has_no_data() || a.no_data[0] == b.no_data[0]);
}

bool means_the_same(const las::ExtraSchema& a, const las::ExtraSchema& b) {
    return std::equal(a.dimensions.begin(), a.dimensions.end(), b.dimensions.begin(), b.dimensions.end(),
                      [](const auto& one, const auto& other) { return means_the_same(one, other); });
}

/// A minimum or maximum of one file is not that of all: it stays only where all agree.
void keep_common_limits(las::ExtraSchema& schema, const las::ExtraSchema& other) {
    constexpr unsigned kMin = 2, kMax = 4;
    for (std::size_t i = 0; i < schema.dimensions.size(); ++i) {
        auto& mine = schema.dimensions[i];
        const auto& theirs = other.dimensions[i];
        if (mine.has_min() && (!theirs.has_min() || mine.min != theirs.min)) {
            mine.options = static_cast<std::uint8_t>(mine.options & ~kMin);
            mine.min = {};
        }
        if (mine.has_max() && (!theirs.has_max() || mine.max != theirs.max)) {
            mine.options = static_cast<std::uint8_t>(mine.options & ~kMax);
            mine.max = {};
        }
    }
}

std::string names_of(const las::ExtraSchema& schema) {
    if (schema.dimensions.empty()) return "none";
    std::string names;
    for (const auto& dimension : schema.dimensions) names += (names.empty() ? "" : ", ") + dimension.name;
    return names;
}

MaybeFailure plan_extra(std::span<const OpenInput> inputs, LayoutPlan& out) {
    for (const auto& input : inputs) {
        const bool first = &input == &inputs.front();
        std::vector<std::string> notes;
        auto schema = las::normalised(input.info().extra, first ? &notes : nullptr);
        for (const auto& note : notes) out.warnings.push_back(fmt::format("{}: {}", input.name, note));
        if (input.info().extra.exceeds_record)
            out.warnings.push_back(
                fmt::format("{}: extra bytes are described that the records do not have", input.name));
        if (first) {
            out.extra = std::move(schema);
            continue;
        }
        if (!means_the_same(out.extra, schema))
            return request_failure(fmt::format("the extra bytes of {} ({}) and {} ({}) differ", inputs.front().name,
                                               names_of(out.extra), input.name, names_of(schema)),
                                   input.name);
        keep_common_limits(out.extra, schema);
    }
    return std::nullopt;
}

}  // namespace

MaybeFailure plan_layout(std::span<const OpenInput> inputs, const Options& options, LayoutPlan& out) {
    std::uint8_t format = 6;
    for (const auto& input : inputs) {
        if (auto failure = check_waveforms(input, options, out.warnings)) return failure;
        const auto needed = las::copc_format_for(input.info().layout.format);
        if (options.pdrf != 0 && needed > options.pdrf)
            return request_failure(
                fmt::format("--pdrf {} would drop the {} of {} (point format {})", options.pdrf,
                            needed == 8 ? "infrared" : "colours", input.name, input.info().layout.format),
                input.name);
        format = std::max(format, needed);
    }
    if (options.pdrf != 0) format = static_cast<std::uint8_t>(options.pdrf);
    if (auto failure = plan_extra(inputs, out)) return failure;
    const unsigned length =
        las::base_record_length(format) + (inputs.empty() ? 0u : inputs.front().info().layout.extra_bytes());
    if (length > 0xffff)
        return request_failure(
            fmt::format("{}: a record of point format {} with {} extra bytes is longer than 65,535 bytes",
                        inputs.front().name, format, inputs.front().info().layout.extra_bytes()),
            inputs.front().name);
    out.layout = {format, static_cast<std::uint16_t>(length)};
    return std::nullopt;
}

}  // namespace copse::build
