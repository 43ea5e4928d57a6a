// x86-64 with AVX-512 BW and VL; CMakeLists.txt compiles this file for them.
#if defined(__AVX512BW__) && defined(__AVX512VL__)
#define COPSE_LAZ_FORM avx512
#include "laz/fast/form.hpp"
#endif
