// One range of a remote object: asked for, judged, asked for again where that may help, and handed in.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "io/net/place.hpp"

namespace copse::io::net {

/// A file that is not longer is taken from servers that ignore ranges.
inline constexpr std::uint64_t kMostWhole = 65'536;

/// What all ranges of one object share.
struct RemoteObject {
    std::unique_ptr<Place> place;
    std::chrono::milliseconds timeout{};
    unsigned retries = 0;
    /// Set once, by the first answer.
    std::optional<ObjectState> state;
    std::atomic<bool> changed{false};
};

class RangeTransfer;

/// A range that has come, or a part of one.
struct Landing {
    std::shared_ptr<RangeTransfer> transfer;  ///< its result may be read at its last landing
    Bytes part;                               ///< for a transfer in parts: what follows the part before
    std::uint64_t given = 0;                  ///< bytes of the range in the parts before
    bool is_last = true;
};

/// Where ranges land; whoever waits for them is woken.
class Inbox {
public:
    void land(Landing landing);
    /// Waits until one has landed.
    Landing take();
    [[nodiscard]] bool empty() const;

private:
    mutable std::mutex mutex_;
    std::condition_variable landed_;
    std::deque<Landing> landings_;
};

class RangeTransfer final : public Transfer, public std::enable_shared_from_this<RangeTransfer> {
public:
    /// @param wanted  empty for nothing to be fetched
    /// @param present empty, or as large as `wanted`, with what was there of it already
    /// @param lacking the part of it that is to be fetched
    RangeTransfer(std::shared_ptr<RemoteObject> object, std::shared_ptr<Inbox> inbox, ByteRange wanted, Bytes present,
                  ByteRange lacking)
        : range{wanted},
          missing{lacking},
          bytes{std::move(present)},
          object_{std::move(object)},
          inbox_{std::move(inbox)} {}

    /// What is here lands at once, and what comes before the rest is here; it is not held besides: `bytes` is empty
    /// then.
    /// @param cuts where parts end besides the end of the range
    /// @pre can_land_in_parts(), and not begun
    void land_in_parts(std::vector<FileOffset> cuts);
    /// What is lacking is its end, and whatever comes later can be seen to be of the same object.
    [[nodiscard]] bool can_land_in_parts() const {
        return missing.size != 0 && missing.end() == range.end() && object_->state && object_->state->has_validator();
    }
    [[nodiscard]] bool lands_in_parts() const { return in_parts_; }
    /// Of `range`: how much was here before anything was fetched.
    [[nodiscard]] std::uint64_t present() const { return missing.offset - range.offset; }

    void begin(Clock::time_point now) override { deadline_ = now + object_->timeout; }
    HttpRequest request() override;
    [[nodiscard]] Clock::time_point deadline() const override { return deadline_; }
    bool take_head(const AnswerHead& head) override;
    bool take_body(ByteView body) override;
    std::optional<Clock::duration> finish(const Ending& ending) override;

    // The result, to be read by whoever took its last landing from the inbox.
    ByteRange range, missing;
    Bytes bytes;
    std::optional<Error> error;
    bool not_modified = false;  ///< the answer was 304: `bytes` is empty
    ObjectState state;          ///< what the answer says of the object

    /// Headers that make the request conditional.
    std::vector<std::string> conditions;

private:
    enum class Body : std::uint8_t { discard, range, whole };
    bool fail(const char* what, int status = 0);
    bool take_partial();
    bool make_room();
    bool fail_for_memory();
    bool take_whole();
    bool take_unsatisfiable();
    bool take_into_range(ByteView body);
    bool take_into_whole(ByteView body);
    bool take_into_part(ByteView body);
    void land_part(bool is_last);
    [[nodiscard]] std::uint64_t part_end() const;
    [[nodiscard]] ByteRange remaining() const { return {missing.offset + got_, missing.size - got_}; }
    [[nodiscard]] Error refusal(const char* what, int status = 0, int os_error = 0) const;
    std::optional<Clock::duration> land();
    std::optional<Clock::duration> land_error(const Error& fault);
    std::optional<Clock::duration> finish_answer();
    std::optional<Clock::duration> finish_redirect();
    std::optional<Clock::duration> finish_refusal();
    std::optional<Clock::duration> finish_broken(const Ending& ending);
    std::optional<Clock::duration> repeat(const Error& fault);

    std::shared_ptr<RemoteObject> object_;
    std::shared_ptr<Inbox> inbox_;
    Clock::time_point deadline_{};
    std::string url_;  // of the latest request
    AnswerHead head_;
    Body body_ = Body::discard;
    std::string refusal_text_;
    bool in_parts_ = false;
    Bytes part_;                   // what has come and not landed
    std::deque<FileOffset> cuts_;  // where this part and later ones end
    std::uint64_t got_ = 0;        // of `missing`
    std::uint64_t expected_ = 0;   // of this answer's body, counted from the start of `missing`
    std::uint64_t discarded_ = 0;
    unsigned repetitions_ = 0, redirections_ = 0;
    bool turned_ = false;
};

}  // namespace copse::io::net
