#include "support/output.hpp"

#include <cerrno>

#include "support/stop.hpp"

namespace copse::cli {
namespace {

[[noreturn]] void fail(const Error& error) {
    if (error.os_error == EPIPE) throw OutputClosed{};
    auto stop = stop_for(error, "standard output");
    stop.offset.reset();
    throw stop;
}

}  // namespace

void print(std::string_view text) {
    io::StreamSink sink{1};
    if (const auto status = sink.append(std::as_bytes(std::span{text.data(), text.size()})); !status)
        fail(status.error());
}

void print_line(std::string_view line) { print(std::string{line}.append("\n")); }

std::string json_document(const Json& value) {
    // All text has been through json_text(); `replace` is for what was forgotten, since dump() throws otherwise.
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void print_json(const Json& value) { print(json_document(value)); }

std::unique_ptr<io::OutputFile> create_output(const std::string& path, bool overwrite) {
    auto file = io::OutputFile::create(path, overwrite ? io::Overwrite::allow : io::Overwrite::refuse);
    if (!file) throw stop_for_output(file.error(), path);
    return *std::move(file);
}

void commit_output(io::OutputFile& file, const std::string& path) {
    if (const auto status = file.commit(); !status) throw stop_for_output(status.error(), path);
}

Status StandardOutput::append(ByteView bytes) {
    if (const auto status = sink_.append(bytes); !status) fail(status.error());
    return Ok{};
}

}  // namespace copse::cli
