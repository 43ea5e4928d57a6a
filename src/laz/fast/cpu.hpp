// What this processor has, for the choice between forms of the codec.
#pragma once

namespace copse::laz::fast {

/// What the AVX2 forms are compiled for (CMakeLists.txt, avx2_flags).
inline bool runs_avx2_forms() {
#if defined(COPSE_LAZ_X86_FORMS)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
           __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("popcnt") != 0 &&
           __builtin_cpu_supports("lzcnt") != 0 && __builtin_cpu_supports("movbe") != 0;
#else
    return false;
#endif
}

}  // namespace copse::laz::fast
