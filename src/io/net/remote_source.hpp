// A remote object as a source of bytes.
#pragma once

#include "copse/io.hpp"
#include "io/memory_cache.hpp"
#include "io/net/disk_cache.hpp"
#include "io/net/range_transfer.hpp"

namespace copse::io::net {

class RemoteSource final : public wire::Source {
public:
    /// @param object its state is known
    /// @param disk   null: nothing is kept on disk
    /// @param head   the file's first bytes, which are not fetched again
    RemoteSource(Transfers& transfers, MemoryCache& memory, std::shared_ptr<CachedObject> disk,
                 std::shared_ptr<RemoteObject> object, Bytes head);
    ~RemoteSource() override;
    RemoteSource(const RemoteSource&) = delete;
    RemoteSource& operator=(const RemoteSource&) = delete;

    [[nodiscard]] std::uint64_t size() const override { return object_->state->size; }
    Status read_into(FileOffset offset, std::span<std::byte> out) override;
    [[nodiscard]] std::unique_ptr<wire::Fetch> fetch() override;
    [[nodiscard]] bool unchanged() const override { return !object_->changed; }

    /// Begins to fetch what is not at hand of a range.
    /// @param cuts where parts of it end that may land before the rest
    std::shared_ptr<RangeTransfer> start(ByteRange range, const std::shared_ptr<Inbox>& inbox,
                                         std::vector<FileOffset> cuts = {});
    /// Keeps what a transfer brought, when it has come whole.
    Result<wire::Arrival> receive(Landing landing);
    void cancel(const std::vector<std::shared_ptr<RangeTransfer>>& transfers);

private:
    ByteRange fill(ByteRange range, Bytes& out);
    ByteRange fill_from_disk(ByteRange wanted, ByteRange whole, Bytes& out);
    /// In memory and on disk, for whoever asks again.
    void keep(FileOffset at, ByteView fetched);

    Transfers& transfers_;
    MemoryCache& memory_;
    MemoryCache::Object memory_object_;
    std::shared_ptr<CachedObject> disk_;
    std::shared_ptr<RemoteObject> object_;
    Bytes head_;
};

}  // namespace copse::io::net
