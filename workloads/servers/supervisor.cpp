#include "workloads/servers/supervisor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "workloads/endpoint.hpp"

namespace crossover {
namespace {

using server_maker = std::function<std::unique_ptr<workload_server>(const std::string&)>;

std::string make_directory() {
  const char* temporary = std::getenv("TMPDIR");
  const std::string parent = temporary != nullptr && *temporary != '\0' ? temporary : "/tmp";
  std::string path = parent + "/crossover-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    const error e = system_failure(error_kind::failed, "cannot create a directory", errno);
    throw error(e.kind(), fmt::format("{}: {}; set TMPDIR to a writable one", parent, e.what()));
  }
  return path;
}

void remove_directory(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

/// Main function of the supervisor process. `parent_fd` is its only connection to the parent; end
/// of file means that the parent is done with the server or has exited.
[[noreturn]] void supervise(const std::string& directory, int parent_fd,
                            const server_maker& make_server) {
  // Signals meant for the parent, for example Ctrl-C at a terminal, must not prevent the cleanup.
  ::setsid();
  ::umask(077);  // the server's files are private, as their directory is
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  const int null_fd = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null_fd, fd);
  ::dup2(parent_fd, 3);
  ::fcntl(3, F_SETFD, FD_CLOEXEC);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  std::string message;  // '+' and the endpoint, or '-' and an error message
  std::unique_ptr<workload_server> server;
  try {
    server = make_server(directory);
    message = "+" + server->endpoint();
  } catch (const std::exception& e) {
    message = std::string("-") + e.what();
  }
  (void)!::send(3, message.data(), message.size(), MSG_NOSIGNAL);
  char ignored;
  while (server != nullptr && ::read(3, &ignored, 1) < 0 && errno == EINTR) {
  }
  server.reset();
  remove_directory(directory);
  ::_exit(0);
}

class supervised_server final : public workload_server {
 public:
  explicit supervised_server(const server_maker& make_server) : directory_(make_directory()) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
      const int reason = errno;
      remove_directory(directory_);
      throw system_failure(error_kind::resource,
                           "cannot create a socket for the server's supervisor process", reason);
    }
    supervisor_fd_.reset(pair[0]);
    descriptor parent_fd(pair[1]);
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) supervise(directory_, parent_fd.get(), make_server);
    const int reason = errno;
    parent_fd.reset();
    std::string message(4096, '\0');
    const ssize_t n =
        pid_ < 0 ? -1 : ::recv(supervisor_fd_.get(), message.data(), message.size(), 0);
    message.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    if (message.starts_with('+')) {
      endpoint_ = message.substr(1);
      return;
    }
    const bool forked = pid_ >= 0;
    end();
    if (!forked)
      throw system_failure(error_kind::resource, "cannot fork the server's supervisor process",
                           reason);
    throw error(error_kind::failed,
                message.empty() ? "the server's supervisor process was killed" : message.substr(1));
  }
  ~supervised_server() override { end(); }

  std::string endpoint() const override { return endpoint_; }

 private:
  void end() {
    supervisor_fd_.reset();
    while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    remove_directory(directory_);  // needed only if the supervisor was killed
  }

  std::string directory_, endpoint_;
  descriptor supervisor_fd_;
  pid_t pid_ = -1;
};

}  // namespace

std::unique_ptr<workload_server> start_supervised(const server_maker& make_server) {
  return std::make_unique<supervised_server>(make_server);
}

}  // namespace crossover
