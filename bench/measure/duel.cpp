#include "bench/measure/duel.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

double log_time(const sample& s) { return std::log(s.wall_s / static_cast<double>(s.operations)); }

/// Starts a process of an arm, with `padding` extra bytes in its environment.
cell_process start_arm(const duel_arm& arm, const duel_plan& plan, std::uint32_t padding) {
  std::vector<std::string> command = {"env", "CROSSOVER_LAYOUT=" + std::string(padding, 'x')};
  command.insert(command.end(), arm.command.begin(), arm.command.end());
  return cell_process(command, plan.grace_s);
}

/// Prepares and warms up the process.
void prepare_and_warm_up(cell_process& process, const duel_arm& arm, const duel_plan& plan) {
  process.prepare(arm.preparation);
  process.run({.seconds = plan.warm_up_s});
}

template <typename Function>
auto as_arm_failure(bool is_b, Function action) {
  try {
    return action();
  } catch (const interrupted&) {
    throw;
  } catch (const error& e) {
    throw arm_failure(is_b, e);
  }
}

}  // namespace

arm_failure::arm_failure(bool is_b, const error& cause)
    : error(cause.kind(), cause.what()), is_b_(is_b) {}

double duel_group::log_ratio() const {
  return (log_time(b[0]) + log_time(b[1]) - log_time(a[0]) - log_time(a[1])) / 2;
}

duel_block run_duel_block(const duel_arm& a, const duel_arm& b, const duel_plan& plan,
                          std::mt19937_64& random) {
  duel_block block;
  block.padding_a = static_cast<std::uint32_t>(random() % 4096);
  block.padding_b = static_cast<std::uint32_t>(random() % 4096);
  // The arm that starts first is random too: the first may find a colder machine.
  const bool b_starts = random() % 2 == 0;
  std::optional<cell_process> process_a, process_b;
  const auto start = [&](bool is_b) {
    as_arm_failure(is_b, [&] {
      (is_b ? process_b : process_a)
          .emplace(start_arm(is_b ? b : a, plan, is_b ? block.padding_b : block.padding_a));
    });
  };
  const auto prepare = [&](bool is_b) {
    as_arm_failure(
        is_b, [&] { prepare_and_warm_up(is_b ? *process_b : *process_a, is_b ? b : a, plan); });
  };
  start(b_starts);
  if (plan.starts_together) start(!b_starts);
  prepare(b_starts);
  if (!plan.starts_together) start(!b_starts);
  prepare(!b_starts);
  run_request slice;
  slice.operations = plan.operations;
  if (plan.operations == 0) slice.seconds = plan.slice_s;
  for (std::uint32_t g = 0; g < plan.groups; ++g) {
    duel_group group;
    group.a_first = random() % 2 == 0;
    const auto take_a = [&](int turn) {
      group.a[turn] = as_arm_failure(false, [&] { return process_a->run(slice); });
    };
    const auto take_b = [&](int turn) {
      group.b[turn] = as_arm_failure(true, [&] { return process_b->run(slice); });
    };
    if (group.a_first) {
      take_a(0), take_b(0), take_b(1), take_a(1);
    } else {
      take_b(0), take_a(0), take_a(1), take_b(1);
    }
    block.groups.push_back(std::move(group));
  }
  const auto memory_a = as_arm_failure(false, [&] { return process_a->finish(); });
  const auto memory_b = as_arm_failure(true, [&] { return process_b->finish(); });
  for (duel_group& group : block.groups) {
    for (sample& s : group.a) s.peak_rss_bytes = memory_a;
    for (sample& s : group.b) s.peak_rss_bytes = memory_b;
  }
  return block;
}

sample try_arm(const duel_arm& arm, const duel_plan& plan, double seconds) {
  cell_process process = start_arm(arm, plan, 0);
  prepare_and_warm_up(process, arm, plan);
  std::array<sample, 7> samples;
  for (sample& s : samples) s = process.run({.seconds = seconds / samples.size()});
  process.finish();
  std::nth_element(samples.begin(), samples.begin() + 3, samples.end(),
                   [](const sample& x, const sample& y) { return log_time(x) < log_time(y); });
  return samples[3];
}

}  // namespace crossover
