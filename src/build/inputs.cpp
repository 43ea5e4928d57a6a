#include "build/inputs.hpp"

#include <algorithm>

#include "build/record_order.hpp"

namespace copse::build {
namespace {

std::uint64_t hash_records(const las::FileInfo& info) {
    Bytes text;
    for (const auto* list : {&info.vlrs, &info.evlrs})
        for (const auto& vlr : *list) {
            wire::ByteWriter out{text};
            out.fixed_string(vlr.user_id, 16);
            out.u16(vlr.record_id);
            out.fixed_string(vlr.description, 32);
            out.u64(record_hash(vlr.payload));
        }
    return record_hash(text);
}

Status open_one(const Input& input, const Options& options, OpenInput& out) {
    out.name = input.name;
    const las::OpenOptions how{las::Compatibility::restore, options.limits};
    if (input.open)
        out.open = [open = input.open, how] { return open(how); };
    else
        out.open = [source = input.source, how] { return laz::open(*source, how); };
    auto reader = out.open();
    if (!reader) return reader.error();
    out.reader = *std::move(reader);
    if (input.open) {
        las::encode_header(out.info().header, out.header_bytes);
    } else {
        const auto header_size = std::min<std::uint64_t>(las::kHeaderSize14, out.info().header.header_size);
        auto header = input.source->read({0, header_size});
        if (!header) return header.error();
        out.header_bytes = *std::move(header);
    }
    out.vlr_hash = hash_records(out.info());
    return Ok{};
}

/// Of a file that cannot be opened, as far as its header can be read.
std::uint64_t declared_points(const Input& input, const Options& options) {
    if (input.source == nullptr) return 0;
    const auto info = las::read_file_info(*input.source, {las::Compatibility::keep, options.limits});
    return info ? info->header.point_count() : 0;
}

bool ranks_before(const OpenInput& a, const OpenInput& b) {
    if (a.header_bytes != b.header_bytes) return a.header_bytes < b.header_bytes;
    if (a.info().file_size != b.info().file_size) return a.info().file_size < b.info().file_size;
    if (a.vlr_hash != b.vlr_hash) return a.vlr_hash < b.vlr_hash;
    return a.name < b.name;  // decides nothing in the output: only the order of sentences in the report
}

}  // namespace

MaybeFailure open_inputs(std::span<const Input> inputs, const Options& options, wire::Executor& executor,
                         std::vector<OpenInput>& out, std::vector<Skipped>& skipped) {
    std::vector<OpenInput> opened(inputs.size());
    std::vector<std::optional<Error>> errors(inputs.size());
    executor.for_each(inputs.size(), [&](std::size_t i) {
        if (const auto status = open_one(inputs[i], options, opened[i]); !status) errors[i] = status.error();
    });
    out.clear();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!errors[i])
            out.push_back(std::move(opened[i]));
        else if (options.skip_damaged && errors[i]->code != Code::io_failed)
            skipped.push_back({file_of(*errors[i], inputs[i].name), *errors[i], declared_points(inputs[i], options)});
        else
            return input_failure(inputs[i].name, *errors[i]);
    }
    if (out.empty() && !inputs.empty()) return input_failure(inputs.front().name, *errors.front());
    std::sort(out.begin(), out.end(), ranks_before);
    return std::nullopt;
}

std::uint64_t point_count(std::span<const OpenInput> inputs) {
    std::uint64_t sum = 0;
    for (const auto& input : inputs)
        if (input.reader) sum += input.point_count();
    return sum;
}

MaybeFailure reopen_sequences(std::span<OpenInput> inputs) {
    for (auto& input : inputs) {
        if (!input.reader->blocks().empty()) continue;
        auto reader = input.open();
        if (!reader) return input_failure(input.name, reader.error());
        input.reader = *std::move(reader);
    }
    return std::nullopt;
}

}  // namespace copse::build
