// Conditions on attributes: errors lie within the text; a condition and its opposite part the points, whichever rows
// are asked about and with no more columns than it names.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>

#include "copse/filter.hpp"
#include "text_about_points.hpp"

namespace {

using namespace copse;
using Rows = std::vector<std::uint32_t>;

void require(bool holds) {
    if (!holds) std::abort();
}

/// Bytes of all kinds, by a little generator: inputs go to the text.
las::Points made_points(const las::PointLayout& layout, std::size_t count) {
    Bytes records(count * layout.record_length);
    std::uint32_t state = layout.record_length;
    for (auto& byte : records) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<std::byte>(state >> 24);
    }
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(count);
    las::unpack_records(records, points, 0);
    return points;
}

Rows matching(const filter::Expression& expression, const las::Points& whole, Rows rows) {
    las::Points points{whole.layout, expression.columns()};
    points.append(whole, 0, whole.size());
    expression.keep_matching(points, rows);
    return rows;
}

void check_parting(const filter::Expression& holds, const filter::Expression& fails, const las::Points& points) {
    Rows all(points.size()), even;
    std::iota(all.begin(), all.end(), 0u);
    const auto some = matching(holds, points, all), others = matching(fails, points, all);
    Rows both;
    std::merge(some.begin(), some.end(), others.begin(), others.end(), std::back_inserter(both));
    require(both == all);

    const auto is_odd = [](std::uint32_t row) { return row % 2 == 1; };
    std::remove_copy_if(all.begin(), all.end(), std::back_inserter(even), is_odd);
    auto wanted = some;
    wanted.erase(std::remove_if(wanted.begin(), wanted.end(), is_odd), wanted.end());
    require(matching(holds, points, even) == wanted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [layout, extra, text] = fuzz::text_about_points(data, size);
    if (!extra) return 0;
    const las::Header header;
    const auto expression = filter::Expression::parse(text, header, layout, *extra);
    if (!expression) {
        require(expression.error().at <= text.size() && expression.error().code == Code::bad_value);
        return 0;
    }
    const auto opposite = filter::Expression::parse("!(" + text + ")", header, layout, *extra);
    if (!opposite) {
        require(std::strcmp(opposite.error().what, "a condition nested more than 100 deep") == 0);
        return 0;
    }
    check_parting(*expression, *opposite, made_points(layout, 1100));
    return 0;
}
