#include "io/net/range_transfer.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <exception>
#include <random>
#include <utility>

#include "io/text.hpp"

namespace copse::io::net {
namespace {

constexpr unsigned kMostRedirections = 8;
constexpr std::size_t kMostRefusalText = 8192;
// Bodies of refusals and redirections are read to their end, so that the connection can be kept, unless they are long.
constexpr std::uint64_t kMostDiscarded = 65'536;

constexpr const char* kIgnoresRanges = "the server ignores range requests: it sends the whole file";
constexpr const char* kChanged = "the file changed on the server while it was read";
constexpr const char* kTooLong = "the server sends more bytes than it said";

/// 0.2 s, doubled each time, of which a random part of at most half is left out: requests that failed together shall
/// not come back together.
Clock::duration back_off(unsigned repetition) {
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto longest = std::min(200.0 * static_cast<double>(1u << std::min(repetition, 10u)), 20'000.0);
    const auto share = std::uniform_real_distribution<>{0.5, 1.0}(random);
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>{longest * share});
}

/// What libcurl's code means, for people; whether asking again may help, at the first request of all too.
struct Meaning {
    const char* what;
    bool passing;
    bool passing_at_first;
};

Meaning meaning_of(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return {"the server's name cannot be resolved", true, false};
        case CURLE_COULDNT_RESOLVE_PROXY:
            return {"the proxy's name cannot be resolved", true, false};
        case CURLE_COULDNT_CONNECT:
            return {"no connection to the server", true, false};
        case CURLE_PEER_FAILED_VERIFICATION:
            return {"the server's certificate is not trusted", false, false};
        case CURLE_SSL_CACERT_BADFILE:
            return {"the file of trusted certificates cannot be read", false, false};
        case CURLE_SSL_CONNECT_ERROR:
            return {"no encrypted connection to the server", true, false};
        case CURLE_OPERATION_TIMEDOUT:
            return {"the server did not answer in time", true, true};
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return {"this is no http address", false, false};
        case CURLE_PROXY:
            return {"no connection through the proxy", true, false};
        case CURLE_OUT_OF_MEMORY:
        case CURLE_FAILED_INIT:
            return {"the transfer could not be set up", false, false};
        case CURLE_WEIRD_SERVER_REPLY:
            return {"what answers is no HTTP server", false, false};
        default:
            return {"the connection to the server broke off", true, true};
    }
}

}  // namespace

void Inbox::land(Landing landing) {
    {
        const std::lock_guard lock{mutex_};
        landings_.push_back(std::move(landing));
    }
    landed_.notify_one();
}

Landing Inbox::take() {
    std::unique_lock lock{mutex_};
    landed_.wait(lock, [&] { return !landings_.empty(); });
    auto landing = std::move(landings_.front());
    landings_.pop_front();
    return landing;
}

bool Inbox::empty() const {
    const std::lock_guard lock{mutex_};
    return landings_.empty();
}

HttpRequest RangeTransfer::request() {
    // What came of it before the connection broke off is kept if it can be seen that the rest is of the same object.
    if (!object_->state || !object_->state->has_validator()) got_ = 0;
    head_ = {};
    body_ = Body::discard;
    discarded_ = 0;
    refusal_text_.clear();
    auto request = object_->place->request(remaining());
    request.headers.insert(request.headers.end(), conditions.begin(), conditions.end());
    url_ = request.url;
    return request;
}

Error RangeTransfer::refusal(const char* what, int status, int os_error) const {
    return Error{Code::io_failed, missing.offset + got_, what, os_error, status};
}

bool RangeTransfer::fail(const char* what, int status) {
    error = refusal(what, status);
    if (what == kChanged) object_->changed = true;
    return false;
}

bool RangeTransfer::take_head(const AnswerHead& head) {
    head_ = head;
    switch (head.status) {
        case 206:
            return take_partial();
        case 200:
            return take_whole();
        case 416:
            return take_unsatisfiable();
        case 304:
            if (conditions.empty()) return fail(meaning_of_status(304, false), 304);
            not_modified = true;
            return true;
        default:
            return true;
    }
}

bool RangeTransfer::take_partial() {
    const auto& known = object_->state;
    const auto said = parse_content_range(head_.content_range.value_or(""));
    const bool other_size = known && said && said->total && *said->total != known->size;
    if (known && (other_size || !same_object(*known, head_))) return fail(kChanged, 206);
    const auto size = known ? std::optional{known->size} : std::nullopt;
    if (const auto* fault = fault_of_partial(head_, remaining(), size)) return fail(fault, 206);
    expected_ = got_ + said->range->size;
    if (!known) {
        // Where the total is not said, the answer is shorter than asked for, so that it ends at the file's end.
        state = state_of(head_, said->total.value_or(said->range->end()));
        range.size = missing.size = expected_;
    }
    body_ = Body::range;
    return make_room();
}

bool RangeTransfer::make_room() {
    if (in_parts_) return true;
    // Nothing may be thrown through libcurl.
    try {
        bytes.resize(static_cast<std::size_t>(range.size));
        return true;
    } catch (const std::exception&) {
        return fail_for_memory();
    }
}

bool RangeTransfer::fail_for_memory() {
    error = Error{Code::limit_exceeded, range.offset, "not enough memory for a range of the file"};
    return false;
}

bool RangeTransfer::take_whole() {
    const auto& known = object_->state;
    const auto length = head_.chunked ? 0 : head_.content_length.value_or(0);  // 0: not said, or nothing follows
    if (known) {
        const bool changed = !same_object(*known, head_) || (length != 0 && length != known->size);
        return fail(changed ? kChanged : kIgnoresRanges, 200);
    }
    if (!head_.content_encoding.empty() && !same_word(head_.content_encoding, "identity"))
        return fail("the server compresses the file (Content-Encoding), though asked not to", 200);
    if (length > kMostWhole) return fail(kIgnoresRanges, 200);
    got_ = 0;
    bytes.clear();
    body_ = Body::whole;
    return true;
}

bool RangeTransfer::take_unsatisfiable() {
    const auto said = parse_content_range(head_.content_range.value_or(""));
    if (object_->state) {
        const bool changed = said && said->total && *said->total != object_->state->size;
        return fail(changed ? kChanged : meaning_of_status(416, true), 416);
    }
    if (!said || said->total != 0) return fail(meaning_of_status(416, false), 416);
    state = state_of(head_, 0);
    range.size = missing.size = 0;
    return true;
}

bool RangeTransfer::take_body(ByteView body) {
    if (body_ == Body::range) return take_into_range(body);
    if (body_ == Body::whole) return take_into_whole(body);
    const auto* text = reinterpret_cast<const char*>(body.data());
    refusal_text_.append(text, std::min(body.size(), kMostRefusalText - refusal_text_.size()));
    discarded_ += body.size();
    return discarded_ <= kMostDiscarded;
}

bool RangeTransfer::take_into_range(ByteView body) {
    if (body.size() > expected_ - got_) return fail(kTooLong, 206);
    if (in_parts_) return take_into_part(body);
    const auto at = missing.offset - range.offset + got_;
    std::copy(body.begin(), body.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    got_ += body.size();
    return true;
}

void RangeTransfer::land_in_parts(std::vector<FileOffset> cuts) {
    in_parts_ = true;
    if (present() != 0) {
        bytes.resize(static_cast<std::size_t>(present()));
        inbox_->land({shared_from_this(), std::exchange(bytes, {}), 0, false});
    }
    auto end = missing.offset;
    for (const auto cut : cuts) {
        if (cut <= end || cut >= missing.end()) continue;
        cuts_.push_back(cut);
        end = cut;
    }
}

/// Of `missing`: where the part that comes ends.
std::uint64_t RangeTransfer::part_end() const {
    return cuts_.empty() ? missing.size : std::min(cuts_.front() - missing.offset, missing.size);
}

bool RangeTransfer::take_into_part(ByteView body) {
    // Nothing may be thrown through libcurl.
    try {
        while (!body.empty()) {
            const auto left = part_end() - got_;
            if (part_.empty()) part_.reserve(static_cast<std::size_t>(left));
            const auto taken = body.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, body.size())));
            part_.insert(part_.end(), taken.begin(), taken.end());
            got_ += taken.size();
            body = body.subspan(taken.size());
            // The last part lands with the end of the answer.
            if (got_ == part_end() && got_ < missing.size) land_part(false);
        }
        return true;
    } catch (const std::exception&) {
        return fail_for_memory();
    }
}

void RangeTransfer::land_part(bool is_last) {
    const auto given = present() + got_ - part_.size();
    while (!cuts_.empty() && cuts_.front() - missing.offset <= got_) cuts_.pop_front();
    inbox_->land({shared_from_this(), std::exchange(part_, {}), given, is_last});
}

bool RangeTransfer::take_into_whole(ByteView body) {
    if (body.size() > kMostWhole - got_) return fail(kIgnoresRanges, 200);
    bytes.insert(bytes.end(), body.begin(), body.end());
    got_ += body.size();
    return true;
}

std::optional<Clock::duration> RangeTransfer::finish(const Ending& ending) {
    if (cancelled()) return std::nullopt;
    if (error) return land();
    // A body that nobody wants may break off.
    const bool answered = ending.code == CURLE_OK || (head_.status != 0 && body_ == Body::discard && !not_modified);
    return answered ? finish_answer() : finish_broken(ending);
}

std::optional<Clock::duration> RangeTransfer::finish_answer() {
    if (body_ == Body::range) {
        if (got_ < expected_) return repeat(refusal("the server sends fewer bytes than it said", 206));
        return land();
    }
    if (body_ == Body::whole) {
        state = state_of(head_, got_);
        range.size = missing.size = got_;
        return land();
    }
    if (not_modified || head_.status == 416) return land();
    if (head_.is_redirect()) return finish_redirect();
    return finish_refusal();
}

std::optional<Clock::duration> RangeTransfer::finish_redirect() {
    if (object_->place->refused(url_, head_, refusal_text_) == Turn::again && !std::exchange(turned_, true))
        return Clock::duration::zero();
    if (++redirections_ > kMostRedirections)
        return land_error(refusal("the server redirects in circles", head_.status));
    if (const auto* fault = object_->place->redirect(url_, head_.location))
        return land_error(refusal(fault, head_.status));
    return Clock::duration::zero();
}

std::optional<Clock::duration> RangeTransfer::finish_refusal() {
    if (!turned_ && object_->place->refused(url_, head_, refusal_text_) == Turn::again) {
        turned_ = true;
        return Clock::duration::zero();
    }
    const auto* meaning = object_->place->meaning(head_, refusal_text_);
    if (meaning == nullptr) meaning = meaning_of_status(head_.status, object_->state.has_value());
    const auto fault = refusal(meaning, head_.status);
    return head_.is_passing() ? repeat(fault) : land_error(fault);
}

std::optional<Clock::duration> RangeTransfer::finish_broken(const Ending& ending) {
    const auto meaning = meaning_of(ending.code);
    const auto os_error = ending.code == CURLE_OPERATION_TIMEDOUT ? ETIMEDOUT : static_cast<int>(ending.os_error);
    const auto fault = refusal(meaning.what, 0, os_error);
    const bool passing = object_->state ? meaning.passing : meaning.passing_at_first;
    return passing ? repeat(fault) : land_error(fault);
}

std::optional<Clock::duration> RangeTransfer::repeat(const Error& fault) {
    if (repetitions_ == object_->retries) return land_error(fault);
    Clock::duration pause = back_off(repetitions_++);
    if (const auto asked = parse_retry_after(head_.retry_after, std::time(nullptr)))
        pause = std::max<Clock::duration>(pause, *asked);
    // A pause that takes the rest of the time is not worth waiting for.
    if (Clock::now() + pause >= deadline_) return land_error(fault);
    return pause;
}

std::optional<Clock::duration> RangeTransfer::land_error(const Error& fault) {
    error = fault;
    return land();
}

std::optional<Clock::duration> RangeTransfer::land() {
    land_part(true);
    return std::nullopt;
}

}  // namespace copse::io::net
