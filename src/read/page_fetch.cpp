#include "read/page_fetch.hpp"

#include <algorithm>
#include <vector>

#include "read/joining.hpp"

namespace copse::read {
namespace {

/// Pages are small next to what a request costs: siblings that nobody wants may lie between them.
constexpr std::uint64_t kPageGap = 8u << 10;

const File::Piece* find_piece(const File& file, ByteRange range) {
    for (const auto& piece : file.evlr_pieces)
        if (range.offset >= piece.at && range.offset - piece.at <= piece.bytes.size() &&
            range.size <= piece.bytes.size() - (range.offset - piece.at))
            return &piece;
    return nullptr;
}

}  // namespace

AskedPages ask_for_pages(const File& file, std::span<const ByteRange> pages, Intake& intake) {
    std::vector<ByteRange> lacking;
    std::uint64_t wanted_bytes = 0;
    for (const auto page : pages) {
        if (const auto* piece = find_piece(file, page)) {
            intake.ask(page);
            // The piece is long enough: nothing can be wrong with it.
            (void)intake.supply({piece->at, piece->bytes.size()}, piece->bytes);
            continue;
        }
        lacking.push_back(page);
        wanted_bytes += page.size;
    }
    std::sort(lacking.begin(), lacking.end());
    AskedPages asked;
    const JoinLimits limits{kPageGap, std::max(kPageGap, wanted_bytes / 4)};
    for (const auto& request : join_ranges(lacking, limits)) {
        intake.ask_together(std::span{lacking}.subspan(request.first, request.last - request.first), request.range);
        ++asked.requests;
        asked.bytes += request.range.size;
    }
    return asked;
}

}  // namespace copse::read
