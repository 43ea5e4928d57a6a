// What fmt does behind every fmt::format is compiled once a room, not once a file: that halves the time to compile a
// file of messages. Part of the precompiled header. Without it, and with an fmt that declares this otherwise, the files
// compile as well, later.
#pragma once

#include <fmt/format.h>

#if FMT_VERSION >= 90000 && FMT_VERSION < 100000
#define COPSE_FMT_ONCE template void fmt::detail::vformat_to<char>(buffer<char>&, string_view, format_args, locale_ref)
extern COPSE_FMT_ONCE;
#endif
