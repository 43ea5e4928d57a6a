// What docs/coming-from-rust.md quotes, group by group. Errors are thrown (`value()`): each piece is short.
#pragma once

#include <memory>
#include <string>

#include <copse/copse.hpp>
#include <copse/io.hpp>

/// A file with the source that its bytes come from.
struct Survey {
    std::unique_ptr<copse::wire::Source> source;
    std::shared_ptr<const copse::read::File> file;
};

/// Supplies a reader until it has something else to say; its failure is thrown.
copse::wire::Step drive(copse::wire::PullReader& reader, copse::wire::Source& source);
/// A tree with the pages of a region.
void load(copse::read::Tree& tree, copse::wire::Source& source, const copse::read::Region& region);

Survey open_survey(const std::string& path);                   // opening.cpp
std::uint64_t count_with_own_source(const std::string& path);  // opening.cpp
std::uint64_t count_with_coroutine(const std::string& path);   // opening.cpp
std::uint64_t look_at_hierarchy(const Survey& survey);         // hierarchy.cpp
std::uint64_t look_at_chunks(const Survey& survey);            // chunks.cpp
std::uint64_t ask_for_points(const Survey& survey);            // queries.cpp
std::uint64_t look_at_times(const Survey& survey);             // temporal.cpp
std::uint64_t share_between_threads(const std::string& path);  // threads.cpp
