#include "support/inputs.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#if defined(COPSE_HAVE_EPT)
#include "copse/ept.hpp"
#endif
#include "support/stop.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

struct Candidate {
    std::string path;
    bool named = true;  ///< by the user; else found in a folder or by a pattern
    bool ept = false;   ///< a folder of Entwine Point Tiles
};

constexpr std::string_view kEptMetadata = "ept.json";

std::optional<struct stat> status_of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return {};
    return status;
}

bool is_point_file(const std::string& folder, const std::string& name) {
    const auto lower = lower_case(name);
    if (lower.starts_with('.') || !(lower.ends_with(".las") || lower.ends_with(".laz"))) return false;
    const auto status = status_of(folder + name);
    return status && S_ISREG(status->st_mode);
}

std::vector<Candidate> list_folder(std::string folder) {
    DIR* opened = ::opendir(folder.c_str());
    if (opened == nullptr) throw stop_for(Error{Code::io_failed, 0, "cannot list the folder", errno}, folder);
    if (!folder.ends_with('/')) folder += '/';
    std::vector<Candidate> found;
    while (const auto* entry = ::readdir(opened))
        if (is_point_file(folder, entry->d_name)) found.push_back({folder + entry->d_name, false});
    ::closedir(opened);
    if (found.empty()) throw wrong_usage("the folder holds no LAS or LAZ files", folder);
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return found;
}

std::vector<Candidate> match_pattern(const std::string& pattern) {
    glob_t matches{};
    std::vector<Candidate> found;
    if (::glob(pattern.c_str(), 0, nullptr, &matches) == 0)
        for (std::size_t i = 0; i < matches.gl_pathc; ++i) found.push_back({matches.gl_pathv[i], false});
    ::globfree(&matches);
    if (found.empty()) throw stop_for(Error{Code::io_failed, 0, "no file matches the pattern", ENOENT}, pattern);
    return found;
}

bool is_file(const std::string& path) {
    const auto status = status_of(path);
    return status && S_ISREG(status->st_mode);
}

std::string in_folder(const std::string& folder, std::string_view name) {
    return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

/// The folder of an ept.json; empty if the path is of no such file.
std::string folder_of_metadata(const std::string& path) {
    if (path == kEptMetadata) return ".";
    if (!path.ends_with(fmt::format("/{}", kEptMetadata))) return {};
    return path.substr(0, std::max<std::size_t>(1, path.size() - kEptMetadata.size() - 1));
}

std::vector<Candidate> expand(const std::string& word) {
    const auto status = status_of(word);
    if (status && S_ISDIR(status->st_mode)) {
        if (is_file(in_folder(word, kEptMetadata))) return {{word, true, true}};
        return list_folder(word);
    }
    if (const auto folder = folder_of_metadata(word); !folder.empty() && status) return {{folder, true, true}};
    if (!status && word.find_first_of("*?[") != std::string::npos) return match_pattern(word);
    return {{word, true}};
}

std::optional<io::FileId> id_of(const std::string& path) {
    const auto status = status_of(path);
    if (!status) return {};
    return io::FileId{status->st_dev, status->st_ino};
}

InputFile open_candidate(const Candidate& candidate) {
    InputFile input{candidate.path, nullptr};
    if (!candidate.ept) {
        input.source = checked(io::FileSource::open(candidate.path), candidate.path);
        return input;
    }
#if defined(COPSE_HAVE_EPT)
    const auto metadata = in_folder(candidate.path, kEptMetadata);
    input.source = checked(io::FileSource::open(metadata), metadata);
    input.open = [folder = std::make_shared<io::FileFolder>(candidate.path)](const las::OpenOptions& options) {
        return ept::open(folder, options);
    };
    return input;
#else
    throw wrong_usage("this build does not read EPT folders", candidate.path);
#endif
}

}  // namespace

InputFiles open_inputs(const std::vector<std::string>& words, const std::string& output) {
    InputFiles inputs;
    std::map<io::FileId, std::string> seen;
    const auto output_id = id_of(output);
    for (const auto& word : words) {
        for (const auto& candidate : expand(word)) {
            auto input = open_candidate(candidate);
            if (output_id && input.source->id() == *output_id) {
                if (candidate.named) throw wrong_usage("the output is one of the inputs", candidate.path);
                continue;
            }
            const auto [first, is_new] = seen.emplace(input.source->id(), candidate.path);
            if (is_new) {
                inputs.files.push_back(std::move(input));
            } else {
                inputs.warnings.push_back(fmt::format("{} is the same file as {} and is read once",
                                                      shown(candidate.path), shown(first->second)));
            }
        }
    }
    if (inputs.files.empty()) throw wrong_usage("there is no input but the output itself", output);
    return inputs;
}

std::vector<std::string> read_input_list(const std::string& path) {
    std::string text;
    if (path == "-") {
        std::array<char, 4096> block{};
        for (;;) {
            const auto count = ::read(STDIN_FILENO, block.data(), block.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw stop_for(Error{Code::io_failed, 0, "reading failed", errno}, "standard input");
            if (count == 0) break;
            text.append(block.data(), static_cast<std::size_t>(count));
        }
    } else {
        const auto source = checked(io::FileSource::open(path), path);
        const auto bytes = checked(source->read({0, source->size()}), path);
        text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) lines.push_back(std::move(line));
        at = end + 1;
    }
    return lines;
}

}  // namespace copse::cli
