#include "ept/hierarchy.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "ept/files.hpp"

namespace copse::ept {
namespace {

using Json = nlohmann::json;

/// Takes a page event by event: a page may be large, and nothing else than a flat object is taken.
class PageHandler final : public nlohmann::json_sax<Json> {
public:
    explicit PageHandler(const wire::Limits& limits) : limits_{limits} {}

    bool start_object(std::size_t) override {
        if (inside_) return refuse(kNoCount);
        inside_ = true;
        return true;
    }
    bool end_object() override { return true; }
    bool key(string_t& text) override {
        const auto found = parse_key(text);
        if (!found) return refuse("a key of the hierarchy is not the name of a node: depth-x-y-z");
        key_ = *found;
        return true;
    }
    bool number_integer(number_integer_t count) override { return add(count); }
    bool number_unsigned(number_unsigned_t count) override {
        return count > kMostPoints ? refuse("a node of the hierarchy has more points than there can be")
                                   : add(static_cast<std::int64_t>(count));
    }
    bool null() override { return refuse(kNoCount); }
    bool boolean(bool) override { return refuse(kNoCount); }
    bool number_float(number_float_t, const string_t&) override { return refuse(kNoCount); }
    bool string(string_t&) override { return refuse(kNoCount); }
    bool binary(binary_t&) override { return refuse(kNoCount); }
    bool start_array(std::size_t) override { return refuse(kNoCount); }
    bool end_array() override { return true; }
    bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
        error = {Code::bad_value, position, "the page of the hierarchy is not JSON"};
        return false;
    }

    std::vector<PageEntry> entries;
    Error error;

private:
    static constexpr const char* kNoCount = "a page of the hierarchy must be one object of whole numbers";
    /// The sum over all nodes stays far from 64 bits.
    static constexpr number_unsigned_t kMostPoints = 0x7fffffff;

    bool refuse(const char* what) {
        error = {Code::bad_value, 0, what};
        return false;
    }

    bool add(std::int64_t count) {
        if (!inside_) return refuse(kNoCount);
        if (count < kSubtree) return refuse("a number of points in the hierarchy is below -1");
        if (entries.size() >= limits_.max_chunks) {
            error = {Code::limit_exceeded, 0, "a page of the hierarchy has too many nodes"};
            return false;
        }
        entries.push_back({key_, count});
        return true;
    }

    const wire::Limits& limits_;
    bool inside_ = false;
    Key key_;
};

class HierarchyLoad {
public:
    HierarchyLoad(wire::Folder& folder, const wire::Limits& limits) : folder_{folder}, limits_{limits} {}

    Result<std::vector<Node>> run() {
        std::vector<Key> waiting{Key{}};
        pages_.insert(Key{});
        while (!waiting.empty()) {
            const auto key = waiting.back();
            waiting.pop_back();
            const auto name = "ept-hierarchy/" + to_text(key) + ".json";
            if (const auto status = load(name, waiting); !status) return status.error().in_part(name);
        }
        std::sort(nodes_.begin(), nodes_.end(), [](const Node& a, const Node& b) { return a.key < b.key; });
        return std::move(nodes_);
    }

private:
    Status load(const std::string& name, std::vector<Key>& waiting) {
        const auto json = read_file(folder_, name, std::min(limits_.max_page_bytes, limits_.max_pages_bytes - bytes_));
        if (!json) return json.error();
        bytes_ += json->size();
        const auto entries = parse_page(*json, limits_);
        if (!entries) return entries.error();
        for (const auto& entry : *entries) {
            if (entry.count == kSubtree) {
                if (!pages_.insert(entry.key).second)
                    return Error{Code::bad_value, 0, "the page leads to one that was read already"};
                waiting.push_back(entry.key);
            } else if (const auto added = add(entry); !added) {
                return added;
            }
        }
        return Ok{};
    }

    Status add(const PageEntry& entry) {
        if (!seen_.insert(entry.key).second)
            return Error{Code::bad_value, 0, "a node of the hierarchy is listed twice"};
        if (seen_.size() > limits_.max_chunks)
            return Error{Code::limit_exceeded, 0, "the hierarchy has too many nodes"};
        if (entry.count > 0) nodes_.push_back({entry.key, static_cast<std::uint64_t>(entry.count)});
        return Ok{};
    }

    wire::Folder& folder_;
    const wire::Limits& limits_;
    std::uint64_t bytes_ = 0;
    std::set<Key> pages_, seen_;
    std::vector<Node> nodes_;
};

}  // namespace

Result<std::vector<PageEntry>> parse_page(ByteView json, const wire::Limits& limits) {
    PageHandler handler{limits};
    const auto* text = reinterpret_cast<const char*>(json.data());
    if (!Json::sax_parse(text, text + json.size(), &handler)) return handler.error;
    return std::move(handler.entries);
}

Result<std::vector<Node>> load_hierarchy(wire::Folder& folder, const wire::Limits& limits) {
    return HierarchyLoad{folder, limits}.run();
}

}  // namespace copse::ept
