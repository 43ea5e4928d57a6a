// What does one symbol cost, by alphabet, in the reference coder and in the fast one?
// CMakeLists.txt compiles this for the processor at hand, so the fast one is the form that it would choose.
#include <memory>

#include "sample.hpp"

#define COPSE_LAZ_FORM measured
#include "laz/arithmetic_coder.hpp"
#include "laz/fast/coder.hpp"

namespace {

using namespace copse;
namespace fast = laz::fast::measured;

constexpr std::uint32_t kSymbols = 1u << 16;

/// Numbers below `alphabet`, small ones more often, as correctors and their classes are.
std::vector<std::uint32_t> random_symbols(std::uint32_t alphabet) {
    std::vector<std::uint32_t> symbols(kSymbols);
    std::uint64_t state = 1;
    const auto next = [&] {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state >> 33) % alphabet;
    };
    for (auto& symbol : symbols) symbol = std::min(next(), next());
    return symbols;
}

template <unsigned Alphabet>
Bytes encoded() {
    laz::SymbolModel<Alphabet> model;
    laz::ArithmeticEncoder out;
    for (const auto symbol : random_symbols(Alphabet)) out.encode_symbol(model, symbol);
    auto bytes = out.finish();
    bytes.resize(bytes.size() + laz::fast::kPadding);
    return bytes;
}

template <unsigned Alphabet>
void reference(benchmark::State& state) {
    const auto bytes = encoded<Alphabet>();
    for (auto _ : state) {
        laz::SymbolModel<Alphabet> model;
        laz::ArithmeticDecoder in{bytes, 0};
        std::uint32_t sum = 0;
        for (std::uint32_t i = 0; i < kSymbols; ++i) sum += in.decode_symbol(model);
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(kSymbols * state.iterations());
}

/// Memory for one model.
struct Block {
    alignas(64) std::byte bytes[std::size_t{64} << 10];
    static void* more(void* owner, std::size_t) { return static_cast<Block*>(owner)->bytes; }
};

template <auto Prototype>
void fast_form(benchmark::State& state) {
    const auto prototypes = std::make_unique<fast::Prototypes>();
    prototypes->make();
    auto* model = &((*prototypes).*Prototype);
    const auto alphabet = model->counters.symbols;
    const auto bytes = alphabet == 33 ? encoded<33>() : alphabet == 17 ? encoded<17>() : encoded<515>();
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const laz::fast::Range range{begin, begin + bytes.size() - laz::fast::kPadding};
    const auto block = std::make_unique<Block>();
    for (auto _ : state) {
        prototypes->make();
        auto* place = model;
        fast::Arena arena;
        arena.start({block.get(), Block::more});
        fast::Coder in;
        in.start(range);
        std::uint32_t sum = 0;
        for (std::uint32_t i = 0; i < kSymbols; ++i) sum += fast::decode_symbol(in, &place, arena);
        benchmark::DoNotOptimize(sum);
        if (!in.at_end()) return state.SkipWithError("decoded wrongly");
    }
    state.SetItemsProcessed(kSymbols * state.iterations());
}

BENCHMARK(reference<17>);
BENCHMARK(fast_form<&fast::Prototypes::of17>)->Name("fast<17>");
BENCHMARK(reference<33>);
BENCHMARK(fast_form<&fast::Prototypes::of33>)->Name("fast<33>");
BENCHMARK(reference<515>);
BENCHMARK(fast_form<&fast::Prototypes::of515>)->Name("fast<515>");

/// How long it takes to work out the shares of a model again after a cycle.
template <auto Prototype>
void share_out(benchmark::State& state) {
    const auto prototypes = std::make_unique<fast::Prototypes>();
    prototypes->make();
    auto& model = (*prototypes).*Prototype;
    for (auto _ : state) {
        fast::share_out(model);
        benchmark::DoNotOptimize(model.shares);
    }
}
BENCHMARK(share_out<&fast::Prototypes::of17>)->Name("share_out<17>");
BENCHMARK(share_out<&fast::Prototypes::of33>)->Name("share_out<33>");
BENCHMARK(share_out<&fast::Prototypes::of515>)->Name("share_out<515>");

}  // namespace
