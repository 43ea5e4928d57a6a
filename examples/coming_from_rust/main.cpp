// Runs what docs/coming-from-rust.md quotes on a file, and fails unless every way finds all of its points.
// Usage: coming_from_rust FILE
#include <cstdio>
#include <exception>

#include "examples.hpp"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: coming_from_rust FILE\n");
        return 2;
    }
    const std::string path = argv[1];
    try {
        const auto survey = open_survey(path);
        const auto all = survey.file->header.point_count();
        int faults = 0;
        const auto expect = [&](const char* what, std::uint64_t points) {
            std::printf("%s: %llu points\n", what, static_cast<unsigned long long>(points));
            faults += points == all ? 0 : 1;
        };
        expect("own byte source", count_with_own_source(path));
        expect("own byte source of an event loop", count_with_coroutine(path));
        expect("hierarchy", look_at_hierarchy(survey));
        expect("chunks", look_at_chunks(survey));
        expect("query", ask_for_points(survey));
        expect("temporal index", look_at_times(survey));
        expect("threads", share_between_threads(path));
        return faults == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
