#include "bench/measure/block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>
#include <utility>

#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

constexpr double max_slice_s = 1, min_lead_s = 0.005;
/// An operation of this length is long beside the start of a run, which takes about 50 µs.
constexpr double long_operation_s = 0.005;
/// If no operation ended in a window, for example on a very busy machine, a longer one follows, up
/// to this length.
constexpr double max_window_s = 30;
constexpr double window_growth = 8;
/// A warm-up of this length may have fewer operations than lanes.
constexpr double enough_warm_up_s = 0.1;
/// More workers than this take seconds to end a slice: 1 024 threads of oneTBB, 1 to 2 s.
constexpr std::uint32_t many_workers = 768;
/// Their lead-in covers their start: 1 024 threads take 0.1 to 0.4 s.
constexpr double lead_per_worker_s = 0.0005;
/// An arm sleeps if it uses less than 2 % of a CPU for this long; it has up to 0.1 s for it.
constexpr std::chrono::milliseconds settling_step(3);
constexpr int max_settling_steps = 33;
/// Time for it if the CPU time cannot be read.
constexpr std::chrono::milliseconds unseen_settling(20);

/// An arm and its progress in a block.
struct active_arm {
  const block_arm* of;
  std::unique_ptr<arm> process = nullptr;
  slice_plan slice = {};
  bool has_one_turn = false;  // in a round
  std::optional<double> cpu_at_pause_s = 0;
  std::int64_t paused_ns = 0;
  arm_record record = {};

  /// Runs `step`; an error ends the arm for this block.
  template <typename Step>
  void attempt(Step step) {
    if (record.failure) return;
    try {
      step();
    } catch (const error& e) {
      record.failure = e;
      record.total.reset();
      process.reset();
    }
  }

  /// Waits until the arm sleeps. The threads of oneTBB search for work before they do, for 15 ms of
  /// CPU time with 64 of them: the next arm must not run beside them.
  void pause() {
    cpu_at_pause_s = process->cpu_s();
    if (!cpu_at_pause_s) std::this_thread::sleep_for(unseen_settling);
    for (int step = 0; cpu_at_pause_s && step < max_settling_steps; ++step) {
      std::this_thread::sleep_for(settling_step);
      const double before_s = *std::exchange(cpu_at_pause_s, process->cpu_s());
      if (!cpu_at_pause_s ||
          *cpu_at_pause_s - before_s < 0.02 * std::chrono::duration<double>(settling_step).count())
        break;
    }
    paused_ns = now_ns();
  }
  void resume() {
    const std::optional<double> now_s = process->cpu_s();
    // A worker that has ended took its time with it.
    record.idle_cpu_s =
        record.idle_cpu_s && now_s && cpu_at_pause_s
            ? std::optional(*record.idle_cpu_s + std::max(0.0, *now_s - *cpu_at_pause_s))
            : std::nullopt;
    record.idle_s += static_cast<double>(now_ns() - paused_ns) * 1e-9;
  }
};

class block_run {
 public:
  block_run(const std::vector<block_arm>& contenders, const block_options& plan,
            std::mt19937_64& random)
      : plan_(plan), random_(random), order_(contenders.size()) {
    for (const block_arm& of : contenders) arms_.push_back({&of});
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  measured_block run() {
    start_all();
    const int rounds = plan_.slice ? plan_.rounds : fill_rounds();
    for (int round = 0; round < rounds; ++round) {
      shuffle();
      for (const std::size_t i : order_) take_turn(i);
      for (auto i = order_.rbegin(); i != order_.rend(); ++i)
        if (!arms_[*i].has_one_turn) take_turn(*i);
    }
    if (!plan_.slice)
      for (const std::size_t i : order_) extend(i);
    for (std::size_t i = 0; i < arms_.size(); ++i) finish(i);
    return std::move(block_);
  }

 private:
  void shuffle() {
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random_() % i]);
  }

  /// Starts the arms in random order: the first may find a colder machine.
  void start_all() {
    shuffle();
    const auto make = [&](active_arm& c) { c.attempt([&] { c.process = c.of->make(); }); };
    if (plan_.starts_together)
      for (const std::size_t i : order_) make(arms_[i]);
    for (const std::size_t i : order_) {
      if (!plan_.starts_together) make(arms_[i]);
      arms_[i].attempt([&] { start(arms_[i]); });
    }
  }

  void start(active_arm& c) {
    c.process->start();
    c.has_one_turn = !plan_.slice && workers_of(c.of->cell) > many_workers;
    const std::optional<slice_plan>& known = plan_.slice ? plan_.slice : c.of->slice;
    if (plan_.warm_up_s > 0 && !c.of->slice) c.slice = slice_for(c.of->cell, warm_up(c));
    if (known) c.slice = *known;
    if (c.has_one_turn) c.record.slice = c.slice;
    if (plan_.waits_for_sleep) c.pause();
  }

  /// Runs a closed loop, even for an open one: at a low rate that could end without any operation.
  sample warm_up(active_arm& c) {
    const double delay_s = min_operation_s(c.of->cell);
    slice_plan plan{.seconds = std::max(plan_.warm_up_s, 2 * delay_s),
                    .lead_s = min_lead_s + delay_s,
                    .stagger_s = delay_s,
                    .seed = random_()};
    sample first = c.process->slice(plan);
    // Fewer operations than lanes say more about the start than about the time of an operation.
    while (first.operations == 0 ? plan.seconds < max_window_s
                                 : first.operations < c.of->cell.in_flight.value_or(1) &&
                                       plan.seconds < enough_warm_up_s) {
      plan.seconds = std::min(max_window_s, window_growth * plan.seconds);
      first = c.process->slice(plan);
    }
    if (first.operations == 0)
      throw error(error_kind::failed,
                  fmt::format("no operation ended within {:g} s", plan.seconds));
    return first;
  }

  /// Returns the number of rounds that fill the block, and lengthens the slices to fill it exactly,
  /// so that fast and slow arms have equal window time.
  int fill_rounds() {
    double longest_s = min_window_s;
    for (const active_arm& c : arms_) longest_s = std::max(longest_s, c.slice.seconds);
    const int rounds = std::max(1, static_cast<int>(plan_.seconds / (2 * longest_s)));
    for (active_arm& c : arms_) {
      const double shortest_s = c.slice.seconds;
      c.slice.seconds = std::max(shortest_s, plan_.seconds / (2 * rounds));
      if (c.has_one_turn) c.slice.seconds *= 2;
      c.slice.operations = static_cast<std::uint64_t>(
          std::llround(static_cast<double>(c.slice.operations) * c.slice.seconds / shortest_s));
    }
    return rounds;
  }

  void take_turn(std::size_t i) {
    active_arm& c = arms_[i];
    c.attempt([&] {
      if (plan_.waits_for_sleep) c.resume();
      slice_plan slice = c.slice;
      slice.seed = random_();
      slice.lead_s += slice.jitter_s * static_cast<double>(slice.seed >> 11) * 0x1p-53;
      block_.turns.push_back({i, c.process->slice(slice)});
      if (plan_.waits_for_sleep) c.pause();
    });
  }

  std::uint64_t operations_of(std::size_t i) const {
    std::uint64_t operations = 0;
    for (const block_turn& turn : block_.turns)
      if (turn.arm == i) operations += turn.measured.operations;
    return operations;
  }

  /// Takes more turns while no operation has ended in the windows of an arm. All its windows count.
  void extend(std::size_t i) {
    double& seconds = arms_[i].slice.seconds;
    while (!arms_[i].record.failure && operations_of(i) == 0 && seconds < max_window_s) {
      seconds = std::min(max_window_s, window_growth * seconds);
      take_turn(i);
    }
  }

  void finish(std::size_t i) {
    active_arm& c = arms_[i];
    c.attempt([&] {
      if (plan_.waits_for_sleep) c.resume();
      c.record.has_windows = c.process->has_windows();
      c.record.findings = c.process->findings();
      c.record.environment = c.process->environment();
      const std::optional<std::uint64_t> memory = c.process->finish();
      c.process.reset();
      sample total;
      bool any = false;
      for (block_turn& turn : block_.turns) {
        if (turn.arm != i) continue;
        turn.measured.peak_rss_bytes = memory;
        if (std::exchange(any, true))
          add_slice(total, turn.measured);
        else
          total = turn.measured;
      }
      if (total.operations == 0)
        throw error(error_kind::failed, "no operation ended in the windows of a block");
      c.record.total = std::move(total);
    });
    block_.arms.push_back(std::move(c.record));
  }

  const block_options& plan_;
  std::mt19937_64& random_;
  std::vector<std::size_t> order_;
  std::vector<active_arm> arms_;
  measured_block block_;
};

}  // namespace

std::vector<block_arm> contenders_of(const std::vector<const cell_spec*>& cells,
                                     const arm_factory& make) {
  std::vector<block_arm> all;
  for (const cell_spec* cell : cells) all.push_back({*cell, [&make, cell] { return make(*cell); }});
  return all;
}

slice_plan slice_for(const cell_spec& cell, const sample& warm_up) {
  const double operation_s =
      *cell.in_flight * warm_up.wall_s / static_cast<double>(warm_up.operations);
  const double delay_s = min_operation_s(cell);
  slice_plan plan;
  // While 512 threads start, one operation may have ended: that says nothing on its duration.
  const double longest_s =
      warm_up.latency ? std::min(operation_s, 1e-9 * static_cast<double>(warm_up.latency->max_ns))
                      : operation_s;
  // A disturbed warm-up may show operations as shorter than they can be.
  plan.seconds = std::clamp(4 * operation_s, std::max(min_window_s, delay_s),
                            std::max({max_slice_s, 2 * longest_s, delay_s}));
  // The window opens when every lane has begun: fewer threads disturb each other less.
  plan.lead_s = std::max({min_lead_s, std::min(operation_s, max_slice_s), 1.5 * delay_s,
                          std::min(warm_up.start_s.value_or(0), max_slice_s)});
  if (workers_of(cell) > many_workers)
    plan.lead_s = std::max(plan.lead_s, lead_per_worker_s * workers_of(cell));
  plan.stagger_s = delay_s;
  // Lanes may be in step with each other; random lead-ins keep them out of step with the windows.
  plan.jitter_s = std::min(operation_s, max_slice_s);
  plan.rate = cell.rate;
  // The edges of a window of four operations cut one lane's count by up to one of them. A run of
  // whole operations has no such edges, and one lane has no drain.
  const double typical_s =  // one stall in the warm-up makes no long operations
      warm_up.latency ? 1e-9 * warm_up.latency->quantile_ns(0.5) : operation_s;
  if (*cell.in_flight == 1 && cell.rate == 0 && std::min(operation_s, typical_s) > long_operation_s)
    plan.operations = static_cast<std::uint64_t>(std::llround(plan.seconds / operation_s));
  // An open loop shows its latency distribution only with enough arrivals.
  if (cell.rate > 0) plan.seconds = std::max(plan.seconds, 20 / cell.rate);
  return plan;
}

void add_slice(sample& total, const sample& slice) {
  const auto add = [](auto& to, const auto& from) {
    to = to && from ? std::optional(*to + *from) : std::nullopt;
  };
  const auto keep_greatest = [](auto& to, const auto& from) {
    if (to && from) to = std::max(*to, *from);
  };
  total.operations += slice.operations;
  total.wall_s += slice.wall_s;
  keep_greatest(total.start_s, slice.start_s);
  keep_greatest(total.drain_s, slice.drain_s);
  add(total.cpu_user_s, slice.cpu_user_s);
  add(total.cpu_system_s, slice.cpu_system_s);
  add(total.voluntary_switches, slice.voluntary_switches);
  add(total.involuntary_switches, slice.involuntary_switches);
  add(total.minor_faults, slice.minor_faults);
  add(total.major_faults, slice.major_faults);
  const auto merge = [](auto& to, const auto& from) {
    if (!from) return;
    if (to)
      to->merge(*from);
    else
      to = from;
  };
  merge(total.latency, slice.latency);
  merge(total.service, slice.service);
  for (const auto& [name, count] : slice.errors) total.errors[name] += count;
  if (total.worker_operations.size() < slice.worker_operations.size())
    total.worker_operations.resize(slice.worker_operations.size());
  for (std::size_t i = 0; i < slice.worker_operations.size(); ++i)
    total.worker_operations[i] += slice.worker_operations[i];
  if (total.arrivals && slice.arrivals) {
    total.arrivals->due += slice.arrivals->due;
    total.arrivals->begun += slice.arrivals->begun;
    total.arrivals->late += slice.arrivals->late;
  }
  add(total.server_cpu_s, slice.server_cpu_s);
  add(total.client_skew_s, slice.client_skew_s);
  add(total.steal_s, slice.steal_s);
}

measured_block measure_block(const std::vector<block_arm>& contenders, const block_options& plan,
                             std::mt19937_64& random) {
  return block_run(contenders, plan, random).run();
}

}  // namespace crossover
