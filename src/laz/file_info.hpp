// What the other files of this room ask about a whole LAZ file.
#pragma once

#include "copse/laz.hpp"

namespace copse::laz {

/// The file's points as they are stored: differs from `info.layout` where compatibility mode was undone.
struct StoredPoints {
    LaszipRecord record;
    las::PointLayout layout;
};

/// Reads the LASzip record of a file. A file that has none and does not say that it is compressed has compressor 0.
Result<StoredPoints> find_stored_points(const las::FileInfo& info);

}  // namespace copse::laz
