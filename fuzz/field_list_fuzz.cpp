// A list of fields: any text, and any extra-byte descriptors. Whatever is accepted is a header line that is accepted
// again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "copse/write.hpp"
#include "text_about_points.hpp"

namespace {

using namespace copse;

void require(bool holds) {
    if (!holds) std::abort();
}

class TextSink final : public wire::Sink {
public:
    Status append(ByteView bytes) override {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return Ok{};
    }
    Status patch(FileOffset offset, ByteView) override { return Error{Code::io_failed, offset, "not a file", 0}; }
    [[nodiscard]] FileOffset position() const override { return text.size(); }
    std::string text;
};

std::string header_line(const las::ExtraSchema& extra, const std::vector<las::Field>& fields) {
    TextSink sink;
    require(write::make_csv_writer(sink, {}, extra, fields)->finish().has_value());
    sink.text.pop_back();  // the line end
    return sink.text;
}

void check_list(std::string_view list, const las::PointLayout& layout, const las::ExtraSchema& extra) {
    const auto fields = las::parse_fields(list, layout, extra);
    if (!fields) return require(fields.error().at <= list.size());
    const auto line = header_line(extra, *fields);
    const auto again = las::parse_fields(line, layout, extra);
    require(again.has_value() && again->size() == fields->size());
    for (std::size_t i = 0; i < fields->size(); ++i) require((*again)[i].name == (*fields)[i].name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [layout, extra, text] = fuzz::text_about_points(data, size);
    if (!extra) return 0;
    check_list(text, layout, *extra);
    check_list(header_line(*extra, las::fields_of(layout, *extra)), layout, *extra);
    return 0;
}
