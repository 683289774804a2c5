#include "workloads/servers/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "workloads/base/child_exit.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/servers/server_directory.hpp"

namespace crossover {
namespace {

using server_maker = std::function<std::unique_ptr<workload_server>(const std::string&)>;

void send_message(const std::string& message) {
  (void)!::send(3, message.data(), message.size(), MSG_NOSIGNAL);
}

/// Waits until the parent is done with the server, or one of the server's processes has ended or is
/// stopped. Reports the latter to the parent.
void wait_for_parent_or_failure() {
  sigset_t child_signal;
  ::sigemptyset(&child_signal);
  ::sigaddset(&child_signal, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_signal, nullptr);
  const descriptor signals(::signalfd(-1, &child_signal, SFD_CLOEXEC));
  for (;;) {
    siginfo_t child{};
    if (::waitid(P_ALL, 0, &child, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 && child.si_pid > 0)
      return send_message("-a process of the server " +
                          describe_exit(child.si_code, child.si_status));
    pollfd watched[2] = {{3, POLLIN, 0}, {signals.get(), POLLIN, 0}};
    ::poll(watched, 2, -1);
    if (watched[0].revents != 0) return;
    signalfd_siginfo ignored;
    if (watched[1].revents != 0) (void)!::read(signals.get(), &ignored, sizeof ignored);
  }
}

/// Ends what the server has left. Processes whose parents have ended are children of this one. They
/// get time to end by themselves, because a killed PostgreSQL leaves its shared memory.
void end_children() {
  for (;;) {
    std::ifstream children("/proc/thread-self/children");
    pid_t child = 0;
    if (!(children >> child)) return;
    if (wait_for_exit(child, std::chrono::seconds(2))) continue;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
}

/// Main function of the supervisor process. `parent_fd` is its only connection to the parent; end
/// of file means that the parent is done with the server or has exited.
[[noreturn]] void supervise(server_directory& directory, int parent_fd,
                            const server_maker& make_server) {
  // Signals meant for the parent, for example Ctrl-C at a terminal, must not prevent the cleanup.
  ::setsid();
  ::umask(077);  // the server's files are private, as their directory is
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_PDEATHSIG, SIGCONT);  // to clean up, even if it is stopped
  const int null_fd = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null_fd, fd);
  // Above the numbers 3 and 4, which they get.
  const int parent_copy = ::fcntl(parent_fd, F_DUPFD, 5);
  const int lock_copy = ::fcntl(directory.lock(), F_DUPFD, 5);
  ::dup3(parent_copy, 3, O_CLOEXEC);
  ::dup3(lock_copy, 4, O_CLOEXEC);
  ::syscall(SYS_close_range, 5U, ~0U, 0U);
  std::unique_ptr<workload_server> server;
  try {
    server = make_server(directory.path());
    send_message("+" + server->endpoint());
    wait_for_parent_or_failure();
  } catch (const std::exception& e) {
    send_message(std::string("-") + e.what());
  }
  server.reset();
  end_children();
  directory.remove();
  ::_exit(0);
}

class supervised_server final : public workload_server {
 public:
  explicit supervised_server(const server_maker& make_server) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
      throw system_failure(error_kind::resource,
                           "cannot create a socket for the server's supervisor process", errno);
    supervisor_fd_.reset(pair[0]);
    descriptor parent_fd(pair[1]);
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) supervise(directory_, parent_fd.get(), make_server);
    if (pid_ < 0)
      throw system_failure(error_kind::resource, "cannot fork the server's supervisor process",
                           errno);
    parent_fd.reset();
    const std::string message = receive();
    if (message.starts_with('+')) {
      endpoint_ = message.substr(1);
      return;
    }
    end();
    throw failure_in(message);
  }
  ~supervised_server() override { end(); }

  std::string endpoint() const override { return endpoint_; }
  int failure_descriptor() const override { return supervisor_fd_.get(); }
  void throw_failure() override { throw failure_in(receive()); }

 private:
  std::string receive() {
    std::string message(4096, '\0');
    const ssize_t n = ::recv(supervisor_fd_.get(), message.data(), message.size(), 0);
    message.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return message;
  }
  static error failure_in(const std::string& message) {
    return {error_kind::failed,
            message.empty() ? "the server's supervisor process was killed" : message.substr(1)};
  }
  void end() {
    supervisor_fd_.reset();
    if (pid_ > 0) ::kill(pid_, SIGCONT);  // if it is stopped
    while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  server_directory directory_;  ///< removed here only if the supervisor was killed
  std::string endpoint_;
  descriptor supervisor_fd_;
  pid_t pid_ = -1;
};

}  // namespace

std::unique_ptr<workload_server> start_supervised(const server_maker& make_server) {
  return std::make_unique<supervised_server>(make_server);
}

}  // namespace crossover
