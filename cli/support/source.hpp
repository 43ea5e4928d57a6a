// Opening COPC files, and what is known of their times.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "copse/io.hpp"
#include "copse/read.hpp"
#include "copse/time.hpp"
#include "support/sources.hpp"

namespace copse::cli {

struct CopcFile {
    std::string path;
    std::unique_ptr<wire::Source> source;
    std::optional<io::FileId> id;          ///< of a local file
    const io::Network* network = nullptr;  ///< of one on a server
    std::shared_ptr<const read::File> file;
    io::Traffic traffic;  ///< so far, as readers see it
};

CopcFile open_copc(const std::string& path, OpenedSource opened, read::OpenFor purpose = read::OpenFor::anything);

/// What was fetched for it so far. Of an object on a server, as the server counts.
io::Traffic traffic_of(const CopcFile& copc);
void add_traffic(CopcFile& copc, const io::Traffic& traffic);

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
