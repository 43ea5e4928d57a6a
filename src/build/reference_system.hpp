// One coordinate reference system for the output, out of those of the inputs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "build/inputs.hpp"

namespace copse::build {

struct ReferencePlan {
    std::string wkt;                ///< WKT1 where possible; empty if not known
    std::vector<las::Vlr> geotiff;  ///< carried where they could not be turned into WKT
    std::vector<std::string> warnings;
};

/// Chooses the CRS: the first in rank that has one decides, the others must agree or have none.
/// @param service understands CRSs; without one, texts are compared letter by letter and GeoTIFF keys are carried
MaybeFailure plan_reference(std::span<const OpenInput> inputs, const Options& options, CrsService* service,
                            ReferencePlan& out);

/// Records of the GeoTIFF keys: LASF_Projection 34735, 34736, 34737.
[[nodiscard]] bool is_geotiff(const las::Vlr& vlr);

}  // namespace copse::build
