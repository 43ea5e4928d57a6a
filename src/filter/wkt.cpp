#include <optional>
#include <string>

#include "copse/filter.hpp"
#include "filter/decimal.hpp"
#include "filter/rings.hpp"

namespace copse::filter {
namespace {

constexpr const char* kNotPolygon = "the text must begin with POLYGON or MULTIPOLYGON";

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
char upper_case(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// @spec OGC 06-103r4 (Simple Feature Access), "Well-known Text Representation for Geometry"
class WktParser {
public:
    explicit WktParser(std::string_view text) : text_{text} {}

    Result<std::vector<Polygon::Part>> parse() {
        if (const auto status = parse_head(); !status) return status.error();
        std::vector<Polygon::Part> parts;
        const auto status = is_multi_ ? parse_list([&] { return parse_part(parts); }) : parse_part(parts);
        if (!status) return status.error();
        skip_space();
        if (pos_ != text_.size()) return fail("there is something after the end of the polygon");
        return parts;
    }

private:
    /// The word for the kind of geometry, and the one for its dimensions, which may be attached: POLYGONZ.
    Status parse_head() {
        skip_space();
        const auto start = pos_;
        auto word = take_word();
        if (word == "SRID") {
            pos_ = start;
            return fail("SRID=...; is not part of WKT: leave it out and name the reference system beside the polygon");
        }
        is_multi_ = word.starts_with("MULTI");
        if (is_multi_) word.erase(0, 5);
        if (!word.starts_with("POLYGON")) {
            pos_ = start;
            return fail(kNotPolygon);
        }
        word.erase(0, 7);
        if (word.empty()) {
            skip_space();
            const auto before = pos_;
            word = take_word();
            if (word == "EMPTY") pos_ = before;
            if (word == "EMPTY") word.clear();
        }
        if (word == "Z" || word == "M") coordinates_ = 3;
        if (word == "ZM") coordinates_ = 4;
        if (!word.empty() && !coordinates_) {
            pos_ = start;
            return fail(kNotPolygon);
        }
        return Ok{};
    }

    Status parse_part(std::vector<Polygon::Part>& parts) {
        auto& part = parts.emplace_back();
        bool is_outer = true;
        return parse_list([&]() -> Status {
            skip_space();
            const auto start = pos_;
            auto& ring = is_outer ? part.outer : part.holes.emplace_back();
            is_outer = false;
            if (const auto status = parse_list([&] { return parse_position(ring); }); !status) return status;
            if (has_three_positions(ring)) return Ok{};
            pos_ = start;
            return fail(kRingTooSmall);
        });
    }

    /// `item` as often as there are commas, in parentheses.
    template <class Item>
    Status parse_list(Item item) {
        skip_space();
        if (pos_ < text_.size() && is_letter(text_[pos_])) {
            const auto start = pos_;
            const bool is_empty = take_word() == "EMPTY";
            pos_ = start;
            if (is_empty) return fail("an EMPTY polygon has no points");
        }
        if (!take('(')) return fail("an opening parenthesis is missing");
        do {
            if (const auto status = item(); !status) return status;
        } while (take(','));
        if (!take(')')) return fail("a comma or a closing parenthesis is missing");
        return Ok{};
    }

    Status parse_position(Polygon::Ring& ring) {
        Polygon::Position position;
        unsigned count = 0;
        for (skip_space(); count < 4 && at_number(); ++count) {
            const auto value = parse_number();
            if (!value) return value.error();
            if (count == 0) position.x = *value;
            if (count == 1) position.y = *value;
            skip_space();
        }
        if (count < 2) return fail("a coordinate is missing: a position is x and y, with a space between them");
        // Without Z or M in front, the first position tells.
        if (!coordinates_) coordinates_ = count;
        if (count != *coordinates_) return fail("not as many coordinates as the other positions have");
        ring.push_back(position);
        return Ok{};
    }

    [[nodiscard]] bool at_number() const {
        return pos_ < text_.size() && std::string_view{"+-.0123456789"}.find(text_[pos_]) != std::string_view::npos;
    }

    Result<double> parse_number() {
        const auto start = pos_;
        const bool negative = text_[pos_] == '-';
        if (negative || text_[pos_] == '+') ++pos_;
        auto number = Decimal::read(text_.substr(pos_));
        if (!number) {
            pos_ = start;
            return fail("a sign or a point is not followed by a number");
        }
        if (negative) number->negate();
        const auto value = number->to_double();
        if (!value) {
            pos_ = start;
            return fail("a coordinate is beyond the range of doubles");
        }
        pos_ += number->size();
        if (pos_ < text_.size() && std::string_view{" \t\r\n,)"}.find(text_[pos_]) == std::string_view::npos)
            return fail("a number is followed by neither space, comma nor parenthesis");
        return *value;
    }

    /// The letters that follow, in upper case.
    std::string take_word() {
        std::string word;
        while (pos_ < text_.size() && is_letter(text_[pos_])) word.push_back(upper_case(text_[pos_++]));
        return word;
    }
    bool take(char wanted) {
        skip_space();
        if (pos_ == text_.size() || text_[pos_] != wanted) return false;
        ++pos_;
        return true;
    }
    void skip_space() {
        while (pos_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[pos_]) != std::string_view::npos) ++pos_;
    }
    [[nodiscard]] Error fail(const char* rule) const { return {Code::bad_value, pos_, rule}; }

    std::string_view text_;
    std::size_t pos_ = 0;
    bool is_multi_ = false;
    std::optional<unsigned> coordinates_;  ///< of each position
};

}  // namespace

Result<std::vector<Polygon::Part>> Polygon::parts_from_wkt(std::string_view text) { return WktParser{text}.parse(); }

Result<Polygon> Polygon::from_wkt(std::string_view text) {
    auto parts = parts_from_wkt(text);
    if (!parts) return parts.error();
    return from_parts(*std::move(parts));
}

}  // namespace copse::filter
