#include "check/rule.hpp"

#include <fmt/format.h>

#include <cassert>

namespace copse::check {

Finding Judgement::finding(const Rule& rule) const {
    Finding finding;
    finding.id = rule.id;
    finding.description = rule.sentence;
    finding.spec = rule.spec;
    if (failures_.count == 0 && warnings_.count == 0) return finding;

    assert(failures_.count == 0 || rule.worst == Verdict::fail);
    const auto& worst = failures_.count > 0 ? failures_ : warnings_;
    finding.verdict = failures_.count > 0 ? Verdict::fail : Verdict::warn;
    finding.offset = worst.at;
    finding.code = worst.code;
    finding.info = worst.text;
    if (worst.count > 1) finding.info += fmt::format(" (and {} more)", worst.count - 1);
    return finding;
}

}  // namespace copse::check
