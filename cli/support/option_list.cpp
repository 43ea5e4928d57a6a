#include "support/option_list.hpp"

#include <algorithm>
#include <iterator>

namespace copse::cli {
namespace {

constexpr std::string_view kLastGroup = "General";

OptionText text_of(const CLI::Option& option) {
    OptionText text;
    text.help = option.get_description();
    if (!option.nonpositional()) {
        text.names = {option.get_type_name().empty() ? option.get_name(true) : option.get_type_name()};
        return text;
    }
    text.group = option.get_group();
    for (const auto& name : option.get_snames()) text.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) text.names.push_back("--" + name);
    if (option.get_expected_max() > 0 || option.get_type_name().starts_with("[")) text.value = option.get_type_name();
    return text;
}

}  // namespace

std::string OptionText::heading() const {
    std::string heading;
    for (const auto& name : names) heading += (heading.empty() ? "" : ", ") + name;
    if (!value.empty()) heading += (value.starts_with('[') ? "" : " ") + value;
    return heading;
}

std::vector<OptionText> options_of(const Verb& verb) {
    std::vector<OptionText> all;
    std::vector<std::string> groups{""};
    for (const auto* option : verb.app().get_options()) {
        all.push_back(text_of(*option));
        const auto& group = all.back().group;
        if (group != kLastGroup && std::find(groups.begin(), groups.end(), group) == groups.end())
            groups.push_back(group);
    }
    groups.emplace_back(kLastGroup);
    std::vector<OptionText> ordered;
    for (const auto& group : groups)
        std::copy_if(all.begin(), all.end(), std::back_inserter(ordered),
                     [&](const OptionText& text) { return text.group == group; });
    return ordered;
}

}  // namespace copse::cli
