#include "filter/tokens.hpp"

#include <algorithm>
#include <array>

namespace copse::filter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

TokenKind kind_of_word(std::string_view word) {
    const auto is = [&](std::string_view wanted) {
        return std::equal(word.begin(), word.end(), wanted.begin(), wanted.end(),
                          [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
    };
    if (is("and")) return TokenKind::word_and;
    if (is("or")) return TokenKind::word_or;
    if (is("not")) return TokenKind::word_not;
    if (is("in")) return TokenKind::word_in;
    return TokenKind::name;
}

struct Sign {
    std::string_view text;
    TokenKind kind;
};
// Longer ones first.
constexpr std::array kSigns{
    Sign{"==", TokenKind::equal},         Sign{"!=", TokenKind::unequal},  Sign{"<=", TokenKind::less_equal},
    Sign{">=", TokenKind::greater_equal}, Sign{"&&", TokenKind::word_and}, Sign{"||", TokenKind::word_or},
    Sign{"<", TokenKind::less},           Sign{">", TokenKind::greater},   Sign{"!", TokenKind::word_not},
    Sign{"(", TokenKind::open},           Sign{")", TokenKind::close},     Sign{",", TokenKind::comma},
};

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_{text} {}

    Result<std::vector<Token>> run() {
        std::vector<Token> tokens;
        do {
            while (pos_ < text_.size() && is_space(text_[pos_])) ++pos_;
            auto token = next();
            if (!token) return token.error();
            tokens.push_back(*std::move(token));
        } while (tokens.back().kind != TokenKind::end);
        return tokens;
    }

private:
    Result<Token> next() {
        if (pos_ == text_.size()) return Token{TokenKind::end, pos_, {}, {}};
        const char c = text_[pos_];
        if (is_name_start(c)) return word();
        if (c == '"') return quoted_name();
        if (is_digit(c) || c == '.' || c == '-' || c == '+') return number();
        return sign();
    }

    Token word() {
        const auto start = pos_;
        while (pos_ < text_.size() && is_name_part(text_[pos_])) ++pos_;
        const auto name = text_.substr(start, pos_ - start);
        return {kind_of_word(name), start, std::string{name}, {}};
    }

    Result<Token> quoted_name() {
        Token token{TokenKind::name, pos_++, {}, {}};
        for (; pos_ < text_.size(); ++pos_) {
            if (text_[pos_] == '"') {
                ++pos_;
                const bool doubled = pos_ < text_.size() && text_[pos_] == '"';
                if (!doubled) return token;
            }
            token.name.push_back(text_[pos_]);
        }
        return fail(token.at, "a quoted name has no closing quote");
    }

    Result<Token> number() {
        Token token{TokenKind::number, pos_, {}, {}};
        const bool negative = text_[pos_] == '-';
        if (negative || text_[pos_] == '+') ++pos_;
        const auto number = Decimal::read(text_.substr(pos_));
        if (!number) return fail(token.at, "a sign or a point is not followed by a number");
        pos_ += number->size();
        if (pos_ < text_.size() && (is_name_part(text_[pos_]) || text_[pos_] == '.'))
            return fail(token.at, "not a decimal number");
        token.number = *number;
        if (negative) token.number.negate();
        return token;
    }

    Result<Token> sign() {
        const auto rest = text_.substr(pos_);
        if (rest.starts_with("<>")) return fail(pos_, "unequal is written !=");
        for (const auto& sign : kSigns) {
            if (!rest.starts_with(sign.text)) continue;
            const auto start = pos_;
            pos_ += sign.text.size();
            return Token{sign.kind, start, {}, {}};
        }
        if (rest.front() == '=') return fail(pos_, "equality is written ==");
        if (rest.front() == '&') return fail(pos_, "and is written && or and");
        if (rest.front() == '|') return fail(pos_, "or is written || or or");
        if (rest.front() == '\'') return fail(pos_, "names with special characters stand in double quotes");
        return fail(pos_,
                    "a character that is part of no condition; names with special characters stand in double quotes");
    }

    static Error fail(std::size_t at, const char* rule) { return {Code::bad_value, at, rule}; }

    std::string_view text_;
    std::size_t pos_ = 0;
};

}  // namespace

Result<std::vector<Token>> split_tokens(std::string_view text) { return Lexer{text}.run(); }

}  // namespace copse::filter
