// The validator over whole files, every point decoded. Whatever the bytes: it returns, says the same twice, and names
// an offset within the file; and a file that it does not fail is one that the reader opens and whose hierarchy it
// loads.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "copse/check.hpp"
#include "copse/io.hpp"
#include "copse/read.hpp"

namespace {

void require(bool held) {
    if (!held) std::abort();
}

bool same(const copse::check::Finding& a, const copse::check::Finding& b) {
    return a.id == b.id && a.verdict == b.verdict && a.offset == b.offset && a.info == b.info;
}

void require_readable(copse::wire::Source& source) {
    copse::read::Opening opening{source.size()};
    const auto opened = copse::io::pump(opening, source);
    require(opened && *opened == copse::wire::Step::chunk_ready);
    copse::read::HierarchyLoad load{opening.take_file(), true};
    const auto loaded = copse::io::pump(load, source);
    require(loaded && *loaded == copse::wire::Step::chunk_ready);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    copse::io::MemorySource source{std::as_bytes(std::span{data, size})};
    copse::wire::SerialExecutor executor;
    copse::check::Options options;
    options.deep = true;
    const auto report = copse::check::validate(source, options, executor);
    require(!report.io_error);
    require(!report.findings.empty());
    for (const auto& finding : report.findings) {
        if (finding.verdict == copse::check::Verdict::fail) require(finding.offset.has_value());
        if (finding.offset) require(*finding.offset <= size);
    }
    const auto again = copse::check::validate(source, options, executor);
    require(
        std::equal(report.findings.begin(), report.findings.end(), again.findings.begin(), again.findings.end(), same));
    if (report.verdict() != copse::check::Verdict::fail) require_readable(source);
    return 0;
}
