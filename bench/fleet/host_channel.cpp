#include "bench/fleet/host_channel.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "bench/fleet/host_messages.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {

using nlohmann::json;

host_channel::host_channel(int in, int out)
    : in_(in), out_(out), reader_(in), stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this] {
        serve();
      }) {}

host_channel::~host_channel() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

std::optional<std::string> host_channel::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !requests_.empty() || !is_open_; });
  if (!is_open_) return std::nullopt;
  std::string request = std::move(requests_.front());
  requests_.pop_front();
  return request;
}

void host_channel::send(const json& reply) {
  const std::lock_guard lock(writing_);
  write_json_line(out_, reply);
}

void host_channel::send_signs(double interval_s) {
  const std::lock_guard lock(mutex_);
  interval_s_ = interval_s;
}

void host_channel::close() {
  const std::lock_guard lock(mutex_);
  is_open_ = false;
  changed_.notify_one();
}

void host_channel::serve() {
  const json sign = json::parse(sign_of_life);
  for (;;) {
    pollfd watched[3] = {
        {in_, POLLIN, 0}, {stop_.get(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    double interval_s = 0;
    {
      const std::lock_guard lock(mutex_);
      interval_s = interval_s_;
    }
    const int ready = ::poll(watched, 3, static_cast<int>(1000 * interval_s));
    if (ready < 0) continue;  // EINTR
    if (watched[1].revents != 0) return;
    if (watched[2].revents != 0) return close();
    if (ready == 0) send(sign);
    if (watched[0].revents == 0) continue;
    if (!reader_.read()) {
      ::kill(::getpid(), SIGTERM);
      return close();
    }
    const std::lock_guard lock(mutex_);
    for (std::string line; reader_.take(line);) requests_.push_back(std::move(line));
    changed_.notify_one();
  }
}

}  // namespace crossover
