// Reproducible random numbers for property tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace copse::laz::test {

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_{seed} {}
    /// Any 32-bit number.
    std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }
    std::uint64_t bits64() {
        const std::uint64_t high = (*this)();  // first: the order of calls within an expression is the compiler's
        return high << 32 | (*this)();
    }
    /// 0 to end - 1.
    std::uint32_t below(std::size_t end) { return static_cast<std::uint32_t>((*this)() % end); }
    /// True once in `n` times.
    bool once_in(std::uint32_t n) { return below(n) == 0; }

private:
    std::mt19937 engine_;
};

}  // namespace copse::laz::test
