// docs/validation.md against the code: every rule has its row, in the order in which the rules are judged.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "check/rule.hpp"

namespace copse::check {
namespace {

struct Section {
    const char* heading;
    std::span<const JudgedRule> rules;
};

const Section kSections[] = {
    {"Is it LAS", identity_rules()},
    {"Header", header_rules()},
    {"Records", record_rules()},
    {"Is it COPC", claim_rules()},
    {"Compression", laz_rules()},
    {"COPC", copc_rules()},
    {"Hierarchy", hierarchy_rules()},
    {"Temporal index", temporal_rules()},
    {"Counts and coordinate system", count_rules()},
    {"Points", point_rules()},
};

std::string expected_table(std::span<const JudgedRule> rules) {
    std::string table = "| id | at worst | rule | where it stands |\n|---|---|---|---|\n";
    for (const auto& [rule, judge] : rules)
        table += std::string{"| `"} + rule.id + "` | " + to_string(rule.worst) + " | " + rule.sentence + " | " +
                 rule.spec + " |\n";
    return table;
}

std::string document() {
    std::ifstream file{COPSE_SOURCE_DIR "/docs/validation.md"};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The lines from the first that begins with '|' to the last in a row.
std::string table_under(const std::string& text, const std::string& heading) {
    std::istringstream lines{text.substr(std::min(text.size(), text.find("\n## " + heading + "\n") + 1))};
    std::string table, line;
    std::getline(lines, line);
    while (std::getline(lines, line) && !line.starts_with("## ")) {
        if (line.starts_with('|'))
            table += line + "\n";
        else if (!table.empty())
            break;
    }
    return table;
}

TEST(ValidationDocument, HasARowForEveryRule) {
    const auto text = document();
    for (const auto& [heading, rules] : kSections) {
        SCOPED_TRACE(heading);
        EXPECT_EQ(table_under(text, heading), expected_table(rules));
    }
}

TEST(ValidationDocument, HasNoRowOfAnythingElse) {
    std::size_t expected = 0, found = 0;
    for (const auto& section : kSections) expected += section.rules.size();
    std::istringstream lines{document()};
    for (std::string line; std::getline(lines, line);) {
        const bool is_rule =
            line.find("` | fail | ") != std::string::npos || line.find("` | warn | ") != std::string::npos;
        found += is_rule ? 1u : 0u;
    }
    EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace copse::check
