// Numbers that come out the same on every compiler and platform: no std:: distributions, whose algorithms are not
// fixed, and no functions of libm, whose last bits are not. Additions, products, quotients, square roots and floor are
// exact by IEEE 754.
#pragma once

#include <cmath>
#include <cstdint>

namespace copse::synth {

/// Mixes all bits into all bits (finaliser of SplitMix64, Steele et al. 2014).
inline std::uint64_t mix(std::uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

/// A sequence of random words.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_{mix(seed)} {}
    std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15u); }

private:
    std::uint64_t state_;
};

/// `width` bits of a word from bit `first` on, as a number in [0, 1).
inline double part(std::uint64_t word, unsigned first, unsigned width) {
    return static_cast<double>(word >> first & ((std::uint64_t{1} << width) - 1)) /
           static_cast<double>(std::uint64_t{1} << width);
}

/// Nearly normal, mean 0 and deviation 1: four 16-bit parts of a word added up.
inline double bell(std::uint64_t word) {
    const auto sum = (word & 0xffff) + (word >> 16 & 0xffff) + (word >> 32 & 0xffff) + (word >> 48);
    constexpr double kMean = 4 * 32767.5;
    constexpr double kDeviation = 37837.2;  // 2^16 / sqrt(3)
    return (static_cast<double>(sum) - kMean) / kDeviation;
}

/// Sine of an angle in turns, to about 1e-7.
inline double sine(double turns) {
    double x = turns - std::floor(turns + 0.5);  // [-0.5, 0.5)
    if (x > 0.25) x = 0.5 - x;
    if (x < -0.25) x = -0.5 - x;
    const double angle = x * 6.283185307179586;
    const double square = angle * angle;
    // Taylor's series, from its last term: -1/11!, 1/9!, -1/7!, 1/5!, -1/3!
    double sum = -1.0 / 39'916'800;
    sum = sum * square + 1.0 / 362'880;
    sum = sum * square - 1.0 / 5'040;
    sum = sum * square + 1.0 / 120;
    sum = sum * square - 1.0 / 6;
    return angle + angle * square * sum;
}
inline double cosine(double turns) { return sine(turns + 0.25); }

}  // namespace copse::synth
