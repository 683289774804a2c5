#include "tools/check/measure_pair.hpp"

#include <fmt/format.h>

#include "reports/check/judged_metric.hpp"
#include "workloads/base/clock.hpp"

namespace crossover {

measured_pair measure_pair(block_arm old_side, block_arm new_side, const block_options& plan,
                           std::mt19937_64& random) {
  const std::int64_t begin_ns = now_ns();
  measured_pair measured;
  measured.record = measure_block({std::move(old_side), std::move(new_side)}, plan, random);
  measured.seconds = static_cast<double>(now_ns() - begin_ns) * 1e-9;
  for (const int which : {0, 1})
    if (const auto& failure = measured.record.arms[which].failure)
      measured.failures[which] = failure->what();
  return measured;
}

slice judged_slice(side which, const cell_result& cell, const sample& measured,
                   const metric& judged) {
  const std::optional<double> figure = judged.extract(cell, measured);
  if (!figure || !(*figure > 0))
    throw error(error_kind::unsupported,
                fmt::format("{} is {} in a slice of this cell; choose another --metric",
                            judged.label, figure ? "0" : "not measured"));
  return {which, judged.better == better_direction::higher ? 1 / *figure : *figure};
}

pair_block judged_block(measured_pair measured, const cell_result& cell, const metric& judged) {
  pair_block block{.seconds = measured.seconds,
                   .failures = {measured.failures[0], measured.failures[1]}};
  if (!block.failures[0].empty() || !block.failures[1].empty()) return block;
  for (const block_turn& turn : measured.record.turns)
    block.slices.push_back(judged_slice(turn.arm == 0 ? side::baseline : side::candidate, cell,
                                        turn.measured, judged));
  block.record = record_of(block.slices);
  const metric& errors = *find_metric("errors");
  const auto failed_share = [&](int which) {
    return errors.extract(cell, *measured.record.arms[which].total).value_or(0);
  };
  block.record.failed_operations = {failed_share(0), failed_share(1)};
  return block;
}

}  // namespace crossover
