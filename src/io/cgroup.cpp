#include "io/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace copse::io {
namespace {

/// Takes what stands before the next separator (or the end) off the front of a text.
std::string_view take_until(std::string_view& text, char separator) {
    const auto end = std::min(text.find(separator), text.size());
    const auto taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

bool lists(std::string_view controllers, std::string_view wanted) {
    if (wanted.empty()) return controllers.empty();
    while (!controllers.empty())
        if (take_until(controllers, ',') == wanted) return true;
    return false;
}

}  // namespace

std::string text_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::optional<std::int64_t> leading_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return {};
    return value;
}

std::string cgroup_path(std::string_view proc_self_cgroup, std::string_view controller) {
    while (!proc_self_cgroup.empty()) {
        auto line = take_until(proc_self_cgroup, '\n');
        (void)take_until(line, ':');
        if (lists(take_until(line, ':'), controller)) return std::string{line};
    }
    return {};
}

std::vector<std::string> with_parents(std::string path) {
    while (path.ends_with('/')) path.pop_back();
    std::vector<std::string> paths{path};
    while (!path.empty()) {
        path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
        paths.push_back(path);
    }
    return paths;
}

}  // namespace copse::io
