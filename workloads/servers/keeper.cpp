#include "workloads/servers/keeper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
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

using make_function = std::function<std::unique_ptr<workload_server>(const std::string&)>;

std::string make_directory() {
  const char* temporary = std::getenv("TMPDIR");
  std::string path = fmt::format("{}/crossover-XXXXXX",
                                 temporary != nullptr && *temporary != '\0' ? temporary : "/tmp");
  if (::mkdtemp(path.data()) == nullptr)
    throw system_failure(error_kind::failed, fmt::format("cannot make the directory {}", path),
                         errno);
  return path;
}

void remove_directory(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

/// The whole life of the keeper. Its only tie to the one it keeps for is `tie`: its end is that
/// process's end.
[[noreturn]] void keep(const std::string& directory, int tie, const make_function& make) {
  // Signals that are meant for those in front of it, as a Ctrl-C at a terminal, must not keep it
  // from clearing away.
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  const int nothing = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(nothing, fd);
  ::dup2(tie, 3);
  ::fcntl(3, F_SETFD, FD_CLOEXEC);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  std::string told;
  std::unique_ptr<workload_server> kept;
  try {
    kept = make(directory);
    told = "+" + kept->endpoint();
  } catch (const std::exception& trouble) {
    told = std::string("-") + trouble.what();
  }
  (void)!::send(3, told.data(), told.size(), MSG_NOSIGNAL);
  char ignored;
  while (kept != nullptr && ::read(3, &ignored, 1) < 0 && errno == EINTR) {
  }
  kept.reset();
  remove_directory(directory);
  ::_exit(0);
}

class supervised_server final : public workload_server {
 public:
  explicit supervised_server(const make_function& make) : directory_(make_directory()) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
      remove_directory(directory_);
      throw system_failure(error_kind::resource, "no socket for a fixture's keeper", errno);
    }
    tie_.reset(pair[0]);
    descriptor theirs(pair[1]);
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) keep(directory_, theirs.get(), make);
    theirs.reset();
    const int reason = errno;
    std::string told(4096, '\0');
    const ssize_t n = pid_ < 0 ? -1 : ::recv(tie_.get(), told.data(), told.size(), 0);
    told.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    if (told.starts_with('+')) {
      endpoint_ = told.substr(1);
      return;
    }
    const bool forked = pid_ >= 0;
    end();
    if (!forked)
      throw system_failure(error_kind::resource, "cannot fork a fixture's keeper", reason);
    throw error(error_kind::failed,
                told.empty() ? "a fixture's keeper was killed" : told.substr(1));
  }
  ~supervised_server() override { end(); }

  std::string endpoint() const override { return endpoint_; }

 private:
  void end() {
    tie_.reset();
    while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    remove_directory(directory_);  // where the keeper itself was killed
  }

  std::string directory_, endpoint_;
  descriptor tie_;
  pid_t pid_ = -1;
};

}  // namespace

std::unique_ptr<workload_server> start_supervised(const make_function& make) {
  return std::make_unique<supervised_server>(make);
}

}  // namespace crossover
