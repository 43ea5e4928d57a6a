#include "http_source.hpp"

#include <algorithm>

using copse::ByteRange;
using copse::Bytes;
using copse::Code;
using copse::Error;
using copse::Result;

/// Its destruction cancels: a range that waits is forgotten, one that is being read costs its connection.
class HttpSource::JobTransfer final : public copse::async::Transfer {
public:
    explicit JobTransfer(std::shared_ptr<Job> job) : job_{std::move(job)} {}
    ~JobTransfer() override {
        job_->done = {};
        if (job_->connection) job_->connection->close();
    }

private:
    std::shared_ptr<Job> job_;
};

std::unique_ptr<copse::async::Transfer> HttpSource::start(ByteRange range, copse::async::Completion done) {
    auto job = std::make_shared<Job>(Job{range, std::move(done), nullptr});
    waiting_.push_back(job);
    if (!idle_.empty()) {
        const auto connection = std::move(idle_.back());
        idle_.pop_back();
        ++busy_;
        serve(connection);
    } else if (busy_ < max_connections_) {
        ++busy_;
        serve(std::make_shared<HttpConnection>(*context_, target_));
    }
    return std::make_unique<JobTransfer>(std::move(job));
}

void HttpSource::serve(const std::shared_ptr<HttpConnection>& connection) {
    std::erase_if(waiting_, [](const auto& job) { return !job->done; });
    if (waiting_.empty()) {
        --busy_;
        idle_.push_back(connection);
        return;
    }
    const auto job = waiting_.front();
    waiting_.pop_front();
    job->connection = connection;
    connection->get(job->range, [self = shared_from_this(), job](Result<HttpAnswer> answer) {
        auto bytes = self->judge(std::move(answer));
        const auto free = std::exchange(job->connection, nullptr);
        if (job->done) job->done(std::move(bytes));
        self->serve(free);
    });
}

/// A file that is replaced while it is read must not be mixed with the old one.
Result<Bytes> HttpSource::judge(Result<HttpAnswer> answer) {
    if (!answer) return answer.error();
    const bool first = !size_;
    if (!first && (*size_ != answer->file_size || etag_ != answer->etag))
        return Error{Code::io_failed, 0, "the file on the server was replaced while it was read"};
    size_ = answer->file_size;
    etag_ = answer->etag;
    return std::move(answer->bytes);
}
