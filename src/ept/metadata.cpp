#include "ept/metadata.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

namespace copse::ept {
namespace {

using Json = nlohmann::json;

/// Far more than any schema has; a record of that many is beyond LAS.
constexpr std::size_t kMostDimensions = 4096;

Error wrong(const char* what) { return {Code::bad_value, 0, what}; }
Error unsupported(const char* what) { return {Code::unsupported, 0, what}; }

/// The member, or nullptr if there is none (or it is null).
const Json* find(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// The member's text; empty if there is none or it is no text.
std::string text_of(const Json& object, const char* name) {
    const auto* member = find(object, name);
    return member != nullptr && member->is_string() ? member->get<std::string>() : std::string{};
}

Status read_number(const Json& object, const char* name, std::optional<double>& out) {
    const auto* member = find(object, name);
    if (member == nullptr) return Ok{};
    if (!member->is_number()) return wrong("a scale or offset of the schema must be a number");
    out = member->get<double>();
    return Ok{};
}

Result<Dimension> read_dimension(const Json& json) {
    if (!json.is_object()) return wrong("a dimension of the schema must be an object");
    Dimension dimension;
    dimension.name = text_of(json, "name");
    if (dimension.name.empty()) return wrong("a dimension of the schema must have a name");

    const auto type = text_of(json, "type");
    if (type == "signed")
        dimension.kind = NumberKind::signed_integer;
    else if (type == "float")
        dimension.kind = NumberKind::floating;
    else if (type != "unsigned")
        return unsupported("the type of a dimension is none of signed, unsigned, float");

    const auto* size = find(json, "size");
    const auto bytes = size != nullptr && size->is_number_unsigned() ? size->get<std::uint64_t>() : 0;
    const bool floating = dimension.kind == NumberKind::floating;
    if (bytes != 4 && bytes != 8 && (floating || (bytes != 1 && bytes != 2)))
        return wrong("the size of a dimension is not one that its type can have");
    dimension.size = static_cast<std::uint8_t>(bytes);

    if (const auto good = read_number(json, "scale", dimension.scale); !good) return good.error();
    if (const auto good = read_number(json, "offset", dimension.offset); !good) return good.error();
    if (dimension.scale && !(std::isfinite(*dimension.scale) && *dimension.scale != 0))
        return wrong("a scale of the schema must be finite and not zero");
    if (dimension.offset && !std::isfinite(*dimension.offset)) return wrong("an offset of the schema must be finite");
    return dimension;
}

Status read_schema(const Json& json, std::vector<Dimension>& out) {
    const auto* schema = find(json, "schema");
    if (schema == nullptr || !schema->is_array() || schema->empty())
        return wrong("the schema must be a list of dimensions");
    if (schema->size() > kMostDimensions) return Error{Code::limit_exceeded, 0, "the schema has too many dimensions"};
    std::set<std::string> names;
    for (const auto& entry : *schema) {
        auto dimension = read_dimension(entry);
        if (!dimension) return dimension.error();
        if (!names.insert(dimension->name).second) return wrong("the schema has a dimension twice");
        out.push_back(*std::move(dimension));
    }
    return Ok{};
}

std::optional<Box> read_box(const Json* json) {
    if (json == nullptr || !json->is_array() || json->size() != 6) return {};
    for (const auto& number : *json)
        if (!number.is_number()) return {};
    Box box;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        box.min[axis] = (*json)[axis].get<double>();
        box.max[axis] = (*json)[axis + 3].get<double>();
    }
    return box;
}

Status read_types(const Json& json, Metadata& out) {
    const auto version = text_of(json, "version");
    if (!version.starts_with("1.")) return unsupported("the version of the tile set is not 1");
    const auto data = text_of(json, "dataType");
    if (data == "laszip")
        out.data_type = DataType::laszip;
    else if (data == "binary")
        out.data_type = DataType::binary;
    else if (data == "zstandard")
        out.data_type = DataType::zstandard;
    else
        return unsupported("the data type is none of laszip, binary, zstandard");
    const auto hierarchy = text_of(json, "hierarchyType");
    if (!hierarchy.empty() && hierarchy != "json") return unsupported("the hierarchy type is not json");
    return Ok{};
}

void read_srs(const Json& json, Metadata& out) {
    const auto* srs = find(json, "srs");
    if (srs == nullptr || !srs->is_object()) return;
    out.wkt = text_of(*srs, "wkt");
    const auto authority = text_of(*srs, "authority"), horizontal = text_of(*srs, "horizontal");
    if (!out.wkt.empty() || authority.empty() || horizontal.empty()) return;
    out.srs_code = authority + ":" + horizontal;
    const auto vertical = text_of(*srs, "vertical");
    if (!vertical.empty()) out.srs_code += "+" + vertical;
}

}  // namespace

Result<Metadata> parse_metadata(ByteView bytes) {
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const auto json = Json::parse(text, text + bytes.size(), nullptr, false);
    if (json.is_discarded()) return wrong("the file is not JSON");
    if (!json.is_object()) return wrong("the file must be a JSON object");

    Metadata metadata;
    if (const auto good = read_types(json, metadata); !good) return good.error();
    const auto* points = find(json, "points");
    if (points == nullptr || !points->is_number_unsigned()) return wrong("the number of points must be a whole number");
    metadata.points = points->get<std::uint64_t>();
    if (const auto good = read_schema(json, metadata.schema); !good) return good.error();
    const auto box = read_box(find(json, "bounds"));
    if (!box) return wrong("the bounds must be a list of six numbers");
    metadata.bounds = read_box(find(json, "boundsConforming")).value_or(*box);
    read_srs(json, metadata);
    return metadata;
}

}  // namespace copse::ept
