#include "ept/record_stream.hpp"

namespace copse::ept {
namespace {

class BinaryStream final : public RecordStream {
public:
    explicit BinaryStream(std::unique_ptr<wire::Source> source) : source_{std::move(source)} {}

    Status read(std::span<std::byte> out) override {
        const auto status = source_->read_into(at_, out);
        at_ += out.size();
        return status;
    }

    Status expect_end() override {
        if (at_ == source_->size()) return Ok{};
        return Error{Code::trailing_bytes, at_, "the tile holds more points than the hierarchy says"};
    }

private:
    std::unique_ptr<wire::Source> source_;
    FileOffset at_ = 0;
};

}  // namespace

std::unique_ptr<RecordStream> make_binary_stream(std::unique_ptr<wire::Source> source) {
    return std::make_unique<BinaryStream>(std::move(source));
}

}  // namespace copse::ept
