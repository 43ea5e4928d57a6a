// Small verbs for tests of the validator: judge bytes, find a finding, damage a field.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "check/small_copc.hpp"
#include "copse/check.hpp"
#include "copse/io.hpp"

namespace copse::test {

inline check::Report judge(ByteView bytes, bool deep = true) {
    // An exact-size copy lets AddressSanitizer catch a one-byte overread.
    io::MemorySource source{Bytes{bytes.begin(), bytes.end()}};
    wire::SerialExecutor executor;
    check::Options options;
    options.deep = deep;
    return check::validate(source, options, executor);
}

inline const check::Finding* find(const check::Report& report, std::string_view id) {
    for (const auto& finding : report.findings)
        if (finding.id == id) return &finding;
    return nullptr;
}

/// Everything that is not a pass, for failure messages.
inline std::string complaints(const check::Report& report) {
    std::string text;
    for (const auto& finding : report.findings) {
        if (finding.verdict == check::Verdict::pass) continue;
        text += std::string{check::to_string(finding.verdict)} + " " + finding.id + " @" +
                (finding.offset ? std::to_string(*finding.offset) : "-") + ": " + finding.info + "\n";
    }
    return text;
}

template <class T>
void put(Bytes& bytes, FileOffset at, T value) {
    ASSERT_LE(at + sizeof value, bytes.size());
    wire::store_le<T>(bytes.data() + at, value);
}

template <class T>
T get(const Bytes& bytes, FileOffset at) {
    return wire::load_le<T>(bytes.data() + at);
}

}  // namespace copse::test
