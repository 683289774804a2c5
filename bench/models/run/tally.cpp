#include "bench/models/run/tally.hpp"

#include <algorithm>
#include <string_view>

namespace crossover {

void tally::begin(const run_control& control) {
  begun = late = 0;
  errors.clear();
  phase_ = run_phase::lead_in;
  observe(control.phase.load(std::memory_order_relaxed));
}

void tally::end() {
  observe(run_phase::drain);
  end_ns = now_ns();
  latency.flush();
  service.flush();
}

void tally::count_error(const operation_error& e) {
  if (!in_window()) return;
  // No string on the stack: a fiber's stack keeps the redzones of frames that an exception has
  // left, which AddressSanitizer then reports.
  const std::string_view name = e.what();
  const auto known = errors.find(name);
  if (known == errors.end())
    errors.emplace(name, 1);
  else
    ++known->second;
}

void tally::on_edge(run_phase phase) {
  if (reads_usage_ && phase_ == run_phase::lead_in) open_ = usage_of_this_process();
  if (reads_usage_ && phase == run_phase::drain) close_ = usage_of_this_process();
  phase_ = phase;
}

worker_tallies::worker_tallies(run_board& board, std::uint32_t threads)
    : latency_(threads), service_(threads) {
  for (std::uint32_t i = 0; i < board.size(); ++i)
    tallies_.emplace_back(board.slot(i), latency_, service_, i);
}

void worker_tallies::begin_all(const run_control& control) {
  for (tally& worker : tallies_) worker.begin(control);
}

void worker_tallies::end_all() {
  for (tally& worker : tallies_) worker.end();
}

worker_totals worker_tallies::add_up() {
  worker_totals totals;
  for (const tally& worker : tallies_) {
    totals.end_ns = std::max(totals.end_ns, worker.end_ns);
    totals.begun += worker.begun;
    totals.late += worker.late;
    for (const auto& [name, count] : worker.errors) totals.errors[name] += count;
  }
  totals.latency = latency_.take();
  totals.service = service_.take();
  return totals;
}

}  // namespace crossover
