// Results: text or JSON on standard output, and output files.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "copse/io.hpp"

namespace copse::cli {

using Json = nlohmann::ordered_json;

/// Prints to standard output at once. Throws OutputClosed if its reader has gone, Stop if the disk is full.
void print(std::string_view text);
void print_line(std::string_view line);
/// Two spaces of indentation and a line end.
void print_json(const Json& value);
[[nodiscard]] std::string json_document(const Json& value);

/// An output file; throws Stop if it exists and may not be replaced, or cannot be made.
std::unique_ptr<io::OutputFile> create_output(const std::string& path, bool overwrite);
/// Gives it its name, or throws Stop.
void commit_output(io::OutputFile& file, const std::string& path);

/// Standard output as a sink for points. A failure is turned into OutputClosed or Stop where it happens.
class StandardOutput final : public wire::Sink {
public:
    Status append(ByteView bytes) override;
    Status patch(FileOffset offset, ByteView bytes) override { return sink_.patch(offset, bytes); }
    [[nodiscard]] FileOffset position() const override { return sink_.position(); }

private:
    io::StreamSink sink_{1};
};

}  // namespace copse::cli
