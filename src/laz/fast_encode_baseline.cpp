// Any processor.
#define COPSE_ENCODE_FORM baseline
#include "laz/fast_encode_form.hpp"
