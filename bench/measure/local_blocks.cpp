#include "bench/measure/local_blocks.hpp"

#include <poll.h>

#include <algorithm>

#include "bench/measure/turn_order.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// A scheduler or service manager ends a job with the same signal to all its processes, in any
/// order. Then a cell did not fail by itself. Throws `interrupted` if this process gets a signal.
void await_own_end() {
  constexpr int timeout_ms = 300;
  pollfd interrupt{.fd = interrupt_descriptor(), .events = POLLIN, .revents = 0};
  ::poll(&interrupt, 1, timeout_ms);
  if (was_interrupted()) throw interrupted();
}

}  // namespace

std::vector<arm_record> local_blocks::measure(const block_request& block) {
  std::vector<block_arm> contenders =
      contenders_of({block.cells.begin(), block.cells.end()}, make_);
  for (std::size_t k = 0; k < contenders.size(); ++k)
    if (const auto known = slices_.find(block.cells[k]->name); known != slices_.end())
      contenders[k].slice = known->second;
  watch_.begin_block();
  std::mt19937_64 random = generator_of(seed_, block.number, block.contest);
  std::vector<arm_record> records = measure_block(contenders, options_, random).arms;
  watch_.end_block();
  if (std::any_of(records.begin(), records.end(),
                  [](const arm_record& record) { return record.failure.has_value(); }))
    await_own_end();
  for (std::size_t k = 0; k < records.size(); ++k) {
    arm_record& record = records[k];
    const std::string& name = block.cells[k]->name;
    if (record.slice && !record.failure)
      slices_.insert_or_assign(name, *record.slice);
    else
      slices_.erase(name);
    if (!record.total) continue;
    watch_.describe(*record.total);
    record.total->idle_cpu_s = record.idle_cpu_s;
    record.total->idle_s = record.idle_s;
  }
  return records;
}

}  // namespace crossover
