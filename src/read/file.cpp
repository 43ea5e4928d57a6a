#include <algorithm>

#include "copse/read.hpp"

namespace copse::read {
copc::Box File::bounds() const { return {header.min, header.max}; }

std::string File::wkt() const {
    const auto* vlr = las::find_vlr(vlrs, las::kProjectionUser, las::kWktRecord);
    if (vlr == nullptr) vlr = las::find_vlr(small_evlrs, las::kProjectionUser, las::kWktRecord);
    if (vlr == nullptr) return {};
    std::string text{reinterpret_cast<const char*>(vlr->payload.data()), vlr->payload.size()};
    text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
    return text;
}

}  // namespace copse::read
