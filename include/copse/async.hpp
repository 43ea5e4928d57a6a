// The same readers as C++20 coroutines: `co_await reader.next()` on any event loop. No I/O and no threads here either:
// the host brings a ByteSource and an Executor.
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "copse/read.hpp"
#include "copse/wire.hpp"

namespace copse::async {

// ---- what the host brings -------------------------------------------------------------------------------------------

/// Runs functions, one after the other and never two at a time: an event loop, a strand of a thread pool. Everything of
/// this header but `ByteSource` completions, `cancel` and `Loop::post` is used from its functions, or before it runs.
class Executor {
public:
    virtual ~Executor() = default;
    /// Puts a function behind those that wait. Called from any thread. It must not run the function before it returns.
    virtual void post(std::function<void()> work) = 0;
};

/// A range that a source is reading. Destroying it cancels the transfer, if it has not ended.
class Transfer {
public:
    virtual ~Transfer() = default;
};

/// The bytes of a range; fewer than asked for means that the file ends there.
using Completion = std::function<void(Result<Bytes>)>;

/// Random access to a file's bytes as an event loop has it.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Size of the whole file. May be unknown (nullopt) until the first range has come.
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
    /// Begins to read a range and does not wait. What is asked for in one go is to be under way together, begun in the
    /// order of the calls: a source that allows itself fewer transfers at a time queues the others.
    /// Called, as the destructor of what it returns, on the executor.
    /// @param done to be called once, from any thread, also before `start` returns. After the transfer was destroyed it
    ///             may be called or not: it is ignored then.
    /// @return what is destroyed to cancel; nullptr if there is nothing to cancel
    virtual std::unique_ptr<Transfer> start(ByteRange range, Completion done) = 0;
};

/// A blocking source as a byte source: each range is read, and complete, when `start` returns. For tests, and for bytes
/// that are at hand. The source must outlive it.
class BlockingByteSource final : public ByteSource {
public:
    explicit BlockingByteSource(wire::Source& source) : source_{&source} {}
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return source_->size(); }
    std::unique_ptr<Transfer> start(ByteRange range, Completion done) override;

private:
    wire::Source* source_;
};

// ---- tasks ----------------------------------------------------------------------------------------------------------

template <class T>
class Task;

namespace detail {

/// How far task and awaiting coroutine have come; whichever is second goes on with the awaiting one.
enum class Meeting : std::uint8_t { none, awaited, finished };

struct PromiseBase {
    std::coroutine_handle<> continuation;
    std::atomic<Meeting> meeting{Meeting::none};

    struct FinalAwaiter {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> task) const noexcept {
            auto& promise = task.promise();
            // Read first: once `finished` can be seen, another thread may destroy the task.
            const auto next = promise.continuation;
            if (promise.meeting.exchange(Meeting::finished, std::memory_order_acq_rel) == Meeting::awaited) return next;
            return std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }
};

template <class T>
struct Promise : PromiseBase {
    std::variant<std::monostate, T, std::exception_ptr> outcome;

    Task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& value) {
        outcome.template emplace<1>(std::forward<U>(value));
    }
    void unhandled_exception() noexcept { outcome.template emplace<2>(std::current_exception()); }
    T take() {
        if (outcome.index() == 2) std::rethrow_exception(std::get<2>(outcome));
        return std::move(std::get<1>(outcome));
    }
};

template <>
struct Promise<void> : PromiseBase {
    std::exception_ptr failure;

    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { failure = std::current_exception(); }
    void take() const {
        if (failure) std::rethrow_exception(failure);
    }
};

}  // namespace detail

/// A coroutine that begins when it is awaited and is awaited once. It owns the coroutine: destroying a task that waits
/// for something destroys its locals, and with them what it waits for; nothing resumes it afterwards.
/// When a task ends, its awaiter goes on in its place (symmetric transfer); one that ends without waiting returns to it
/// as a function does. So a loop over tasks needs no stack, however many of them end at once.
template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) : handle_{handle} {}
    Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, {});
        }
        return *this;
    }
    ~Task() { reset(); }

    class Awaiter {
    public:
        explicit Awaiter(Handle task) : task_{task} {}
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> awaiting) {
            const auto task = task_;
            task.promise().continuation = awaiting;
            task.resume();
            // Not ended: from here on another thread may resume, and destroy, both.
            return task.promise().meeting.exchange(detail::Meeting::awaited, std::memory_order_acq_rel) !=
                   detail::Meeting::finished;
        }
        T await_resume() { return task_.promise().take(); }

    private:
        Handle task_;
    };
    /// @pre not awaited before
    Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

    // For code that is no coroutine and starts a task by itself (`Loop::run`).
    void resume() { handle_.resume(); }
    [[nodiscard]] bool done() const { return handle_.done(); }
    /// @pre done()
    T take() { return handle_.promise().take(); }

private:
    void reset() {
        if (handle_) handle_.destroy();
        handle_ = {};
    }
    Handle handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
    return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> detail::Promise<void>::get_return_object() noexcept {
    return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}

/// A task that runs by itself on an executor, see `start`. Destroying it destroys the task wherever it waits, and what
/// it was to hand over is not handed over. Not to be destroyed by the task itself.
class [[nodiscard]] Running {
public:
    Running() = default;
    explicit Running(std::shared_ptr<Task<void>> root) : root_{std::move(root)} {}
    /// The task has come to its end.
    [[nodiscard]] bool done() const { return !root_ || root_->done(); }

private:
    std::shared_ptr<Task<void>> root_;
};

namespace detail {
using Root = std::shared_ptr<std::weak_ptr<Task<void>>>;

/// `use` is posted, so that it runs when the coroutine is at its end and may be destroyed.
template <class T>
Task<void> run_root(Executor& executor, Task<T> task, std::function<void(T)> use, Root self) {
    std::shared_ptr<T> value;
    try {
        value = std::make_shared<T>(co_await std::move(task));
    } catch (...) {
        std::terminate();  // nobody is there to catch it
    }
    executor.post([value, use = std::move(use), root = *self] {
        if (!root.expired()) use(std::move(*value));
    });
}
}  // namespace detail

/// Begins a task in a function posted to the executor; its result is handed to `use` in a further one, which may
/// destroy the `Running`. An exception that leaves the task ends the program.
template <class T>
Running start(Executor& executor, Task<T> task, std::type_identity_t<std::function<void(T)>> use) {
    const auto self = std::make_shared<std::weak_ptr<Task<void>>>();
    auto root = std::make_shared<Task<void>>(detail::run_root<T>(executor, std::move(task), std::move(use), self));
    *self = root;
    executor.post([weak = *self] {
        if (const auto alive = weak.lock()) alive->resume();
    });
    return Running{std::move(root)};
}

/// The simplest executor: runs functions in the thread that calls `run`. For tests, examples and small programs.
class Loop final : public Executor {
public:
    void post(std::function<void()> work) override;
    /// Runs functions until none waits. Returns how many it ran.
    std::size_t run_ready();
    /// Runs a task to its end, and whatever else is posted until then; waits while there is nothing to run.
    template <class T>
    T run(Task<T> task) {
        task.resume();
        while (!task.done()) run_one();
        return task.take();
    }

private:
    void run_one();
    std::mutex mutex_;
    std::condition_variable posted_;
    std::deque<std::function<void()>> work_;
};

// ---- readers --------------------------------------------------------------------------------------------------------

struct Traffic {
    std::uint64_t requests = 0;  ///< ranges that came
    std::uint64_t bytes = 0;
    std::uint64_t rounds = 0;  ///< times that ranges were asked for while nothing was under way
};

/// Whether an error says that a reader was cancelled: io_failed with ECANCELED.
[[nodiscard]] bool is_cancelled(const Error& error);

namespace detail {
class Core;
}

/// Drives any reader without I/O. Ranges stay under way, and new ones are begun, between two calls of `run`, while the
/// host uses what it got; the reader goes on as soon as any has come.
class Pump {
public:
    /// `executor` and `reader` must outlive the pump and its tasks.
    Pump(wire::PullReader& reader, std::shared_ptr<ByteSource> source, Executor& executor);
    /// Cancels.
    ~Pump();
    Pump(Pump&&) noexcept;
    Pump& operator=(Pump&&) = delete;

    /// Until the reader has something other than hunger: chunk_ready, done, or failed (`reader.error()` says why). An
    /// error of the source comes back as Error and is final. One at a time: a second one, while another waits, is an
    /// error. A task that is destroyed while it waits takes nothing with it: the next one goes on.
    [[nodiscard]] Task<Result<wire::Step>> run();
    /// Ranges under way are cancelled, and a `run` that waits ends with an error, as do all later ones; see
    /// `is_cancelled`. From any thread, as long as the pump is there.
    void cancel();
    [[nodiscard]] const Traffic& traffic() const;

private:
    std::shared_ptr<detail::Core> core_;
};

/// Opens a COPC file, in two rounds as `read::Opening` does. Destroying the task cancels.
/// Errors: of the file; of the source; a source that does not know the size of the file after its first range.
[[nodiscard]] Task<Result<std::shared_ptr<const read::File>>> open(std::shared_ptr<ByteSource> source,
                                                                   Executor& executor, wire::Limits limits = {},
                                                                   read::OpenFor purpose = read::OpenFor::anything);

/// The answer to a question, chunk by chunk: `read::Query` with its ranges under way while the caller uses a chunk.
class QueryReader {
public:
    /// `executor` must outlive the reader and its tasks.
    QueryReader(std::shared_ptr<ByteSource> source, Executor& executor, std::shared_ptr<const read::File> file,
                read::Request request, wire::Limits limits = {});
    /// Cancels. A task of `next` may outlive the reader; it then ends with the error of `cancel`.
    ~QueryReader();
    QueryReader(QueryReader&&) noexcept;
    QueryReader& operator=(QueryReader&&) = delete;

    /// The next chunk, or nullopt at the end. See `Pump::run` for the rules, and `read::Query` for order and meaning.
    [[nodiscard]] Task<Result<std::optional<read::Chunk>>> next();
    /// See `Pump::cancel`.
    void cancel();

    /// As `read::Query::set_read_ahead` and `set_executor` (which decodes on several threads); before the first `next`.
    void set_read_ahead(std::uint64_t bytes);
    void decode_with(wire::Executor& executor);
    /// As `read::Query::plan`: there once the first chunk is.
    [[nodiscard]] const std::optional<read::Plan>& plan() const;
    [[nodiscard]] const read::Statistics& statistics() const;
    [[nodiscard]] std::span<const std::string> warnings() const;
    [[nodiscard]] const Traffic& traffic() const;

private:
    std::shared_ptr<read::Query> query_;
    std::shared_ptr<detail::Core> core_;
};

}  // namespace copse::async
