#include "fmt_once.hpp"

#ifdef COPSE_FMT_ONCE
COPSE_FMT_ONCE;
#endif
