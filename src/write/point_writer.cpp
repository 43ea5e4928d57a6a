#include "copse/write.hpp"

namespace copse::write {

Status PointWriter::add(const las::Points& points) {
    const auto pieces = begin(points);
    for (std::size_t i = 0; i < pieces; ++i) work(i);
    return end();
}

}  // namespace copse::write
