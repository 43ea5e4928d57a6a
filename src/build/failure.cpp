#include "build/failure.hpp"

#include <fmt/format.h>

#include <cstring>

namespace copse::build {
namespace {

std::string with_reason(std::string text, const Error& error) {
    if (error.os_error != 0) text += fmt::format(": {}", std::strerror(error.os_error));
    return text;
}

}  // namespace

Failure input_failure(const std::string& input, const Error& error) {
    const auto file = file_of(error, input);
    const bool io = error.code == Code::io_failed;
    auto message = with_reason(fmt::format("{}: offset {}: {}", file, error.at, error.what), error);
    return {io ? FailureKind::io : FailureKind::bad_data, file, error, std::move(message)};
}

Failure request_failure(std::string message, const std::string& file) {
    return {FailureKind::bad_request, file, {Code::bad_value, 0, "the request cannot be met"}, std::move(message)};
}

Failure output_failure(const Error& error) {
    const bool io = error.code == Code::io_failed;
    return {io ? FailureKind::io : FailureKind::bad_data,
            {},
            error,
            with_reason(fmt::format("the output cannot be written: offset {}: {}", error.at, error.what), error)};
}

Failure memory_failure(std::uint64_t points) {
    return {FailureKind::io,
            {},
            {Code::limit_exceeded, 0, "the memory does not suffice"},
            fmt::format("the memory does not suffice for {} points", points)};
}

Failure stopped_failure() {
    return {FailureKind::stopped, {}, {Code::io_failed, 0, "stopped on request"}, "stopped on request"};
}

std::string list_names(std::span<const std::string> names) {
    if (names.empty()) return {};
    if (names.size() == 1) return names[0];
    if (names.size() == 2) return fmt::format("{} and {}", names[0], names[1]);
    return fmt::format("{} and {} others", names[0], names.size() - 1);
}

}  // namespace copse::build
