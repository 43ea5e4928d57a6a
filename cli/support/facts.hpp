// What `info` tells of a file: gathered once, shown as text or JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/epochs.hpp"
#include "support/output.hpp"
#include "support/source.hpp"

namespace copse::cli {

struct LevelFacts {
    double spacing = 0;
    std::uint64_t nodes = 0;  ///< with points
    std::uint64_t points = 0;
    std::uint64_t bytes = 0;
};

struct RecordFacts {
    std::string user_id, description;
    std::uint16_t record_id = 0;
    std::uint64_t size = 0;
    FileOffset at = 0;
    bool extended = false;
};

struct DimensionFacts {
    std::string name, type, description;
    std::optional<double> scale, offset;
    bool extra = false;
};

struct CopcFacts {
    copc::Info info;
    std::vector<LevelFacts> levels;
    std::optional<temporal::Header> temporal;
    std::vector<Epoch> epochs;
};

struct Facts {
    std::string path, kind;  ///< "LAS", "LAZ" or "COPC"
    std::uint64_t size = 0;
    las::Header header;
    las::PointLayout layout;
    bool restored = false;  ///< LASzip compatibility mode was undone
    std::string wkt, crs;
    std::vector<RecordFacts> records;
    std::vector<DimensionFacts> dimensions;
    bool has_times = false;
    TimeFacts times;
    std::optional<CopcFacts> copc;
    std::vector<std::string> warnings;
};

Facts gather_facts(const std::string& path, bool with_epochs, Sources& sources);

struct InfoSections {
    bool schema = false;   ///< one line a dimension
    bool records = false;  ///< one line a VLR or EVLR
    bool epochs = false;
};
std::string facts_text(const Facts& facts, const InfoSections& sections);
Json facts_json(const Facts& facts, const InfoSections& sections);

}  // namespace copse::cli
