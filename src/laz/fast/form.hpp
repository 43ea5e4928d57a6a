// One form of the fast decoder: everything below is compiled for the instruction set of the file that includes this,
// into a namespace of its own, COPSE_LAZ_FORM. Nothing here uses an inline function of a shared header that could end
// up as the program's only copy: a processor without these instructions would meet it.
#include "laz/fast/loops.hpp"
#include "laz/fast/pointwise.hpp"

#define COPSE_LAZ_TEXT_OF(name) #name
#define COPSE_LAZ_TEXT(name) COPSE_LAZ_TEXT_OF(name)

namespace copse::laz::fast::COPSE_LAZ_FORM {

extern const Kernel kKernel;
const Kernel kKernel{
    COPSE_LAZ_TEXT(COPSE_LAZ_FORM),
    sizeof(State),
    start,
    decode,
    decode_lanes,
    decode_others,
    decode_others_lanes,
    at_end,
    &kPointwiseKernel,
};

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
