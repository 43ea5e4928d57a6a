#include "copse/check.hpp"

#include <algorithm>

#include "check/facts.hpp"
#include "check/rule.hpp"

namespace copse::check {

namespace {

void judge(std::span<const JudgedRule> rules, const Facts& facts, Report& report) {
    for (const auto& judged : rules) {
        Judgement judgement;
        judged.judge(facts, judgement);
        if (judgement.applicable()) report.findings.push_back(judgement.finding(judged.rule));
    }
}

void judge_all(const Facts& facts, Report& report) {
    judge(identity_rules(), facts, report);
    if (!facts.header_whole) return;
    judge(header_rules(), facts, report);
    judge(record_rules(), facts, report);
    judge(claim_rules(), facts, report);
    if (facts.claims_copc || facts.laz.record != nullptr || facts.header.marked_compressed())
        judge(laz_rules(), facts, report);
    if (facts.claims_copc) {
        judge(copc_rules(), facts, report);
        judge(hierarchy_rules(), facts, report);
    }
    if (facts.temporal) judge(temporal_rules(), facts, report);
    judge(count_rules(), facts, report);
    if (facts.points) judge(point_rules(), facts, report);
}

}  // namespace

const char* to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass:
            return "pass";
        case Verdict::warn:
            return "warn";
        case Verdict::fail:
            return "fail";
    }
    return "unknown";
}

Verdict Report::verdict() const {
    auto worst = Verdict::pass;
    for (const auto& finding : findings) worst = std::max(worst, finding.verdict);
    return worst;
}

const Finding* Report::first_failure() const {
    const auto at = std::find_if(findings.begin(), findings.end(),
                                 [](const Finding& finding) { return finding.verdict == Verdict::fail; });
    return at == findings.end() ? nullptr : &*at;
}

Report validate(wire::Source& source, const Options& options, wire::Executor& executor) {
    Facts facts;
    facts.limits = options.limits;
    load_las(source, facts);
    load_laz(source, facts);
    load_hierarchy(source, facts);
    load_temporal(source, facts);
    if (options.deep) load_points(source, options, executor, facts);

    Report report;
    report.io_error = facts.io_error;
    if (!facts.io_error) judge_all(facts, report);
    return report;
}

}  // namespace copse::check
