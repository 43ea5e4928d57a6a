#include <array>
#include <optional>
#include <string_view>

#include "copse/write.hpp"
#include "write/number_text.hpp"
#include "write/row_pieces.hpp"

namespace copse::write {
namespace {

struct Column {
    std::optional<las::Dimension> standard;
    las::ExtraNumber extra;
};

struct Axis {
    double scale = 1;
    double offset = 0;
    int decimals = 0;
};

std::uint64_t load_bits(const las::Points& points, const las::ExtraNumber& value, std::size_t row) {
    std::uint64_t bits = 0;
    for (unsigned byte = 0; byte < value.size; ++byte)
        bits |= std::uint64_t{points.extra[value.first_byte + byte][row]} << (8 * byte);
    return bits;
}

void append_extra(const las::Points& points, const las::ExtraNumber& value, std::size_t row, TextBuffer& out) {
    las::visit_extra_type(value.type, [&](auto zero) {
        const auto number = las::number_of_bits<decltype(zero)>(load_bits(points, value, row));
        if (value.scaled) return append_shortest(static_cast<double>(number) * value.scale + value.offset, out);
        append_shortest(number, out);
    });
}

/// RFC 4180: a name with a comma, quote or line end stands in quotes.
void append_name(std::string_view name, TextBuffer& out) {
    // Spaces at the ends too: `parse_fields` would trim them.
    const bool plain = name.find_first_of(",\"\r\n") == std::string_view::npos && !name.empty() &&
                       name.front() != ' ' && name.back() != ' ';
    if (plain) {
        out.append(name);
        return;
    }
    out.push_back('"');
    for (const char c : name) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
}

class CsvWriter final : public RowPieces<TextBuffer> {
public:
    CsvWriter(wire::Sink& sink, const las::Header& header, const las::ExtraSchema& extra,
              const std::vector<las::Field>& fields)
        : RowPieces{sink} {
        for (std::size_t axis = 0; axis < 3; ++axis)
            axes_[axis] = {header.scale[axis], header.offset[axis], decimals_of(header.scale[axis])};
        for (const auto& field : fields) {
            if (!columns_.empty()) names_.push_back(',');
            append_name(field.name, names_);
            Column column;
            column.standard = field.dimension;
            if (!field.dimension)
                column.extra =
                    las::extra_number(extra.dimensions[static_cast<std::size_t>(field.extra_index)], field.element);
            columns_.push_back(column);
        }
        names_.push_back('\n');
    }

    Status end() override {
        write_names();
        return RowPieces::end();
    }

    Status finish() override {
        write_names();
        return status();
    }

    [[nodiscard]] std::uint64_t point_count() const override { return count_; }

private:
    void render(const las::Points& points, std::size_t first, std::size_t last, TextBuffer& out) const override {
        for (auto row = first; row < last; ++row) append_row(points, row, out);
    }

    void written(const las::Points& points) override { count_ += points.size(); }

    /// The header line, once. Not before there is something to say: what fails until then leaves nothing behind.
    void write_names() {
        if (names_.size() == 0 || !status()) return;
        set_status(sink().append(std::as_bytes(std::span{names_.data(), names_.size()})));
        names_.clear();
    }

    void append_row(const las::Points& points, std::size_t row, TextBuffer& out) const {
        bool first = true;
        for (const auto& column : columns_) {
            if (!first) out.push_back(',');
            first = false;
            if (column.standard)
                append_standard(points, *column.standard, row, out);
            else
                append_extra(points, column.extra, row, out);
        }
        out.push_back('\n');
    }

    static void append_coordinate(std::int32_t raw, const Axis& axis, TextBuffer& out) {
        // Multiplied and added as two rounded operations, as laspy and PDAL do.
        append_fixed(raw * axis.scale + axis.offset, axis.decimals, out);
    }

    static void append_integer(std::int64_t value, TextBuffer& out) {
        const fmt::format_int text{value};
        out.append(text.data(), text.data() + text.size());
    }

    static void append_scan_angle(std::int16_t angle, bool extended, TextBuffer& out) {
        // Units of 0.006 degrees; a division by 1000 is rounded once and prints short, a product with 0.006 twice.
        if (extended) return append_shortest(angle * 6 / 1000.0, out);
        append_integer(angle, out);
    }

    void append_standard(const las::Points& points, las::Dimension dimension, std::size_t row, TextBuffer& out) const {
        const auto flag = [&](unsigned bit) { append_integer(points.flags[row] >> bit & 1u, out); };
        using las::Dimension;
        switch (dimension) {
            case Dimension::x:
                return append_coordinate(points.x[row], axes_[0], out);
            case Dimension::y:
                return append_coordinate(points.y[row], axes_[1], out);
            case Dimension::z:
                return append_coordinate(points.z[row], axes_[2], out);
            case Dimension::intensity:
                return append_integer(points.intensity[row], out);
            case Dimension::return_number:
                return append_integer(points.return_number(row), out);
            case Dimension::number_of_returns:
                return append_integer(points.number_of_returns(row), out);
            case Dimension::scan_direction_flag:
                return flag(4);
            case Dimension::edge_of_flight_line:
                return flag(5);
            case Dimension::classification:
                return append_integer(points.classification[row], out);
            case Dimension::synthetic:
                return flag(0);
            case Dimension::key_point:
                return flag(1);
            case Dimension::withheld:
                return flag(2);
            case Dimension::overlap:
                return flag(3);
            case Dimension::scanner_channel:
                return append_integer(points.channel[row], out);
            case Dimension::scan_angle:
                return append_scan_angle(points.scan_angle[row], las::is_extended(points.layout.format), out);
            case Dimension::user_data:
                return append_integer(points.user_data[row], out);
            case Dimension::point_source_id:
                return append_integer(points.point_source_id[row], out);
            case Dimension::gps_time:
                return append_gps_time(points.gps_time[row], out);
            case Dimension::red:
                return append_integer(points.red[row], out);
            case Dimension::green:
                return append_integer(points.green[row], out);
            case Dimension::blue:
                return append_integer(points.blue[row], out);
            case Dimension::infrared:
                return append_integer(points.nir[row], out);
        }
    }

    std::array<Axis, 3> axes_;
    std::vector<Column> columns_;
    TextBuffer names_;
    std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<PointWriter> make_csv_writer(wire::Sink& sink, const las::Header& header, const las::ExtraSchema& extra,
                                             std::vector<las::Field> fields) {
    return std::make_unique<CsvWriter>(sink, header, extra, fields);
}

}  // namespace copse::write
