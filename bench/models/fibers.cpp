#include <sys/socket.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/operations.hpp>
#include <chrono>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"
#include "workloads/async_form.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
using steady_clock = std::chrono::steady_clock;
using loop_timer =
    asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, loop_executor>;
using watched_socket = asio::basic_stream_socket<asio::generic::stream_protocol, loop_executor>;

constexpr std::array fiber_parameters = {
    parameter{
        "stack", parameter_kind::size, "64KiB", 16 << 10, 8 << 20, {}, "stack size of a fiber"},
};

/// Round robin that counts the ready fibers, without the running one and the dispatcher.
class counted_round_robin final : public boost::fibers::algo::round_robin {
 public:
  static thread_local std::size_t ready;
  void awakened(boost::fibers::context* fiber) noexcept override {
    if (!fiber->is_context(boost::fibers::type::dispatcher_context)) ++ready;
    round_robin::awakened(fiber);
  }
  boost::fibers::context* pick_next() noexcept override {
    boost::fibers::context* const next = round_robin::pick_next();
    if (next != nullptr && !next->is_context(boost::fibers::type::dispatcher_context)) --ready;
    return next;
  }
};
thread_local std::size_t counted_round_robin::ready = 0;

/// Turns each wait of an operation into an Asio operation; the thread's other fibers run meanwhile.
class fiber_waiter final : public blocking_hooks {
 public:
  explicit fiber_waiter(asio::io_context& loop) : loop_(loop) {}
  ~fiber_waiter() override {
    for (std::size_t fd = 0; fd < watched_.size(); ++fd) forget(static_cast<int>(fd));
  }

  /// Returns whether a fiber was suspended since the last call.
  bool take_suspended() { return std::exchange(suspended_, false); }

  void sleep(std::int64_t ns) override {
    loop_timer timer(loop_, std::chrono::nanoseconds(ns));
    suspend(
        [&](auto resume) { timer.async_wait([resume](boost::system::error_code) { resume(); }); });
  }

  ssize_t receive(int fd, void* into, std::size_t most, int flags) override {
    boost::system::error_code trouble;
    std::size_t received = 0;
    suspend([&](auto resume) {
      // A non-blocking socket ignores MSG_WAITALL: operations read until they have everything.
      socket_of(fd).async_receive(asio::buffer(into, most), flags & ~MSG_WAITALL,
                                  [&, resume](boost::system::error_code e, std::size_t n) {
                                    trouble = e;
                                    received = n;
                                    resume();
                                  });
    });
    if (trouble == asio::error::eof) return 0;
    if (trouble) {
      errno = trouble.value();
      return -1;
    }
    return static_cast<ssize_t>(received);
  }

  ssize_t send(int fd, const void* from, std::size_t size, int flags) override {
    for (;;) {
      const ssize_t n = ::send(fd, from, size, flags | MSG_DONTWAIT);
      if (n >= 0 || errno != EAGAIN) return n;
      until_ready(fd, true);
    }
  }

  void until_ready(int fd, bool writable) override {
    suspend([&](auto resume) {
      socket_of(fd).async_wait(writable ? watched_socket::wait_write : watched_socket::wait_read,
                               [resume](boost::system::error_code) { resume(); });
    });
  }

  void forget(int fd) override {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= watched_.size() || !watched_[index]) return;
    boost::system::error_code ignored;
    watched_[index]->release(ignored);  // the lane closes the descriptor
    watched_[index].reset();
  }

  void without_lock(void (*call)(void*), void* argument) override { call(argument); }

 private:
  /// Starts an asynchronous operation and suspends the fiber until the handler calls `resume`.
  template <typename Begin>
  void suspend(Begin begin) {
    boost::fibers::context* const self = boost::fibers::context::active();
    suspended_ = true;
    const traced_wait waits;
    begin([self] { boost::fibers::context::active()->schedule(self); });
    self->suspend();
  }

  watched_socket& socket_of(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (watched_.size() <= index) watched_.resize(index + 1);
    if (!watched_[index]) {
      sockaddr_storage name{};
      socklen_t length = sizeof name;
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length);
      watched_[index] = std::make_unique<watched_socket>(
          loop_, asio::generic::stream_protocol(name.ss_family, 0), fd);
    }
    return *watched_[index];
  }

  asio::io_context& loop_;
  std::vector<std::unique_ptr<watched_socket>> watched_;  // by descriptor
  bool suspended_ = false;
};

/// k threads with one fiber scheduler each. Every lane is a stackful fiber that runs the blocking
/// form of its operation.
class fibers final : public model {
 public:
  explicit fibers(const model_setup& setup)
      : work_(setup.type->make(setup.workload_values, setup.endpoint)),
        lanes_(setup.in_flight),
        stack_(setup.model_values.number("stack")),
        team_(setup.cpus),
        latency_(team_.size()),
        service_(team_.size()),
        threads_(team_.size()) {
    team_.run([&](std::uint32_t i) {
      boost::fibers::use_scheduling_algorithm<counted_round_robin>();
      threads_[i] = std::make_unique<thread_part>(latency_, service_, i);
      for (std::uint32_t lane = i; lane < lanes_; lane += team_.size())
        threads_[i]->lanes.push_back({lane, work_->open_lane(lane)});
    });
  }

  ~fibers() override {
    team_.run([&](std::uint32_t i) { threads_[i].reset(); });
  }

  run_outcome run(run_control& control, double seconds) override {
    release(control, seconds);
    team_.run([&](std::uint32_t i) { run_fibers(*threads_[i], control); });
    std::vector<tally*> tallies;
    for (const auto& t : threads_) tallies.push_back(&t->counted);
    return gather(tallies, latency_, service_);
  }

 private:
  struct numbered_lane {
    std::uint32_t number;
    std::unique_ptr<lane> owned;
  };
  struct thread_part {
    thread_part(latency_recorder& latency, latency_recorder& service, std::uint32_t number)
        : counted(latency, service, number) {}
    asio::io_context loop{1};
    std::vector<numbered_lane> lanes;
    fiber_waiter waits{loop};  // destroyed before the lanes and their descriptors
    tally counted;
    std::uint32_t live = 0;
    std::exception_ptr trouble;
  };

  void run_fibers(thread_part& mine, run_control& control) {
    mine.counted.begin();
    mine.loop.restart();
    mine.live = static_cast<std::uint32_t>(mine.lanes.size());
    current_waiter() = &mine.waits;
    const auto work =
        asio::make_work_guard(mine.loop);  // or run_one returns when nothing is pending
    for (numbered_lane& l : mine.lanes)
      boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg,
                           boost::fibers::fixedsize_stack(stack_),
                           [this, &mine, &l, &control] {
                             run_lane(mine, l, control);
                             trace_idle();
                             --mine.live;
                           })
          .detach();
    while (mine.live > 0) {
      boost::this_fiber::yield();
      if (mine.live == 0) break;
      if (counted_round_robin::ready > 0)
        mine.loop.poll();
      else if (mine.loop.run_one() > 0)
        mine.loop.poll();
    }
    current_waiter() = nullptr;
    mine.counted.end();
    if (mine.trouble) std::rethrow_exception(std::exchange(mine.trouble, nullptr));
  }

  static void give_way() {
    const traced_wait waits;
    boost::this_fiber::yield();
  }

  void run_lane(thread_part& mine, numbered_lane& l, run_control& control) {
    trace_running(l.number);
    try {
      if (control.open_loop()) {
        while (run_open_loop_turn(*work_, *l.owned, control, mine.counted)) give_way();
        return;
      }
      lane_pace pace;
      bool more = pace.begin(control, control.quota(l.number, lanes_), control.start_ns);
      while (more) {
        try {
          work_->run_blocking(*l.owned);
          more = pace.done(mine.counted);
        } catch (const operation_error& trouble) {
          more = pace.failed(mine.counted, trouble);
        }
        // Scheduling is cooperative: a fiber whose operation did not wait yields before the next.
        if (!mine.waits.take_suspended()) give_way();
      }
    } catch (...) {
      if (!mine.trouble) mine.trouble = std::current_exception();
    }
  }

  std::unique_ptr<workload> work_;
  std::uint32_t lanes_;
  std::size_t stack_;
  worker_team team_;
  latency_recorder latency_, service_;
  std::vector<std::unique_ptr<thread_part>> threads_;
};

}  // namespace

extern const model_type fibers_model;
constinit const model_type fibers_model = {
    .name = "fibers",
    .summary = "stackful fibers (Boost.Fiber), one scheduler per core, waiting through Asio",
    .parameters = fiber_parameters,
    .prepare = make_model<fibers>,
    .workers = one_worker_per_core,
    .loops = true,
};

}  // namespace crossover
