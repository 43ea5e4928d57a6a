// Opening COPC files, and what is known of their times.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "copse/io.hpp"
#include "copse/read.hpp"
#include "copse/time.hpp"

namespace copse::cli {

/// A local file. Names of servers are refused with a sentence of their own.
std::unique_ptr<io::FileSource> open_source(const std::string& path);

struct CopcFile {
    std::string path;
    std::unique_ptr<io::FileSource> source;
    std::shared_ptr<const read::File> file;
    io::Traffic traffic;  ///< so far
};

CopcFile open_copc(const std::string& path);
CopcFile open_copc(const std::string& path, std::unique_ptr<io::FileSource> source);

/// Runs a reader until it has something or is done; throws Stop if it fails.
wire::Step advance(wire::PullReader& reader, CopcFile& copc);

struct TimeFacts {
    time::Encoding encoding;
    double min = 0, max = 0;  ///< NaN if nothing is known
    bool partial = false;     ///< of the root node only: the file does not say more
};
/// From the info record; where it says nothing, from the temporal index, else from the points of the root node.
TimeFacts find_times(CopcFile& copc);

}  // namespace copse::cli
