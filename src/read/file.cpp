#include <algorithm>

#include "copse/read.hpp"

namespace copse::read {
namespace {

constexpr std::string_view kProjectionUserId = "LASF_Projection";
constexpr std::uint16_t kWktRecordId = 2112;

}  // namespace

copc::Box File::bounds() const { return {header.min, header.max}; }

std::string File::wkt() const {
    const auto* vlr = las::find_vlr(vlrs, kProjectionUserId, kWktRecordId);
    if (vlr == nullptr) vlr = las::find_vlr(small_evlrs, kProjectionUserId, kWktRecordId);
    if (vlr == nullptr) return {};
    std::string text{reinterpret_cast<const char*>(vlr->payload.data()), vlr->payload.size()};
    text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
    return text;
}

}  // namespace copse::read
