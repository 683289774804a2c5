#include <fmt/format.h>
#include <liburing.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/models/reference/shard.hpp"
#include "bench/models/reference/socket_lane.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/network.hpp"

namespace crossover {
namespace {

/// A ring for a single thread. Completions run when that thread waits for them and never interrupt
/// it (kernel 6.1; older kernels get a plain ring).
class ring {
 public:
  explicit ring(unsigned entries) {
    io_uring_params wanted{};
    wanted.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    wanted.cq_entries = entries * 2;
    int failed = ::io_uring_queue_init_params(entries, &ring_, &wanted);
    if (failed == -EINVAL) failed = ::io_uring_queue_init(entries, &ring_, 0);
    if (failed < 0) throw system_failure(error_kind::unsupported, "io_uring", -failed);
  }
  ~ring() { ::io_uring_queue_exit(&ring_); }
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  io_uring_sqe* entry() {
    io_uring_sqe* free = ::io_uring_get_sqe(&ring_);
    if (free == nullptr) {
      ::io_uring_submit(&ring_);
      free = ::io_uring_get_sqe(&ring_);
    }
    return free;
  }

  /// Submits the prepared entries, waits for a completion or until the time is over, and passes
  /// each completion to `take`.
  template <typename Take>
  void turn(std::optional<timespec> timeout, Take take) {
    trace_idle();
    io_uring_cqe* completion = nullptr;
    if (timeout) {
      __kernel_timespec left{timeout->tv_sec, timeout->tv_nsec};
      ::io_uring_submit_and_wait_timeout(&ring_, &completion, 1, &left, nullptr);
    } else {
      ::io_uring_submit_and_wait(&ring_, 1);
    }
    unsigned head = 0, seen = 0;
    io_uring_for_each_cqe(&ring_, head, completion) {
      ++seen;
      take(completion->user_data, completion->res);
    }
    ::io_uring_cq_advance(&ring_, seen);
  }

 private:
  io_uring ring_{};
};

unsigned entries_for(std::size_t lanes) {
  unsigned entries = 64;
  while (entries < 2 * lanes && entries < 16384) entries *= 2;
  return entries;
}

/// One system call per turn submits the sends and receives of all ready lanes, instead of two calls
/// per operation. Each receive is submitted together with its send.
class network_uring_shard final : public reference_shard {
 public:
  network_uring_shard(const model_setup& setup, const shard_lanes& lanes)
      : reference_shard(lanes),
        endpoint_(setup.endpoint),
        bytes_(setup.workload_values.number("bytes")),
        ring_(entries_for(lanes.size())),
        peers_(lanes.size()) {
    for (std::size_t j = 0; j < peers_.size(); ++j) {
      peer& p = peers_[j];
      p.message.resize(bytes_);
      p.received.resize(bytes_);
      write_network_message(p.message, lanes.number(j));
      p.socket = connect_first(endpoint_);
    }
  }

  void run_loop(tally& worker) override {
    std::size_t going = 0;
    const auto begin = [&](std::size_t j) {
      ++going;
      begin_operation(j);
    };
    for (lanes_.begin_due(begin); going > 0 || !lanes_.all_begun(); lanes_.begin_due(begin))
      ring_.turn(lanes_.time_to_next(), [&](std::uint64_t tag, int result) {
        const std::size_t j = tag >> 1;
        trace_running(lanes_.number(j));
        switch (advance(j, (tag & 1) != 0, result, lanes_.pace(j), worker)) {
          case next_step::wait:
            break;
          case next_step::begin:
            begin_operation(j);
            break;
          case next_step::stop:
            --going;
        }
      });
  }

 private:
  struct peer {
    descriptor socket;
    std::vector<unsigned char> message, received;
    std::uint64_t turn = 0;
    std::size_t got = 0;
    int pending = 0;         // completions still expected
    const char* phase = "";  // phase of the first failure
    int failure = 0;
  };

  void begin_operation(std::size_t j) {
    peer& p = peers_[j];
    write_network_turn(p.message, ++p.turn);
    p.got = 0;
    p.failure = 0;
    io_uring_sqe* send = ring_.entry();
    ::io_uring_prep_send(send, p.socket.get(), p.message.data(), bytes_,
                         MSG_NOSIGNAL | MSG_WAITALL);
    send->user_data = j << 1;
    ++p.pending;
    receive(j);
  }

  void receive(std::size_t j) {
    peer& p = peers_[j];
    io_uring_sqe* entry = ring_.entry();
    ::io_uring_prep_recv(entry, p.socket.get(), p.received.data() + p.got, bytes_ - p.got, 0);
    entry->user_data = (j << 1) | 1;
    ++p.pending;
  }

  /// Handles one completion of lane j.
  next_step advance(std::size_t j, bool received, int result, lane_pace& pace, tally& worker) {
    peer& p = peers_[j];
    --p.pending;
    const bool short_send = !received && result >= 0 && static_cast<std::size_t>(result) < bytes_;
    if (result < 0 || (received && result == 0) || short_send) {
      if (p.failure == 0) {
        p.phase = received ? "receive" : "send";
        p.failure = result < 0 ? -result : EPIPE;
        ::shutdown(p.socket.get(), SHUT_RDWR);  // or the other half of the operation waits forever
      }
    } else if (received) {
      p.got += static_cast<std::size_t>(result);
      if (p.got < bytes_ && p.failure == 0) receive(j);
    }
    if (p.pending > 0) return next_step::wait;
    if (p.failure != 0) {
      const bool again = pace.failed(worker, operation_error(p.phase, p.failure)) &&
                         reconnect(p.socket, endpoint_, pace, worker);
      return again ? next_step::begin : next_step::stop;
    }
    if (p.received != p.message)
      throw error(error_kind::failed, "an echo differs from what was sent");
    return pace.done(worker) ? next_step::begin : next_step::stop;
  }

  std::string endpoint_;
  std::size_t bytes_;
  ring ring_;
  std::vector<peer> peers_;
};

/// One io_uring timeout per lane.
class sleep_uring_shard final : public reference_shard {
 public:
  sleep_uring_shard(std::uint64_t delay_ns, const shard_lanes& lanes)
      : reference_shard(lanes),
        delay_{static_cast<long long>(delay_ns / 1'000'000'000),
               static_cast<long long>(delay_ns % 1'000'000'000)},
        delay_ns_(static_cast<std::int64_t>(delay_ns)),
        ring_(entries_for(lanes.size())),
        begun_(lanes.size()) {}

  void run_loop(tally& worker) override {
    std::size_t going = 0;
    const auto begin_lane = [&](std::size_t j) {
      ++going;
      begin(j);
    };
    for (lanes_.begin_due(begin_lane); going > 0 || !lanes_.all_begun();
         lanes_.begin_due(begin_lane))
      ring_.turn(lanes_.time_to_next(), [&](std::uint64_t j, int result) {
        trace_running(lanes_.number(j));
        if (result != -ETIME)
          throw system_failure(error_kind::failed, "an io_uring timeout", -result);
        if (now_ns() - begun_[j] < delay_ns_)
          throw error(error_kind::failed, "a sleep ended early");
        if (lanes_.pace(j).done(worker))
          begin(j);
        else
          --going;
      });
  }

 private:
  void begin(std::size_t j) {
    begun_[j] = now_ns();
    io_uring_sqe* entry = ring_.entry();
    ::io_uring_prep_timeout(entry, &delay_, 0, 0);
    entry->user_data = j;
  }

  __kernel_timespec delay_;
  std::int64_t delay_ns_;
  ring ring_;
  std::vector<std::int64_t> begun_;
};

}  // namespace

std::string io_uring_refusal() {
  io_uring probe{};
  const int failed = ::io_uring_queue_init(2, &probe, 0);
  if (failed < 0)
    return fmt::format("io_uring is not available ({}): see sysctl kernel.io_uring_disabled",
                       std::strerror(-failed));
  ::io_uring_queue_exit(&probe);
  return {};
}

std::unique_ptr<reference_shard> make_network_uring_shard(const model_setup& setup,
                                                          const shard_lanes& lanes) {
  return std::make_unique<network_uring_shard>(setup, lanes);
}

std::unique_ptr<reference_shard> make_sleep_uring_shard(const model_setup& setup,
                                                        const shard_lanes& lanes) {
  return std::make_unique<sleep_uring_shard>(setup.workload_values.number("delay"), lanes);
}

}  // namespace crossover
