// Why a verb ends early, and with which exit status.
#pragma once

#include <exception>
#include <optional>
#include <string>

#include "copse/wire.hpp"

namespace copse::cli {

/// Exit statuses, as scripts rely on them.
enum class Exit : int {
    done = 0,
    bad_data = 1,  ///< the data are bad, or a check failed
    usage = 2,     ///< the command is wrong
    failed = 3,    ///< a file, server or disk failed
};

/// Thrown to end a verb; `main` prints it as `copse: FILE: offset N: RULE`.
class Stop : public std::exception {
public:
    Exit exit = Exit::usage;
    std::string file;                  ///< as the user named it; empty if no file is concerned
    std::optional<FileOffset> offset;  ///< of the first wrong byte, where the content is wrong
    std::string rule;
    std::string code;       ///< stable word: of `copse::Code`, or "usage"
    bool reported = false;  ///< the verb has printed its JSON already

    [[nodiscard]] const char* what() const noexcept override { return rule.c_str(); }
};

/// The command is wrong.
[[nodiscard]] Stop wrong_usage(std::string rule, std::string file = {});
/// An error of the library about a file. io_failed is exit 3 and carries the system's message, everything else is
/// exit 1.
[[nodiscard]] Stop stop_for(const Error& error, const std::string& file);
/// An error when an output is made: one that exists, or is a folder or a device, is a wrong command.
[[nodiscard]] Stop stop_for_output(const Error& error, const std::string& file);
/// Standard output was closed by its reader, which is no fault: ends the verb quietly with 0.
class OutputClosed {};

/// The value of a result, or a Stop.
template <class T>
T checked(Result<T> result, const std::string& file) {
    if (!result) throw stop_for(result.error(), file);
    return *std::move(result);
}
inline void check(const Status& status, const std::string& file) {
    if (!status) throw stop_for(status.error(), file);
}

/// The rule of an error, with the system's own message where it has one.
[[nodiscard]] std::string rule_text(const Error& error);

}  // namespace copse::cli
