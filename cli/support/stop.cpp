#include "support/stop.hpp"

#include <cerrno>
#include <system_error>

namespace copse::cli {

std::string rule_text(const Error& error) {
    std::string text = error.what;
    // Some rules say it all themselves.
    const bool self_explaining = error.os_error == EEXIST || error.os_error == EISDIR || error.os_error == ESPIPE;
    if (error.code == Code::io_failed && error.os_error != 0 && !self_explaining)
        text += ": " + std::generic_category().message(error.os_error);
    if (error.http_status != 0) text += " (HTTP " + std::to_string(error.http_status) + ")";
    return text;
}

Stop wrong_usage(std::string rule, std::string file) {
    Stop stop;
    stop.exit = Exit::usage;
    stop.file = std::move(file);
    stop.rule = std::move(rule);
    stop.code = "usage";
    return stop;
}

Stop stop_for(const Error& error, const std::string& file) {
    Stop stop;
    const bool failed = error.code == Code::io_failed;
    stop.exit = failed ? Exit::failed : Exit::bad_data;
    stop.file = file;
    // Where opening failed there is no place in the file to name.
    if (!failed || error.at != 0) stop.offset = error.at;
    stop.rule = rule_text(error);
    stop.code = to_string(error.code);
    return stop;
}

Stop stop_for_output(const Error& error, const std::string& file) {
    auto stop = stop_for(error, file);
    stop.offset.reset();
    if (error.os_error == EEXIST) return wrong_usage("the output exists already (--overwrite replaces it)", file);
    if (error.os_error == EISDIR || error.os_error == ESPIPE || error.os_error == ELOOP) stop.exit = Exit::usage;
    return stop;
}

}  // namespace copse::cli
