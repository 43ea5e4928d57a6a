// How long the parts of a run took.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace copse::cli {

/// Seconds of each stage, in the order in which they were first entered. A stage entered again goes on counting.
class StageClock {
public:
    struct Stage {
        std::string name;
        double seconds = 0;
    };

    /// The time until the next call belongs to this stage.
    void enter(std::string_view stage);
    /// The time from now on belongs to none.
    void stop();
    [[nodiscard]] const std::vector<Stage>& stages() const { return stages_; }

private:
    using Clock = std::chrono::steady_clock;
    std::vector<Stage> stages_;
    std::size_t current_ = 0;
    bool running_ = false;
    Clock::time_point since_{};
};

}  // namespace copse::cli
