#include <algorithm>
#include <cmath>

#include "copse/temporal.hpp"

namespace copse::temporal {

std::uint64_t sample_count(std::uint64_t row_count, std::uint32_t stride) {
    assert(stride >= 1);
    if (row_count == 0) return 0;
    const auto last_row = row_count - 1;
    return last_row / stride + 1 + (last_row % stride != 0 ? 1 : 0);
}

std::uint64_t sample_row(std::uint64_t index, std::uint32_t stride, std::uint64_t row_count) {
    assert(index < sample_count(row_count, stride));
    const auto last_row = row_count - 1;
    return index <= last_row / stride ? index * stride : last_row;
}

double clamp_to_finite(double time) {
    constexpr double kMost = std::numeric_limits<double>::max();
    // NaN fails both comparisons and stays.
    if (time > kMost) return kMost;
    if (time < -kMost) return -kMost;
    return time;
}

std::vector<double> make_samples(std::span<const double> gps_times, std::uint32_t stride, double fallback) {
    const auto numbers_end =
        std::find_if(gps_times.rbegin(), gps_times.rend(), [](double t) { return !std::isnan(t); });
    const double last_number = numbers_end == gps_times.rend() ? fallback : clamp_to_finite(*numbers_end);
    const auto count = sample_count(gps_times.size(), stride);
    std::vector<double> samples;
    samples.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) {
        const double time = gps_times[static_cast<std::size_t>(sample_row(i, stride, gps_times.size()))];
        samples.push_back(std::isnan(time) ? last_number : clamp_to_finite(time));
    }
    return samples;
}

bool samples_are_usable(std::span<const double> samples, std::uint64_t row_count, std::uint32_t stride) {
    if (stride == 0 || samples.size() != sample_count(row_count, stride)) return false;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        if (!std::isfinite(samples[i])) return false;
        if (i > 0 && samples[i] < samples[i - 1]) return false;
    }
    return true;
}

RowRange candidate_rows(std::span<const double> samples, std::uint32_t stride, std::uint64_t row_count, double from,
                        double to) {
    if (samples.empty() || !(from <= to)) return {};
    // First sample that may match, and first one behind the window. Rows up to the sample before the first, and from
    // the one behind on, cannot match, since times do not fall from row to row; all rows between two samples must be
    // kept.
    const auto first = std::lower_bound(samples.begin(), samples.end(), clamp_to_finite(from));
    const auto behind = std::upper_bound(first, samples.end(), clamp_to_finite(to));
    if (first == samples.end() || behind == samples.begin()) return {};

    const auto row_of = [&](auto sample) {
        return sample_row(static_cast<std::uint64_t>(sample - samples.begin()), stride, row_count);
    };
    RowRange rows;
    rows.first = first == samples.begin() ? 0 : row_of(first - 1) + 1;
    rows.last = behind == samples.end() ? row_count : row_of(behind);
    return rows.empty() ? RowRange{} : rows;
}

}  // namespace copse::temporal
