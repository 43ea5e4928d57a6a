// A query that shows how far it is.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "copse/read.hpp"
#include "support/progress.hpp"

namespace copse::cli {

/// Hands everything on to the query, and its progress to the bar: chunks decoded, of those that the plan has. Both must
/// outlive it.
class WatchedQuery final : public wire::PullReader {
public:
    WatchedQuery(read::Query& query, Progress& progress) : query_{query}, progress_{progress} {}

    wire::Step step() override {
        const auto next = query_.step();
        if (query_.plan() && query_.plan()->requests != 0) show(query_.plan()->nodes);
        return next;
    }
    [[nodiscard]] std::vector<ByteRange> wanted() const override { return query_.wanted(); }
    void supply(ByteRange range, ByteView bytes) override { query_.supply(range, bytes); }
    void hand_over(ByteRange range, Bytes bytes) override { query_.hand_over(range, std::move(bytes)); }
    [[nodiscard]] std::vector<FileOffset> cuts(ByteRange range) const override { return query_.cuts(range); }
    [[nodiscard]] const Error& error() const override { return query_.error(); }

private:
    /// A plan made anew, without an index that turned out wrong, may have fewer chunks than were decoded before.
    void show(std::uint64_t chunks) {
        progress_.update("read", std::min(query_.statistics().chunks_decoded, chunks), chunks);
    }

    read::Query& query_;
    Progress& progress_;
};

}  // namespace copse::cli
