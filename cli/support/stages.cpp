#include "support/stages.hpp"

#include <algorithm>

namespace copse::cli {

void StageClock::enter(std::string_view stage) {
    if (running_ && stages_[current_].name == stage) return;
    stop();
    const auto found = std::find_if(stages_.begin(), stages_.end(), [&](const auto& s) { return s.name == stage; });
    current_ = static_cast<std::size_t>(found - stages_.begin());
    if (found == stages_.end()) stages_.push_back({std::string{stage}});
    running_ = true;
}

void StageClock::stop() {
    const auto now = Clock::now();
    if (running_) stages_[current_].seconds += std::chrono::duration<double>(now - since_).count();
    since_ = now;
    running_ = false;
}

}  // namespace copse::cli
