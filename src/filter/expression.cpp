#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "copse/filter.hpp"
#include "filter/comparison.hpp"
#include "filter/tokens.hpp"

namespace copse::filter {

struct Expression::Node {
    enum class Kind : std::uint8_t { test, all, any, none };
    Kind kind = Kind::test;
    std::unique_ptr<const Test> test;
    std::vector<Node> children;  ///< of `none` exactly one
};

namespace {

using Node = Expression::Node;

constexpr unsigned kMostDepth = 100;

// ---- parsing --------------------------------------------------------------------------------------------------------

std::optional<Comparison> comparison_of(TokenKind kind) {
    switch (kind) {
        case TokenKind::equal:
            return Comparison::equal;
        case TokenKind::unequal:
            return Comparison::unequal;
        case TokenKind::less:
            return Comparison::less;
        case TokenKind::less_equal:
            return Comparison::less_equal;
        case TokenKind::greater:
            return Comparison::greater;
        case TokenKind::greater_equal:
            return Comparison::greater_equal;
        default:
            return std::nullopt;
    }
}

Node leaf(std::unique_ptr<const Test> test) {
    Node node;
    node.test = std::move(test);
    return node;
}

Node opposite(Node child) {
    Node node;
    node.kind = Node::Kind::none;
    node.children.push_back(std::move(child));
    return node;
}

class Parser {
public:
    Parser(std::vector<Token> tokens, const las::Header& header, const las::PointLayout& layout,
           const las::ExtraSchema& extra)
        : tokens_{std::move(tokens)},
          header_{&header},
          layout_{&layout},
          extra_{&extra},
          fields_{las::fields_of(layout, extra)} {}

    Result<Node> parse() {
        if (here().kind == TokenKind::end) return fail("the condition is empty");
        auto node = parse_any();
        if (!node || here().kind == TokenKind::end) return node;
        return fail(why_unexpected());
    }
    [[nodiscard]] las::ColumnSet columns() const { return columns_; }

private:
    Result<Node> parse_any() {
        return parse_chain(TokenKind::word_or, Node::Kind::any, [this] { return parse_all(); });
    }
    Result<Node> parse_all() {
        return parse_chain(TokenKind::word_and, Node::Kind::all, [this] { return parse_not(); });
    }

    /// One or more items with a word between them.
    template <class Item>
    Result<Node> parse_chain(TokenKind between, Node::Kind kind, Item item) {
        auto first = item();
        if (!first || here().kind != between) return first;
        Node chain;
        chain.kind = kind;
        chain.children.push_back(*std::move(first));
        while (take(between)) {
            auto next = item();
            if (!next) return next;
            chain.children.push_back(*std::move(next));
        }
        return chain;
    }

    Result<Node> parse_not() {
        if (here().kind != TokenKind::word_not && here().kind != TokenKind::open) return parse_comparison();
        if (depth_ == kMostDepth) return fail("a condition nested more than 100 deep");
        ++depth_;
        auto node = take(TokenKind::word_not) ? parse_negated() : parse_group();
        --depth_;
        return node;
    }
    Result<Node> parse_negated() {
        auto node = parse_not();
        if (!node) return node;
        return opposite(*std::move(node));
    }
    Result<Node> parse_group() {
        take(TokenKind::open);
        auto node = parse_any();
        if (!node || take(TokenKind::close)) return node;
        if (here().kind == TokenKind::end) return fail("a closing parenthesis is missing");
        return fail(why_unexpected());
    }

    Result<Node> parse_comparison() {
        const auto& left = here();
        if (left.kind != TokenKind::name && left.kind != TokenKind::number)
            return fail(left.kind == TokenKind::end ? "the condition ends where a name or number is expected"
                                                    : "a name or a number is expected here");
        advance();
        const bool is_negated = here().kind == TokenKind::word_not && after().kind == TokenKind::word_in;
        if (is_negated || here().kind == TokenKind::word_in) return parse_list(left, is_negated);
        const auto comparison = comparison_of(here().kind);
        if (!comparison) return parse_lone(left);

        advance();
        const auto& right = here();
        if (right.kind != TokenKind::name && right.kind != TokenKind::number)
            return fail("a name or a number is expected behind a comparison");
        advance();
        if (comparison_of(here().kind)) return fail("comparisons cannot be chained: join two of them with and");
        return compare(left, *comparison, right);
    }

    Result<Node> compare(const Token& left, Comparison comparison, const Token& right) {
        if (left.kind == TokenKind::number && right.kind == TokenKind::number)
            return Error{Code::bad_value, left.at, "a comparison of two numbers; one side must be a name"};
        if (left.kind == TokenKind::number) return compare(right, mirrored(comparison), left);

        const auto field = find(left);
        if (!field) return field.error();
        if (right.kind == TokenKind::number) return leaf(compare_with_number(*field, comparison, right.number));
        const auto other = find(right);
        if (!other) return other.error();
        return leaf(compare_fields(*field, comparison, *other));
    }

    Result<Node> parse_lone(const Token& token) {
        if (token.kind == TokenKind::number) return Error{Code::bad_value, token.at, "a number alone is no condition"};
        const auto field = find(token);
        if (!field) return field.error();
        if (here().kind == TokenKind::number || here().kind == TokenKind::name)
            return fail("a comparison such as == is missing");
        return leaf(compare_with_number(*field, Comparison::unequal, *Decimal::read("0")));
    }

    Result<Node> parse_list(const Token& name, bool is_negated) {
        if (name.kind != TokenKind::name) return Error{Code::bad_value, name.at, "a name is expected in front of in"};
        const auto field = find(name);
        if (!field) return field.error();
        if (is_negated) advance();
        advance();
        if (!take(TokenKind::open)) return fail("a list of numbers in parentheses is expected behind in");
        std::vector<Decimal> numbers;
        do {
            if (here().kind != TokenKind::number) return fail("a number is expected in a list");
            numbers.push_back(here().number);
            advance();
        } while (take(TokenKind::comma));
        if (!take(TokenKind::close)) return fail("a comma or a closing parenthesis is missing in a list");
        auto node = leaf(find_in_list(*field, numbers));
        if (is_negated) return opposite(std::move(node));
        return node;
    }

    Result<FieldValues> find(const Token& name) {
        const auto found =
            std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.name == name.name; });
        if (found == fields_.end()) return Error{Code::bad_value, name.at, las::kUnknownField};
        columns_ = columns_ | found->columns;
        return FieldValues{*found, *header_, *layout_, *extra_};
    }

    [[nodiscard]] const char* why_unexpected() const {
        if (here().kind == TokenKind::close) return "a closing parenthesis without an opening one";
        return "and, or, or the end of the condition is expected here";
    }

    [[nodiscard]] const Token& here() const { return tokens_[next_]; }
    [[nodiscard]] const Token& after() const { return tokens_[std::min(next_ + 1, tokens_.size() - 1)]; }
    void advance() {
        if (next_ + 1 < tokens_.size()) ++next_;
    }
    bool take(TokenKind kind) {
        if (here().kind != kind) return false;
        advance();
        return true;
    }
    [[nodiscard]] Error fail(const char* rule) const { return {Code::bad_value, here().at, rule}; }

    std::vector<Token> tokens_;
    const las::Header* header_;
    const las::PointLayout* layout_;
    const las::ExtraSchema* extra_;
    std::vector<las::Field> fields_;
    std::size_t next_ = 0;
    unsigned depth_ = 0;
    las::ColumnSet columns_;
};

// ---- evaluation -----------------------------------------------------------------------------------------------------

/// Masks that a node needs besides the one it fills: one for each level below it.
std::size_t height_of(const Node& node) {
    std::size_t height = 0;
    for (const auto& child : node.children) height = std::max(height, height_of(child));
    return height + (node.children.size() > 1 ? 1 : 0);
}

/// @param spare kBlockRows bytes for each level of the node's height
void evaluate(const Node& node, const Block& block, std::uint8_t* mask, std::uint8_t* spare) {
    const auto count = block.rows.size();
    if (node.kind == Node::Kind::test) return node.test->run(block, mask);

    evaluate(node.children.front(), block, mask, spare);
    if (node.kind == Node::Kind::none) {
        for (std::size_t i = 0; i < count; ++i) mask[i] ^= 1;
        return;
    }
    const bool is_all = node.kind == Node::Kind::all;
    const std::uint8_t undecided = is_all ? 1 : 0;
    for (std::size_t child = 1; child < node.children.size(); ++child) {
        // Nothing that comes later could change the answer.
        if (std::find(mask, mask + count, undecided) == mask + count) return;
        evaluate(node.children[child], block, spare, spare + kBlockRows);
        for (std::size_t i = 0; i < count; ++i) mask[i] = is_all ? mask[i] & spare[i] : mask[i] | spare[i];
    }
}

}  // namespace

Result<Expression> Expression::parse(std::string_view text, const las::Header& header, const las::PointLayout& layout,
                                     const las::ExtraSchema& extra) {
    auto tokens = split_tokens(text);
    if (!tokens) return tokens.error();
    Parser parser{*std::move(tokens), header, layout, extra};
    auto root = parser.parse();
    if (!root) return root.error();
    return Expression{std::make_shared<const Node>(*std::move(root)), parser.columns()};
}

las::ColumnSet Expression::columns() const { return columns_; }

void Expression::keep_matching(const las::Points& points, std::vector<std::uint32_t>& rows) const {
    assert(rows.empty() || rows.back() < points.size());
    std::vector<std::uint8_t> masks((height_of(*root_) + 1) * kBlockRows);
    std::size_t kept = 0;
    for (std::size_t first = 0; first < rows.size(); first += kBlockRows) {
        const auto count = std::min(kBlockRows, rows.size() - first);
        evaluate(*root_, {&points, {rows.data() + first, count}}, masks.data(), masks.data() + kBlockRows);
        // Rows move to the front only, past those that were looked at.
        for (std::size_t i = 0; i < count; ++i) {
            rows[kept] = rows[first + i];
            kept += masks[i];
        }
    }
    rows.resize(kept);
}

}  // namespace copse::filter
