#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "copse/las.hpp"

namespace copse::las {
namespace {

constexpr std::uint8_t kNewestType = 30;
constexpr std::uint8_t kScalarTypes = 10;
constexpr std::size_t kNameSize = 32;
constexpr std::uint16_t kMaxUndocumented = 255;  // type 0 keeps its size in the options byte
constexpr const char* kUndescribedName = "ExtraBytes";

constexpr std::uint8_t kUnsignedByte = 1;
constexpr std::array<std::uint8_t, kScalarTypes + 1> kScalarSizes{0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};

/// How many numbers a type holds: 1 to 10 one, 11 to 20 two, 21 to 30 three.
unsigned element_count(std::uint8_t type) { return type == 0 ? 0 : (type - 1u) / kScalarTypes + 1u; }
std::uint8_t element_type(std::uint8_t type) { return static_cast<std::uint8_t>((type - 1u) % kScalarTypes + 1u); }

std::uint16_t size_of(const ExtraDimension& dimension) {
    if (dimension.type == 0) return dimension.options;
    return static_cast<std::uint16_t>(element_count(dimension.type) * kScalarSizes[element_type(dimension.type)]);
}

// ---- descriptors --------------------------------------------------------------------------------------------------

void read_any(wire::ByteReader& in, std::array<std::array<std::byte, 8>, 3>& values) {
    for (auto& value : values) {
        const auto bytes = in.bytes(value.size());
        std::copy(bytes.begin(), bytes.end(), value.begin());
    }
}

/// @pre 192 bytes are left
ExtraDimension read_descriptor(wire::ByteReader& in) {
    ExtraDimension dimension;
    in.skip(2);
    dimension.type = in.u8();
    dimension.options = in.u8();
    dimension.name = in.fixed_string(kNameSize);
    in.skip(4);
    read_any(in, dimension.no_data);
    read_any(in, dimension.min);
    read_any(in, dimension.max);
    Vec3 scale{in.f64(), in.f64(), in.f64()};
    Vec3 offset{in.f64(), in.f64(), in.f64()};
    dimension.description = in.fixed_string(32);
    // Without their bit the fields hold anything, mostly zeros; a scale of 1 and an offset of 0 are what is meant.
    if (dimension.has_scale()) dimension.scale = scale;
    if (dimension.has_offset()) dimension.offset = offset;
    dimension.size = size_of(dimension);
    return dimension;
}

void write_any(wire::ByteWriter& out, const std::array<std::array<std::byte, 8>, 3>& values) {
    for (const auto& value : values) out.bytes(value);
}

void write_doubles(wire::ByteWriter& out, bool present, const std::array<double, 3>& values) {
    for (const double value : values) out.f64(present ? value : 0.0);
}

// ---- names --------------------------------------------------------------------------------------------------------

/// Gives out names that no dimension has yet.
class NumberedNames {
public:
    void reserve(const std::string& name) { taken_.insert(name); }

    /// `base` with the lowest number from 0 on that makes it a new name of at most 32 bytes.
    std::string take(const std::string& base) {
        for (unsigned number = 0;;) {
            const auto digits = std::to_string(number);
            auto name = base.substr(0, kNameSize - digits.size());
            // Where the search goes on, so that thousands of dimensions of one name do not cost their square.
            auto& next = next_[name];
            if (next > number) {
                number = next;
                continue;
            }
            next = ++number;
            name += digits;
            if (taken_.insert(name).second) return name;
        }
    }

private:
    std::unordered_set<std::string> taken_;
    std::unordered_map<std::string, unsigned> next_;
};

void append_undescribed(ExtraSchema& schema, std::uint16_t from, std::uint16_t to) {
    schema.undescribed = static_cast<std::uint16_t>(to - from);
    NumberedNames names;
    for (const auto& dimension : schema.dimensions) names.reserve(dimension.name);
    while (from < to) {
        ExtraDimension dimension;
        dimension.name = names.take(kUndescribedName);
        dimension.byte_offset = from;
        dimension.size = std::min<std::uint16_t>(kMaxUndocumented, static_cast<std::uint16_t>(to - from));
        dimension.options = static_cast<std::uint8_t>(dimension.size);
        from = static_cast<std::uint16_t>(from + dimension.size);
        schema.dimensions.push_back(std::move(dimension));
    }
}

// ---- normalising --------------------------------------------------------------------------------------------------

using AnyValues = std::array<std::array<std::byte, 8>, 3>;

/// Whether a reader that holds integers in doubles has the value exactly. Floating point types always fit.
/// An anytype value is stored as the widest type of its kind: uint64, int64 or double.
bool fits_a_double(std::uint8_t type, const std::array<std::byte, 8>& value) {
    constexpr std::int64_t kLimit = std::int64_t{1} << 53;
    if (type > 8) return true;
    const bool is_unsigned = type % 2 == 1;
    if (is_unsigned) return wire::load_le<std::uint64_t>(value.data()) <= static_cast<std::uint64_t>(kLimit);
    const auto number = wire::load_le<std::int64_t>(value.data());
    return number >= -kLimit && number <= kLimit;
}

std::string as_integer(std::uint8_t type, const std::array<std::byte, 8>& value) {
    return type % 2 == 1 ? std::to_string(wire::load_le<std::uint64_t>(value.data()))
                         : std::to_string(wire::load_le<std::int64_t>(value.data()));
}

/// Takes element `index` of one of min, max, no_data into a scalar dimension, or drops it with its option bit.
void carry_any(const ExtraDimension& from, unsigned index, AnyValues ExtraDimension::* field, unsigned bit,
               const char* field_name, ExtraDimension& to, std::vector<std::string>* warnings) {
    to.*field = {};
    if ((to.options & bit) == 0) return;
    const auto& value = (from.*field)[index];
    if (fits_a_double(to.type, value)) {
        (to.*field)[0] = value;
        return;
    }
    to.options = static_cast<std::uint8_t>(to.options & ~bit);
    if (warnings != nullptr)
        warnings->push_back("extra bytes \"" + to.name + "\": " + field_name + " " + as_integer(to.type, value) +
                            " is outside \u00b12^53 and is dropped from the description");
}

/// Element `index` of a dimension of types 1 to 30 as a dimension of its own.
ExtraDimension element_of(const ExtraDimension& from, unsigned index, std::string name,
                          std::vector<std::string>* warnings) {
    ExtraDimension element = from;
    element.name = std::move(name);
    element.type = element_type(from.type);
    element.size = kScalarSizes[element.type];
    element.byte_offset = static_cast<std::uint16_t>(from.byte_offset + index * element.size);
    element.scale = {from.scale[index], 1, 1};
    element.offset = {from.offset[index], 0, 0};
    carry_any(from, index, &ExtraDimension::no_data, 1, "no_data", element, warnings);
    carry_any(from, index, &ExtraDimension::min, 2, "min", element, warnings);
    carry_any(from, index, &ExtraDimension::max, 4, "max", element, warnings);
    return element;
}

ExtraDimension unsigned_byte(const ExtraDimension& from, unsigned index, std::string name) {
    ExtraDimension byte;
    byte.name = std::move(name);
    byte.description = from.description;
    byte.type = kUnsignedByte;
    byte.size = 1;
    byte.byte_offset = static_cast<std::uint16_t>(from.byte_offset + index);
    return byte;
}

template <class T>
double number_at(const std::uint8_t* bytes, unsigned index) {
    return static_cast<double>(wire::load_le<T>(bytes + index * sizeof(T)));
}

}  // namespace

Result<ExtraSchema> parse_extra_schema(std::span<const Vlr> vlrs, const PointLayout& layout) {
    ExtraSchema schema;
    std::uint16_t described = 0;
    for (const auto& vlr : vlrs) {
        if (!vlr.is(kSpecUser, kExtraBytesRecord)) continue;
        wire::ByteReader in{vlr.payload, vlr.payload_at()};
        if (vlr.payload.size() % kExtraBytesDescriptorSize != 0)
            return Error{Code::truncated, vlr.payload_at() + vlr.payload.size(),
                         "the Extra Bytes record is not a multiple of 192 bytes"};
        while (in.remaining() != 0) {
            const FileOffset at = in.offset();
            auto dimension = read_descriptor(in);
            if (dimension.type > kNewestType)
                return Error{Code::bad_value, at + 2, "an Extra Bytes data_type is above 30"};
            if (dimension.size == 0) continue;  // type 0 of no bytes: describes nothing
            // One that does not fit is left out together with all behind it: their place would be a guess.
            schema.exceeds_record = schema.exceeds_record || dimension.size > layout.extra_bytes() - described;
            if (schema.exceeds_record) continue;
            dimension.byte_offset = described;
            described = static_cast<std::uint16_t>(described + dimension.size);
            schema.dimensions.push_back(std::move(dimension));
        }
    }
    append_undescribed(schema, described, layout.extra_bytes());
    return schema;
}

ExtraSchema normalised(const ExtraSchema& schema, std::vector<std::string>* warnings) {
    NumberedNames names;  // those that stay as they are come first: a new one must not take theirs
    unsigned total = 0;
    for (const auto& dimension : schema.dimensions) {
        total += dimension.size;
        if (element_count(dimension.type) == 1) names.reserve(dimension.name);
    }

    ExtraSchema result;
    result.exceeds_record = schema.exceeds_record;
    for (const auto& dimension : schema.dimensions) {
        if (element_count(dimension.type) == 1) {
            result.dimensions.push_back(element_of(dimension, 0, dimension.name, warnings));
            continue;
        }
        const bool undescribed = dimension.byte_offset >= total - schema.undescribed;
        const std::string base = undescribed ? kUndescribedName : dimension.name;
        const unsigned elements = dimension.type == 0 ? dimension.size : element_count(dimension.type);
        for (unsigned i = 0; i < elements; ++i)
            result.dimensions.push_back(dimension.type == 0 ? unsigned_byte(dimension, i, names.take(base))
                                                            : element_of(dimension, i, names.take(base), warnings));
    }
    return result;
}

Bytes encode_extra_schema(const ExtraSchema& schema) {
    Bytes payload;
    wire::ByteWriter out{payload};
    for (const auto& dimension : schema.dimensions) {
        assert(dimension.type != 0 || dimension.options == dimension.size);
        out.u16(0);
        out.u8(dimension.type);
        out.u8(dimension.options);
        out.fixed_string(dimension.name, kNameSize);
        out.zeros(4);
        write_any(out, dimension.no_data);
        write_any(out, dimension.min);
        write_any(out, dimension.max);
        write_doubles(out, dimension.has_scale(), dimension.scale);
        write_doubles(out, dimension.has_offset(), dimension.offset);
        out.fixed_string(dimension.description, 32);
    }
    return payload;
}

Vlr make_extra_bytes_vlr(const ExtraSchema& schema) {
    Vlr vlr;
    vlr.user_id = kSpecUser;
    vlr.record_id = kExtraBytesRecord;
    vlr.description = "Extra Bytes Record";
    vlr.payload = encode_extra_schema(schema);
    return vlr;
}

double extra_value(const ExtraDimension& dimension, const std::uint8_t* record_extra_bytes, unsigned index) {
    const std::uint8_t* at = record_extra_bytes + dimension.byte_offset;
    if (dimension.type == 0) return number_at<std::uint8_t>(at, index);
    assert(index < element_count(dimension.type));
    switch (element_type(dimension.type)) {
        case 1:
            return number_at<std::uint8_t>(at, index);
        case 2:
            return number_at<std::int8_t>(at, index);
        case 3:
            return number_at<std::uint16_t>(at, index);
        case 4:
            return number_at<std::int16_t>(at, index);
        case 5:
            return number_at<std::uint32_t>(at, index);
        case 6:
            return number_at<std::int32_t>(at, index);
        case 7:
            return number_at<std::uint64_t>(at, index);
        case 8:
            return number_at<std::int64_t>(at, index);
        case 9:
            return number_at<float>(at, index);
        default:
            return number_at<double>(at, index);
    }
}

}  // namespace copse::las
