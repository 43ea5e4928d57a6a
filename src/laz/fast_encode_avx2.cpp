// x86-64 with BMI and LZCNT, which came with AVX2: shifts by a variable and leading zeros are one fast instruction
// each, and that is what a coder does. CMakeLists.txt compiles this file for them.
#if defined(__AVX2__)
#define COPSE_ENCODE_FORM avx2
#include "laz/fast_encode_form.hpp"
#endif
