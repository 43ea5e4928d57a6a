// What every processor has: SSE2 on x86-64, SIMD128 in WebAssembly, what the compiler makes of plain loops elsewhere.
#define COPSE_LAZ_FORM simd128
#include "laz/fast/form.hpp"
