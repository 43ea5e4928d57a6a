#include "build/time_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace copse::build {
namespace {

constexpr double kWeekSeconds = 604800;

bool declared_adjusted(const OpenInput& input) {
    return las::declared_gps_time_kind(input.info().header) == las::GpsTimeKind::adjusted_standard;
}

/// Times that are all zero, as of formats 0 and 2, say nothing about their type.
bool has_times(const InputFacts& facts) {
    return facts.time_min <= facts.time_max && (facts.time_min != 0 || facts.time_max != 0);
}

bool beyond_a_week(const InputFacts& facts) {
    return std::max(std::abs(facts.time_min), std::abs(facts.time_max)) > kWeekSeconds;
}

/// GPS weeks in which the inputs were created; the times themselves cannot tell.
std::set<long> creation_weeks(std::span<const OpenInput> inputs, std::span<const InputFacts> facts) {
    std::set<long> weeks;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto& header = inputs[i].info().header;
        if (!has_times(facts[i]) || header.creation_year == 0 || header.creation_day == 0) continue;
        const long year = header.creation_year - 1L;
        const long day = year * 365 + year / 4 - year / 100 + year / 400 + header.creation_day;
        constexpr long kSunday = 0;  // day 0 of this count is a Sunday, as is the first day of a GPS week
        weeks.insert((day - kSunday) / 7);
    }
    return weeks;
}

const char* to_text(las::GpsTimeKind kind) {
    return kind == las::GpsTimeKind::week_seconds ? "week seconds" : "adjusted standard time";
}

class TimeRules {
public:
    TimeRules(std::span<const OpenInput> inputs, std::span<const InputFacts> facts, const Options& options,
              TimePlan& out)
        : inputs_{inputs}, facts_{facts}, options_{options}, out_{out} {}

    MaybeFailure run() {
        measure();
        if (auto failure = choose_kind()) return failure;
        return choose_index();
    }

private:
    void measure() {
        InputFacts all;
        for (const auto& facts : facts_) all.include(facts);
        out_.non_finite = all.non_finite_times;
        any_infinite_ = all.infinite_times != 0;
        any_finite_ = all.time_min <= all.time_max;
        if (!any_finite_) return;
        out_.min = all.time_min;
        out_.max = all.time_max;
    }

    [[nodiscard]] las::GpsTimeKind kind_of(std::size_t i) const {
        return declared_adjusted(inputs_[i]) || beyond_a_week(facts_[i]) ? las::GpsTimeKind::adjusted_standard
                                                                         : las::GpsTimeKind::week_seconds;
    }

    MaybeFailure choose_kind() {
        std::optional<std::size_t> first;
        std::vector<std::string> guessed;
        bool all_declared = true, any_declared = false;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (!has_times(facts_[i])) continue;
            all_declared = all_declared && declared_adjusted(inputs_[i]);
            any_declared = any_declared || declared_adjusted(inputs_[i]);
            if (!declared_adjusted(inputs_[i]) && beyond_a_week(facts_[i])) guessed.push_back(inputs_[i].name);
            if (first && kind_of(*first) != kind_of(i) && !options_.gps_time)
                return request_failure(
                    fmt::format("the GPS times of {} are {}, those of {} are {}: say which with --gps-time",
                                inputs_[*first].name, to_text(kind_of(*first)), inputs_[i].name, to_text(kind_of(i))));
            if (!first) first = i;
        }
        if (options_.gps_time) {
            kind_ = *options_.gps_time;
            out_.adjusted_bit = kind_ == las::GpsTimeKind::adjusted_standard;
            return std::nullopt;
        }
        if (!first) {
            out_.adjusted_bit = std::any_of(inputs_.begin(), inputs_.end(), declared_adjusted);
            return std::nullopt;
        }
        kind_ = kind_of(*first);
        out_.adjusted_bit = any_declared;
        if (!guessed.empty())
            out_.warnings.push_back(
                fmt::format("the GPS times of {} are marked as week seconds but lie beyond a week: read as "
                            "adjusted standard time{}",
                            list_names(guessed), any_declared && !all_declared ? ", and marked so" : ""));
        return std::nullopt;
    }

    MaybeFailure choose_index() {
        const bool any_time_field = std::any_of(inputs_.begin(), inputs_.end(), [](const OpenInput& input) {
            return las::has_gps_time(input.info().layout.format);
        });
        if (options_.temporal_index == TemporalIndex::never) return std::nullopt;
        const bool any_points =
            std::any_of(facts_.begin(), facts_.end(), [](const InputFacts& facts) { return facts.points != 0; });
        if (!any_points) return std::nullopt;
        if (options_.temporal_index == TemporalIndex::always) {
            if (!any_time_field)
                return request_failure(fmt::format("no temporal index can be made: the points of {} have no GPS times",
                                                   inputs_.front().name));
            out_.index = true;
            return std::nullopt;
        }
        out_.index = any_finite_ && (out_.min < out_.max || any_infinite_);
        if (out_.index && kind_ == las::GpsTimeKind::week_seconds && creation_weeks(inputs_, facts_).size() > 1) {
            out_.index = false;
            out_.warnings.emplace_back(
                "the GPS times are seconds of more than one week, as the files' dates tell: no temporal index is made "
                "unless asked for");
        }
        return std::nullopt;
    }

    std::span<const OpenInput> inputs_;
    std::span<const InputFacts> facts_;
    const Options& options_;
    TimePlan& out_;
    las::GpsTimeKind kind_ = las::GpsTimeKind::week_seconds;
    bool any_finite_ = false;
    bool any_infinite_ = false;
};

}  // namespace

MaybeFailure plan_times(std::span<const OpenInput> inputs, std::span<const InputFacts> facts, const Options& options,
                        TimePlan& out) {
    return TimeRules{inputs, facts, options, out}.run();
}

}  // namespace copse::build
