// candidate_rows: no row that matches is left out, whatever the times, stride and window.
// Input: stride (u32), from, to (f64), then the times of a node, which are put into the order of a node of ours.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "copse/temporal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace copse;
    wire::ByteReader in{std::as_bytes(std::span{data, size})};
    const auto stride = std::max(in.u32(), 1u);
    const temporal::TimeWindow window{in.f64(), in.f64()};
    if (!in.ok()) return 0;
    std::vector<double> times;
    while (in.remaining() >= sizeof(double)) times.push_back(in.f64());
    std::sort(times.begin(), times.end(), [](double a, double b) {
        return std::isnan(a) || std::isnan(b) ? !std::isnan(a) && std::isnan(b) : a < b;
    });

    const auto samples = temporal::make_samples(times, stride, 0);
    if (!temporal::samples_are_usable(samples, times.size(), stride)) std::abort();
    const auto rows = temporal::candidate_rows(samples, stride, times.size(), window.from, window.to);
    if (rows.last > times.size()) std::abort();
    for (std::size_t row = 0; row < times.size(); ++row)
        if (window.contains(times[row]) && (row < rows.first || row >= rows.last)) std::abort();
    return 0;
}
