#include "workloads/servers/misbehaving_server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "workloads/base/error.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {
namespace {

void send_all(int fd, const unsigned char* data, std::size_t size, std::size_t piece) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t n = ::send(fd, data + done, std::min(piece, size - done), MSG_NOSIGNAL);
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
    if (piece < size) ::usleep(200);
  }
}

void serve_connection(int fd, misbehaviour behaviour, std::uint64_t bytes) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (behaviour == misbehaviour::close_at_once) return;
  std::vector<unsigned char> message(bytes), first;
  while (::recv(fd, message.data(), bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes)) {
    const bool is_first = first.empty();
    if (is_first) first = message;
    if (behaviour == misbehaviour::wrong_byte) message.back() ^= 1;
    if (behaviour == misbehaviour::stale) message = first;
    if (behaviour == misbehaviour::close_in_message && !is_first)
      return send_all(fd, message.data(), bytes / 2, bytes);
    send_all(fd, message.data(), bytes, behaviour == misbehaviour::pieces ? 1 + bytes / 5 : bytes);
  }
}

[[noreturn]] void serve(int listener, misbehaviour behaviour, std::uint64_t bytes) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGCHLD, SIG_IGN);
  ::fcntl(listener, F_SETFL, 0);
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) ::_exit(0);
    if (::fork() == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(listener);
      serve_connection(fd, behaviour, bytes);
      ::close(fd);
      ::_exit(0);
    }
    ::close(fd);
  }
}

}  // namespace

misbehaving_server::misbehaving_server(misbehaviour behaviour, std::uint64_t bytes) {
  const descriptor listener = listen_on("127.0.0.1", 0, endpoint_);
  pid_ = ::fork();
  if (pid_ < 0) throw error(error_kind::resource, "cannot fork a server");
  if (pid_ == 0) serve(listener.get(), behaviour, bytes);
  ::setpgid(pid_, pid_);
}

misbehaving_server::~misbehaving_server() {
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace crossover
