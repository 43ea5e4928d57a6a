#include "laz/fast/dispatch.hpp"

#include <array>
#include <atomic>

#include "copse/version.hpp"
#include "laz/fast/cpu.hpp"

namespace copse::laz::fast {

namespace simd128 {
extern const Kernel kKernel;
}
#if defined(COPSE_LAZ_X86_FORMS)
namespace avx2 {
extern const Kernel kKernel;
}
#endif

namespace {

struct Kernels {
    std::array<const Kernel*, 2> forms{};
    std::size_t count = 0;
    void add(const Kernel& form) { forms[count++] = &form; }
};

Kernels find_kernels() {
    Kernels found;
    found.add(simd128::kKernel);
#if defined(COPSE_LAZ_X86_FORMS)
    if (runs_avx2_forms()) found.add(avx2::kKernel);
#endif
    return found;
}

const Kernels& kernels() {
    static const Kernels found = find_kernels();
    return found;
}

std::atomic<const Kernel*>& in_use() {
    static std::atomic<const Kernel*> chosen{kernels().forms[kernels().count - 1]};
    return chosen;
}

}  // namespace

std::span<const Kernel* const> available_kernels() { return {kernels().forms.data(), kernels().count}; }
const Kernel& kernel() { return *in_use().load(std::memory_order_acquire); }
void use_kernel(const Kernel& chosen) { in_use().store(&chosen, std::memory_order_release); }

}  // namespace copse::laz::fast

namespace copse {

const char* simd_form() { return laz::fast::kernel().name; }

}  // namespace copse
