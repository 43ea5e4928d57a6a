// How the hot loops of the codec's forms are put together by the compiler.
#pragma once

#if defined(COPSE_LAZ_CALLS)
// For sanitizers: spelt out into the loops, what they add to each access makes functions that take minutes to compile.
#define COPSE_INLINE inline
#define COPSE_INLINED
#else
#define COPSE_INLINE [[gnu::always_inline]] inline
#define COPSE_INLINED __attribute__((always_inline))  // for a lambda
#endif
#if defined(__clang__) && defined(__x86_64__)
// A slow path that keeps the caller's registers: the hot loop around it need not save them.
#define COPSE_SLOW [[gnu::noinline, clang::preserve_most]]
#else
#define COPSE_SLOW [[gnu::noinline]]
#endif
