// The words of a condition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "copse/wire.hpp"
#include "filter/decimal.hpp"

namespace copse::filter {

enum class TokenKind : std::uint8_t {
    name,
    number,
    equal,
    unequal,
    less,
    less_equal,
    greater,
    greater_equal,
    word_and,
    word_or,
    word_not,
    word_in,
    open,
    close,
    comma,
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::size_t at = 0;  ///< in the text
    std::string name;
    Decimal number;  ///< refers to the text
};

/// Takes a text apart. The last token is `end`. An error's `at` is the position in the text.
Result<std::vector<Token>> split_tokens(std::string_view text);

}  // namespace copse::filter
