// The files that a conversion reads: names, folders, patterns and lists turned into open files, each once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "copse/io.hpp"
#include "copse/las.hpp"

namespace copse::cli {

struct InputFile {
    std::string path;                        ///< of the file, or of the EPT folder
    std::unique_ptr<io::FileSource> source;  ///< the file, or the folder's ept.json
    /// For EPT folders: opens all of it.
    std::function<Result<std::unique_ptr<las::PointReader>>(const las::OpenOptions&)> open = nullptr;
};

struct InputFiles {
    std::vector<InputFile> files;
    std::vector<std::string> warnings;
};

/// Opens what the words name: files; EPT folders, by their name or that of their ept.json; other folders (their *.las
/// and *.laz, in any case, by name, not those of folders within); patterns, where no file has that name. A file reached
/// twice is taken once, with a warning. An input that is the output is an error where it was named and passed over
/// where it was found.
InputFiles open_inputs(const std::vector<std::string>& words, const std::string& output);

/// Lines of a list file: one name each, empty lines passed over. "-" is standard input.
std::vector<std::string> read_input_list(const std::string& path);

}  // namespace copse::cli
