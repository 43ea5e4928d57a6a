#include "support/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "copse/io.hpp"
#include "support/console.hpp"

namespace copse::cli {
namespace {

/// What was ignored from the start stays so: `nohup`, and background jobs of a shell without job control.
bool is_ignored(int signal) {
    struct sigaction old{};
    return ::sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN;
}

[[noreturn]] void wait_and_leave(sigset_t signals) {
    int signal = 0;
    while (::sigwait(&signals, &signal) != 0) {
    }
    io::remove_unfinished_outputs();
    console().clear_bar();
    ::_exit(128 + signal);
}

}  // namespace

void handle_signals() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
    sigset_t signals;
    ::sigemptyset(&signals);
    bool any = false;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        if (is_ignored(signal)) continue;
        ::sigaddset(&signals, signal);
        any = true;
    }
    if (!any) return;
    // Blocked everywhere and awaited by one thread: that thread may take locks and touch files, a handler may not.
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread{wait_and_leave, signals}.detach();
}

}  // namespace copse::cli
