#include "bench/measure/block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>
#include <utility>

#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

constexpr double min_slice_s = 0.02, max_slice_s = 1, min_lead_s = 0.005;
/// Longest window of a warm-up. If no operation ended in it, it is repeated with a longer one.
constexpr double max_warm_up_s = 30;
/// A warm-up of this length may have fewer operations than lanes.
constexpr double enough_warm_up_s = 0.1;
/// An arm sleeps if it uses less than 2 % of a CPU for this long; it has up to 0.1 s for it.
constexpr std::chrono::milliseconds settling_step(3);
constexpr int max_settling_steps = 33;

/// An arm and its progress in a block.
struct active_arm {
  const planned_cell* cell;
  std::unique_ptr<arm> process;
  slice_plan slice;
  double cpu_at_pause_s = 0;
  std::int64_t paused_ns = 0;
  arm_record record;

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
    for (int step = 0; step < max_settling_steps; ++step) {
      std::this_thread::sleep_for(settling_step);
      const double before_s = std::exchange(cpu_at_pause_s, process->cpu_s());
      if (cpu_at_pause_s - before_s < 0.02 * std::chrono::duration<double>(settling_step).count())
        break;
    }
    paused_ns = now_ns();
  }
  void resume() {
    record.idle_cpu_s += process->cpu_s() - cpu_at_pause_s;
    record.idle_s += static_cast<double>(now_ns() - paused_ns) * 1e-9;
  }
};

double delay_of(const planned_cell& cell) {
  return cell.workload->min_operation_s(cell.workload_values);
}

void start(active_arm& c, const arm_factory& make, double warm_up_s, std::uint64_t seed) {
  c.attempt([&] {
    c.process = make(*c.cell);
    c.process->start();
    // The warm-up is a closed loop: at a low rate it could end without any operation.
    slice_plan plan{.seconds = std::max(warm_up_s, 2 * delay_of(*c.cell)),
                    .lead_s = min_lead_s + delay_of(*c.cell),
                    .stagger_s = delay_of(*c.cell),
                    .seed = seed};
    sample first = c.process->slice(plan);
    // Fewer operations than lanes say more about the start than about the time of an operation.
    while (first.operations == 0
               ? plan.seconds < max_warm_up_s
               : first.operations < c.cell->in_flight && plan.seconds < enough_warm_up_s) {
      plan.seconds = std::min(max_warm_up_s, 8 * plan.seconds);
      first = c.process->slice(plan);
    }
    if (first.operations == 0)
      throw error(error_kind::failed,
                  fmt::format("no operation ended within {:g} s", plan.seconds));
    c.slice = slice_for(*c.cell, first);
    c.record.has_windows = c.process->has_windows();
    c.record.findings = c.process->findings();
    c.record.environment = c.process->environment();
    c.pause();
  });
}

void take_slice(active_arm& c, std::mt19937_64& random) {
  c.attempt([&] {
    c.resume();
    slice_plan slice = c.slice;
    slice.seed = random();
    slice.lead_s += slice.jitter_s * static_cast<double>(slice.seed >> 11) * 0x1p-53;
    const sample s = c.process->slice(slice);
    if (c.record.total)
      add_slice(*c.record.total, s);
    else
      c.record.total = s;
    c.pause();
  });
}

void finish(active_arm& c) {
  c.attempt([&] {
    c.resume();
    if (c.record.total->operations == 0)
      throw error(error_kind::failed, "no operation ended in the windows of a block");
    c.record.total->peak_rss_bytes = c.process->finish();
    c.process.reset();
  });
}

}  // namespace

slice_plan slice_for(const planned_cell& cell, const sample& warm_up) {
  const double operation_s =
      cell.in_flight * warm_up.wall_s / static_cast<double>(warm_up.operations);
  slice_plan plan;
  plan.seconds = std::clamp(4 * operation_s, min_slice_s, std::max(max_slice_s, 2 * operation_s));
  plan.lead_s = std::max({min_lead_s, std::min(operation_s, max_slice_s), 1.5 * delay_of(cell)});
  plan.stagger_s = delay_of(cell);
  // Lanes may be in step with each other; random lead-ins keep them out of step with the windows.
  plan.jitter_s = std::min(operation_s, max_slice_s);
  plan.rate = cell.rate;
  // An open loop shows its latency distribution only with enough arrivals.
  if (cell.rate > 0) plan.seconds = std::max(plan.seconds, 20 / cell.rate);
  return plan;
}

void add_slice(sample& total, const sample& slice) {
  const auto add = [](auto& to, const auto& from) {
    if (to && from) *to += *from;
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
  add(total.steal_s, slice.steal_s);
}

std::vector<arm_record> measure_block(const std::vector<const planned_cell*>& cells,
                                      const arm_factory& make, const block_options& plan,
                                      std::mt19937_64& random) {
  std::vector<active_arm> arms;
  for (const planned_cell* cell : cells) {
    arms.emplace_back();
    arms.back().cell = cell;
  }
  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto shuffle = [&] {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  };
  shuffle();
  for (const std::size_t i : order) start(arms[i], make, plan.warm_up_s, random());
  double longest_s = min_slice_s;
  for (const active_arm& c : arms) longest_s = std::max(longest_s, c.slice.seconds);
  const int rounds = std::max(1, static_cast<int>(plan.seconds / (2 * longest_s)));
  // The slices fill the block, so fast and slow arms have equal window time.
  for (active_arm& c : arms)
    c.slice.seconds = std::max(c.slice.seconds, plan.seconds / (2 * rounds));
  for (int round = 0; round < rounds; ++round) {
    shuffle();
    for (const std::size_t i : order) take_slice(arms[i], random);
    for (auto i = order.rbegin(); i != order.rend(); ++i) take_slice(arms[*i], random);
  }
  std::vector<arm_record> records;
  for (active_arm& c : arms) {
    finish(c);
    records.push_back(std::move(c.record));
  }
  return records;
}

}  // namespace crossover
