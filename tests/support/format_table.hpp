// Reads the field tables and hex examples of docs/format, so that a test can compare them with the code.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "copse/wire.hpp"

namespace copse::test {

struct FieldRow {
    std::size_t offset = 0;
    std::string type;
    std::string name;
};

inline std::string read_document(const std::string& name) {
    std::ifstream file{std::string{COPSE_SOURCE_DIR} + "/docs/format/" + name};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Rows of the first table after the heading that starts with `heading`.
inline std::vector<FieldRow> read_table(const std::string& document, const std::string& heading) {
    std::vector<FieldRow> rows;
    const auto start = document.find("\n## " + heading);
    if (start == std::string::npos) return rows;
    std::istringstream lines{document.substr(start)};
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("| offset |", 0) == 0) {
            inside = true;
            std::getline(lines, line);  // the rule under the head
            continue;
        }
        if (!inside) continue;
        if (line.empty() || line[0] != '|') break;
        std::istringstream cells{line};
        std::string empty, offset, type, name;
        std::getline(cells, empty, '|');
        std::getline(cells, offset, '|');
        cells >> type;
        std::getline(cells, empty, '|');
        cells >> name;
        rows.push_back({std::stoul(offset), type, name});
    }
    return rows;
}

/// Bytes of the block marked ```hex `name`.
inline Bytes read_example(const std::string& document, const std::string& name) {
    Bytes bytes;
    const auto mark = "```hex " + name + "\n";
    const auto start = document.find(mark);
    if (start == std::string::npos) return bytes;
    const auto first = start + mark.size();
    std::istringstream words{document.substr(first, document.find("```", first) - first)};
    for (std::string word; words >> word;) bytes.push_back(static_cast<std::byte>(std::stoul(word, nullptr, 16)));
    return bytes;
}

/// The number stored at a field, as double (exact for what the examples hold).
inline double number_at(ByteView bytes, const FieldRow& field) {
    const auto* at = bytes.data() + field.offset;
    if (field.type == "f64" || field.type == "f64[]") return wire::load_le<double>(at);
    if (field.type == "u64") return static_cast<double>(wire::load_le<std::uint64_t>(at));
    if (field.type == "u32") return wire::load_le<std::uint32_t>(at);
    if (field.type == "i32") return wire::load_le<std::int32_t>(at);
    ADD_FAILURE() << "unknown type " << field.type;
    return 0;
}

}  // namespace copse::test
