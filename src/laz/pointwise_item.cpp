#include "laz/pointwise_item.hpp"

#include "laz/pointwise_bytes.hpp"
#include "laz/pointwise_gps_time11.hpp"
#include "laz/pointwise_point10.hpp"
#include "laz/pointwise_rgb12.hpp"
#include "laz/pointwise_wave_packet13.hpp"

namespace copse::laz {
namespace {

template <class Version1, class Version2>
std::unique_ptr<PointwiseItem> of_version(std::uint16_t version) {
    if (version == 1) return std::make_unique<PointwiseItemOf<Version1>>();
    if (version == 2) return std::make_unique<PointwiseItemOf<Version2>>();
    return nullptr;
}

std::unique_ptr<PointwiseItem> bytes_of_version(std::uint16_t version, std::size_t size) {
    if (version == 1) return std::make_unique<PointwiseBytes<ByteContext>>(size);
    if (version == 2) return std::make_unique<PointwiseBytes<ByteDifference>>(size);
    return nullptr;
}

}  // namespace

std::unique_ptr<PointwiseItem> make_pointwise_item(const Item& item) {
    switch (item.type) {
        case ItemType::point10:
            return of_version<Point10V1, Point10V2>(item.version);
        case ItemType::gps_time11:
            return of_version<GpsTime11V1, GpsTime11V2>(item.version);
        case ItemType::rgb12:
            return of_version<Rgb12V1, Rgb12V2>(item.version);
        case ItemType::wave_packet13:
            return of_version<WavePacket13Coding, WavePacket13Coding>(item.version);
        case ItemType::byte:
            return bytes_of_version(item.version, item.size);
        default:
            return nullptr;
    }
}

}  // namespace copse::laz
