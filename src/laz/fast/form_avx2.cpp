// x86-64 with AVX2, BMI, LZCNT and POPCNT; CMakeLists.txt compiles this file for them.
#if defined(__AVX2__)
#define COPSE_LAZ_FORM avx2
#include "laz/fast/form.hpp"
#endif
