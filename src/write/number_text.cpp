#include "write/number_text.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace copse::write {

int decimals_of(double number) {
    if (!std::isfinite(number) || number == 0) return 0;
    // Shortest scientific form "d.ddde-xx": the decimals are the digits after the point, shifted by the exponent.
    const auto digits = fmt::format("{}", number);
    const auto mark = std::min(digits.find('e'), digits.size());
    const std::string_view mantissa{digits.data(), mark};
    const auto point = std::min(mantissa.find('.'), mantissa.size());
    auto fraction = point == mantissa.size() ? std::string_view{} : mantissa.substr(point + 1);
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    const auto exponent = mark == digits.size() ? 0 : std::stoi(digits.substr(mark + 1));
    return std::max(0, static_cast<int>(fraction.size()) - exponent);
}

void append_fixed(double value, int decimals, TextBuffer& out) {
    const auto start = out.size();
    fmt::format_to(std::back_inserter(out), "{:.{}f}", value, decimals);
    const std::string_view text{out.data() + start, out.size() - start};
    if (text.front() != '-' || text.find_first_not_of("-0.") != std::string_view::npos) return;
    std::copy(out.data() + start + 1, out.data() + out.size(), out.data() + start);
    out.resize(out.size() - 1);
}

void append_gps_time(double value, TextBuffer& out) { fmt::format_to(std::back_inserter(out), "{:.17g}", value); }

}  // namespace copse::write
