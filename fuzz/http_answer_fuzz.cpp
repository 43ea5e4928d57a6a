// Heads of HTTP answers: any bytes are taken, and an answer that is accepted is the range that was asked for.
#include <cstdlib>
#include <string_view>

#include "io/http_answer.hpp"

using namespace copse;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
    io::AnswerHead head;
    while (!text.empty()) {
        const auto end = text.find('\n');
        head.take_line(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    require(head.status >= 0 && head.status <= 999);
    if (const auto pause = io::parse_retry_after(head.retry_after, 784'111'777))
        require(pause->count() >= 0 && pause->count() <= 86'400);

    const auto said = io::parse_content_range(head.content_range.value_or(""));
    if (said && said->range) {
        require(said->range->size > 0 && said->range->end() > said->range->offset);
        require(!said->total || said->range->end() <= *said->total);
    }
    for (const auto known : {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{1000}}) {
        const ByteRange asked{known ? 100u : 0u, 500};
        if (io::fault_of_partial(head, asked, known) != nullptr) continue;
        require(said && said->range && said->range->offset == asked.offset && said->range->size <= asked.size);
        require(!known || said->range->size == asked.size);
        require(!said->total || !known || *said->total == *known);
    }
    const auto state = io::state_of(head, 1);
    require(!state.etag.starts_with("W/"));
    require(io::same_object(state, head));
    require(io::meaning_of_status(head.status, true) != nullptr);
    return 0;
}
