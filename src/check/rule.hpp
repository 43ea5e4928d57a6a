// A rule, and the judgement of a file by it.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "copse/check.hpp"

namespace copse::check {

struct Facts;

struct Rule {
    const char* id;                 // stable
    const char* sentence;           // what a file that obeys it is like
    const char* spec;               // specification and section title
    Verdict worst = Verdict::fail;  // warn: no breach of it is a failure
};

/// Gathers the breaches of one rule. The report names the worst kind, its first breach by file offset, and how many
/// more there are; texts are only made for a breach that is kept.
class Judgement {
public:
    template <class Text>
    void fail(FileOffset at, Code code, const Text& text) {
        note(failures_, at, code, text);
    }
    template <class Text>
    void warn(std::optional<FileOffset> at, const Text& text) {
        note(warnings_, at, Code::bad_value, text);
    }
    void fail(const Error& error) {
        fail(error.at, error.code, [&] { return std::string{error.what}; });
    }
    /// There is nothing to judge: no finding.
    void not_applicable() { applicable_ = false; }
    [[nodiscard]] bool applicable() const { return applicable_; }
    [[nodiscard]] Finding finding(const Rule& rule) const;

private:
    struct Breaches {
        std::uint64_t count = 0;
        std::optional<FileOffset> at;
        Code code = Code::bad_value;
        std::string text;
    };

    template <class Text>
    void note(Breaches& breaches, std::optional<FileOffset> at, Code code, const Text& text) {
        if (breaches.count++ > 0 && !(at < breaches.at)) return;
        breaches.at = at;
        breaches.code = code;
        if constexpr (std::is_convertible_v<Text, std::string>)
            breaches.text = text;
        else
            breaches.text = text();
    }

    Breaches failures_;
    Breaches warnings_;
    bool applicable_ = true;
};

struct JudgedRule {
    Rule rule;
    void (*judge)(const Facts&, Judgement&);
};

// In the order in which they are judged: what a reader needs first comes first, so that the first failure is the cause
// rather than a consequence.
std::span<const JudgedRule> identity_rules();  // is it LAS at all; always judged
std::span<const JudgedRule> header_rules();    // LAS; once there is a whole header
std::span<const JudgedRule> record_rules();    // LAS: VLRs and EVLRs
std::span<const JudgedRule> count_rules();     // LAS: counts, bounds, CRS
std::span<const JudgedRule> laz_rules();       // once there is a LASzip record, or should be
std::span<const JudgedRule> claim_rules();     // is it COPC
std::span<const JudgedRule> copc_rules();      // once it says it is COPC
std::span<const JudgedRule> hierarchy_rules();
std::span<const JudgedRule> temporal_rules();  // once there is a temporal index
std::span<const JudgedRule> point_rules();     // once points were decoded

}  // namespace copse::check
