#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "copse/read.hpp"
#include "read/intake.hpp"
#include "read/page_walk.hpp"

namespace copse::read {
namespace {

/// Breadth-first; a node with points before an empty entry of the same key.
bool comes_before(const copc::Entry& a, const copc::Entry& b) {
    if (a.key != b.key) return a.key < b.key;
    return a.point_count > b.point_count;
}

std::vector<Node> collect_nodes(const PageWalk& walk) {
    auto entries = walk.nodes();
    std::sort(entries.begin(), entries.end(), comes_before);
    std::vector<Node> nodes;
    nodes.reserve(entries.size());
    for (const auto& entry : entries) {
        if (!nodes.empty() && nodes.back().entry.key == entry.key) continue;
        Node node;
        node.entry = entry;
        if (const auto* times = walk.find_times(entry.key)) {
            node.samples = times->samples;
            node.samples_at = times->at;
        }
        nodes.push_back(std::move(node));
    }
    return nodes;
}

}  // namespace

struct HierarchyLoad::State {
    std::shared_ptr<const File> file;
    PageWalk walk;
    Intake intake;
    std::optional<Error> failure;
    bool taken = false;

    State(std::shared_ptr<const File> opened, bool with_samples, const wire::Limits& limits)
        : file{std::move(opened)},
          walk{*file, PageFilter{{}, nullptr, copc::kMaxLevel, std::nullopt, with_samples}, limits} {
        if (const auto status = walk.start(); !status)
            fail(status.error());
        else
            ask();
    }

    void fail(const Error& error) {
        failure = error;
        intake.clear();
    }
    void ask() {
        if (walk.index_fault()) return fail(*walk.index_fault());
        walk.ask(intake);
    }
    void take_pages() {
        if (const auto status = walk.absorb(intake); !status) return fail(status.error());
        ask();
    }
};

HierarchyLoad::HierarchyLoad(std::shared_ptr<const File> file, bool with_samples, wire::Limits limits)
    : state_{std::make_unique<State>(std::move(file), with_samples, limits)} {}
HierarchyLoad::~HierarchyLoad() = default;
HierarchyLoad::HierarchyLoad(HierarchyLoad&&) noexcept = default;
HierarchyLoad& HierarchyLoad::operator=(HierarchyLoad&&) noexcept = default;

wire::Step HierarchyLoad::step() {
    auto& state = *state_;
    while (!state.failure && !state.intake.hungry() && state.walk.wants_pages()) state.take_pages();
    if (state.failure) return wire::Step::failed;
    if (state.intake.hungry()) return wire::Step::need_bytes;
    return state.taken ? wire::Step::done : wire::Step::chunk_ready;
}

std::vector<ByteRange> HierarchyLoad::wanted() const { return state_->intake.missing(); }

void HierarchyLoad::supply(ByteRange range, ByteView bytes) {
    if (state_->failure) return;
    if (const auto status = state_->intake.supply(range, bytes); !status) state_->fail(status.error());
}

const Error& HierarchyLoad::error() const {
    assert(state_->failure);
    return *state_->failure;
}

std::vector<Node> HierarchyLoad::take_nodes() {
    assert(!state_->taken);
    state_->taken = true;
    return collect_nodes(state_->walk);
}

}  // namespace copse::read
