#include "bench/models/reference/bare.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace crossover {
namespace {

namespace asio = boost::asio;
namespace tbb = oneapi::tbb;

/// Operations between two clock readings.
constexpr std::uint64_t stride = 1024;

run_outcome outcome_of(const run_control& control, std::uint64_t operations) {
  run_outcome outcome;
  outcome.begin_ns = control.start_ns;
  outcome.end_ns = now_ns();
  outcome.worker_operations = {operations};
  return outcome;
}

class bare_posts final : public model {
 public:
  explicit bare_posts(const model_setup& setup) : handlers_(setup.in_flight) {}

  run_outcome run(run_control& control, double seconds) override {
    start_run(control, seconds);
    context_.restart();
    operations_ = 0;
    for (std::uint32_t i = 0; i < handlers_; ++i) asio::post(context_, handler{this, &control});
    context_.run();
    return outcome_of(control, operations_);
  }

 private:
  struct handler {
    bare_posts* self;
    const run_control* control;
    void operator()() const {
      if (++self->operations_ % stride == 0 && now_ns() >= control->deadline_ns)
        self->context_.stop();
      asio::post(self->context_, *this);
    }
  };
  asio::io_context context_{1};
  std::uint32_t handlers_;
  std::uint64_t operations_ = 0;
};

class bare_tasks final : public model {
 public:
  explicit bare_tasks(const model_setup& setup)
      : allowed_(tbb::global_control::max_allowed_parallelism, setup.in_flight),
        arena_(static_cast<int>(setup.in_flight)),
        chains_(setup.in_flight) {}

  run_outcome run(run_control& control, double seconds) override {
    start_run(control, seconds);
    for (chain& c : chains_) c.operations = 0;
    arena_.execute([&] {
      tbb::task_group group;
      for (chain& c : chains_) group.run([&] { step(c, group, control); });
      group.wait();
    });
    std::uint64_t operations = 0;
    for (const chain& c : chains_) operations += c.operations;
    return outcome_of(control, operations);
  }

 private:
  struct alignas(64) chain {
    std::uint64_t operations = 0;
  };
  static void step(chain& c, tbb::task_group& group, const run_control& control) {
    if (++c.operations % stride == 0 && now_ns() >= control.deadline_ns) return;
    group.run([&] { step(c, group, control); });
  }
  tbb::global_control allowed_;
  tbb::task_arena arena_;
  std::vector<chain> chains_;
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
