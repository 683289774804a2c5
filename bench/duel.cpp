#include "bench/duel.hpp"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "bench/interrupt.hpp"
#include "workloads/error.hpp"

namespace crossover {
namespace {

/// Time an operation of one slice, in s.
double slice(cell_process& process, double seconds) {
  const sample measured = process.run({.seconds = seconds});
  return measured.wall_s / static_cast<double>(measured.operations);
}

/// A fresh process of an arm, ready and warm. Its environment is `padding` bytes larger than ours.
cell_process start(const duel_arm& arm, const duel_plan& plan, std::uint32_t padding) {
  std::vector<std::string> command = {"env", "CROSSOVER_LAYOUT=" + std::string(padding, 'x')};
  command.insert(command.end(), arm.command.begin(), arm.command.end());
  cell_process process(command, plan.deadline_s);
  process.prepare(arm.what);
  process.run({.seconds = plan.warm_up_s});
  return process;
}

template <typename Function>
auto named(const char* arm, Function act) {
  try {
    return act();
  } catch (const interrupted&) {
    throw;
  } catch (const error& trouble) {
    throw error(trouble.kind(), fmt::format("arm {}: {}", arm, trouble.what()));
  }
}

}  // namespace

double duel_group::log_ratio() const { return (std::log(b[0]) + std::log(b[1]) - std::log(a[0]) - std::log(a[1])) / 2; }

std::vector<duel_block> run_duel(const duel_arm& a, const duel_arm& b, const duel_plan& plan) {
  std::mt19937_64 random(plan.seed);
  std::vector<duel_block> blocks;
  for (std::uint32_t i = 0; i < plan.blocks; ++i) {
    duel_block block;
    block.padding_a = static_cast<std::uint32_t>(random() % 4096);
    block.padding_b = static_cast<std::uint32_t>(random() % 4096);
    cell_process of_a = named("A", [&] { return start(a, plan, block.padding_a); });
    cell_process of_b = named("B", [&] { return start(b, plan, block.padding_b); });
    for (std::uint32_t g = 0; g < plan.groups; ++g) {
      duel_group group;
      group.a_first = random() % 2 == 0;
      const auto take_a = [&](int turn) { group.a[turn] = named("A", [&] { return slice(of_a, plan.slice_s); }); };
      const auto take_b = [&](int turn) { group.b[turn] = named("B", [&] { return slice(of_b, plan.slice_s); }); };
      if (group.a_first) {
        take_a(0), take_b(0), take_b(1), take_a(1);
      } else {
        take_b(0), take_a(0), take_a(1), take_b(1);
      }
      block.groups.push_back(group);
    }
    named("A", [&] { return of_a.finish(); });
    named("B", [&] { return of_b.finish(); });
    blocks.push_back(std::move(block));
  }
  return blocks;
}

}  // namespace crossover
