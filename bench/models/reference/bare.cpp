#include "bench/models/reference/bare.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "workloads/async_form.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
namespace tbb = oneapi::tbb;

/// Operations between two clock readings.
constexpr std::uint64_t stride = 1024;

worker_totals ended_now() {
  worker_totals totals;
  totals.end_ns = now_ns();
  return totals;
}

class bare_posts final : public model {
 public:
  explicit bare_posts(const model_setup& setup) : model(1), handlers_(setup.in_flight) {}

  worker_totals run_lanes(run_control& control) override {
    context_.restart();
    for (std::uint32_t i = 0; i < handlers_; ++i) asio::post(context_, handler{this, &control});
    context_.run();
    return ended_now();
  }

 private:
  struct handler {
    bare_posts* self;
    const run_control* control;
    void operator()() const {
      self->board_.slot(0).count_one();
      if (++self->operations_ % stride == 0 && control->over()) self->context_.stop();
      asio::post(self->context_, *this);
    }
  };
  asio::io_context context_{one_thread_only};
  std::uint32_t handlers_;
  std::uint64_t operations_ = 0;
};

class bare_tasks final : public model {
 public:
  explicit bare_tasks(const model_setup& setup)
      : model(setup.in_flight),
        allowed_(tbb::global_control::max_allowed_parallelism, setup.in_flight),
        arena_(static_cast<int>(setup.in_flight)),
        chains_(setup.in_flight) {}

  worker_totals run_lanes(run_control& control) override {
    arena_.execute([&] {
      tbb::task_group group;
      for (std::uint32_t i = 0; i < chains_; ++i)
        group.run([&, i] { step(board_.slot(i), group, control); });
      group.wait();
    });
    return ended_now();
  }

 private:
  static void step(worker_slot& chain, tbb::task_group& group, const run_control& control) {
    chain.count_one();
    if (chain.operations.load(std::memory_order_relaxed) % stride == 0 && control.over()) return;
    group.run([&] { step(chain, group, control); });
  }
  tbb::global_control allowed_;
  tbb::task_arena arena_;
  std::uint32_t chains_;
};

std::string bare_unsupported_reason(const cell_request& cell) {
  return cell.type->name == "noop" ? "" : "bare models run only noop";
}

template <typename Model>
constexpr model_type bare_model(std::string_view name) {
  return {.name = name,
          .summary = "a library that models are built on, without a model",
          .parameters = {},
          .prepare = make_model<Model>,
          .unsupported_reason = bare_unsupported_reason,
          .workers = one_worker};
}

const model_type posts_row = bare_model<bare_posts>("bare_posts");
const model_type tasks_row = bare_model<bare_tasks>("bare_tasks");
const std::array<const model_type*, 2> rows = {&posts_row, &tasks_row};

}  // namespace

std::span<const model_type* const> bare_models() { return rows; }

}  // namespace crossover
