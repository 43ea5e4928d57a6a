#include "build/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

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

constexpr unsigned kMinBit = 2, kMaxBit = 4;

void drop_limit(las::ExtraDimension& dimension, unsigned bit) {
    dimension.options = static_cast<std::uint8_t>(dimension.options & ~bit);
    (bit == kMinBit ? dimension.min : dimension.max) = {};
}

/// A minimum or maximum of one file is not that of all: it stays only where all agree.
void keep_common_limits(las::ExtraDimension& mine, const las::ExtraDimension& theirs) {
    if (mine.has_min() && (!theirs.has_min() || mine.min != theirs.min)) drop_limit(mine, kMinBit);
    if (mine.has_max() && (!theirs.has_max() || mine.max != theirs.max)) drop_limit(mine, kMaxBit);
}

std::string names_of(const las::ExtraSchema& schema) {
    if (schema.dimensions.empty()) return "none";
    std::string names;
    for (const auto& dimension : schema.dimensions) names += (names.empty() ? "" : ", ") + dimension.name;
    return names;
}

/// The dimensions of all inputs, each once.
class ExtraUnion {
public:
    explicit ExtraUnion(std::span<const OpenInput> inputs) : inputs_{inputs} {}

    MaybeFailure add(std::size_t input, const las::ExtraSchema& schema) {
        std::map<std::string, std::size_t> seen;
        for (const auto& dimension : schema.dimensions) {
            const Key key{dimension.name, seen[dimension.name]++};
            const auto [at, is_new] = united_.try_emplace(key, United{dimension, input, 1});
            if (is_new) continue;
            auto& united = at->second;
            if (!means_the_same(united.dimension, dimension))
                return request_failure(
                    fmt::format("the extra bytes \"{}\" of {} and {} cannot be united: their types, scales, offsets or "
                                "no-data values differ",
                                dimension.name, inputs_[united.input].name, inputs_[input].name),
                    inputs_[input].name);
            keep_common_limits(united.dimension, dimension);
            ++united.uses;
        }
        return std::nullopt;
    }

    /// In the order of their names. May be longer than a record can be.
    las::ExtraSchema schema(std::uint64_t& bytes) {
        las::ExtraSchema out;
        bytes = 0;
        for (auto& [key, united] : united_) {
            // Zeros of an input that does not have the dimension need not lie within the limits of the others.
            if (united.uses != inputs_.size()) {
                drop_limit(united.dimension, kMinBit);
                drop_limit(united.dimension, kMaxBit);
            }
            united.dimension.byte_offset = static_cast<std::uint16_t>(bytes);
            bytes += united.dimension.size;
            out.dimensions.push_back(united.dimension);
        }
        return out;
    }

    /// @pre `schema` was called
    [[nodiscard]] ExtraByteMap map_of(const las::ExtraSchema& input, std::uint64_t bytes) const {
        ExtraByteMap map;
        map.from.assign(static_cast<std::size_t>(bytes), ExtraByteMap::kNone);
        std::map<std::string, std::size_t> seen;
        for (const auto& dimension : input.dimensions) {
            const auto& to = united_.at({dimension.name, seen[dimension.name]++}).dimension;
            for (std::uint16_t byte = 0; byte < dimension.size; ++byte)
                map.from[std::size_t{to.byte_offset} + byte] = static_cast<std::uint16_t>(dimension.byte_offset + byte);
        }
        // Without kNone, each byte of the input has one place: as many there as here.
        for (std::size_t byte = 0; byte < map.from.size(); ++byte)
            if (map.from[byte] != byte) return map;
        return {};
    }

private:
    /// Files exist that have a name twice: then their order counts.
    using Key = std::pair<std::string, std::size_t>;
    struct United {
        las::ExtraDimension dimension;
        std::size_t input;  ///< the first that has it
        std::size_t uses;
    };
    std::span<const OpenInput> inputs_;
    std::map<Key, United> united_;
};

std::vector<las::ExtraSchema> schemas_of(std::span<const OpenInput> inputs, std::vector<std::string>& warnings) {
    std::vector<las::ExtraSchema> schemas;
    std::set<std::string> told;
    for (const auto& input : inputs) {
        std::vector<std::string> notes;
        schemas.push_back(las::normalised(input.info().extra, &notes));
        // The tiles of a survey have the same oddities: the first one's are enough.
        for (const auto& note : notes)
            if (told.insert(note).second) warnings.push_back(fmt::format("{}: {}", input.name, note));
        if (input.info().extra.exceeds_record)
            warnings.push_back(fmt::format("{}: extra bytes are described that the records do not have", input.name));
    }
    return schemas;
}

MaybeFailure too_long(const std::string& name, std::uint8_t format, std::uint64_t extra_bytes) {
    return request_failure(
        fmt::format("{}: a record of point format {} with {} extra bytes is longer than 65,535 bytes", name, format,
                    extra_bytes),
        name);
}

MaybeFailure unite_extra(std::span<const OpenInput> inputs, std::span<const las::ExtraSchema> schemas,
                         LayoutPlan& out) {
    ExtraUnion united{inputs};
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (auto failure = united.add(i, schemas[i])) return failure;
    std::uint64_t bytes = 0;
    out.extra = united.schema(bytes);
    const auto length = las::base_record_length(out.layout.format) + bytes;
    if (length > 0xffff) {
        std::vector<std::string> names;
        for (const auto& input : inputs) names.push_back(input.name);
        return too_long(list_names(names), out.layout.format, bytes);
    }
    out.layout.record_length = static_cast<std::uint16_t>(length);
    for (std::size_t i = 0; i < inputs.size(); ++i) out.extra_maps[i] = united.map_of(schemas[i], bytes);
    return std::nullopt;
}

/// @pre the format of `out.layout` is decided
MaybeFailure plan_extra(std::span<const OpenInput> inputs, const Options& options, LayoutPlan& out) {
    out.extra_maps.resize(inputs.size());
    out.layout.record_length = las::base_record_length(out.layout.format);
    if (inputs.empty()) return std::nullopt;
    const auto schemas = schemas_of(inputs, out.warnings);
    const auto& first = schemas.front();
    const auto other = std::find_if(schemas.begin(), schemas.end(),
                                    [&](const auto& schema) { return !means_the_same(first, schema); });
    if (other != schemas.end()) {
        if (options.extra_bytes == ExtraBytes::unite) return unite_extra(inputs, schemas, out);
        const auto& name = inputs[static_cast<std::size_t>(other - schemas.begin())].name;
        return request_failure(
            fmt::format("the extra bytes of {} ({}) and {} ({}) differ: unite them with --extra-bytes union",
                        inputs.front().name, names_of(first), name, names_of(*other)),
            name);
    }
    out.extra = first;
    for (const auto& schema : schemas)
        for (std::size_t i = 0; i < schema.dimensions.size(); ++i)
            keep_common_limits(out.extra.dimensions[i], schema.dimensions[i]);
    const unsigned extra_bytes = inputs.front().info().layout.extra_bytes();
    const unsigned length = out.layout.record_length + extra_bytes;
    if (length > 0xffff) return too_long(inputs.front().name, out.layout.format, extra_bytes);
    out.layout.record_length = static_cast<std::uint16_t>(length);
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
    out.layout.format = format;
    return plan_extra(inputs, options, out);
}

}  // namespace copse::build
