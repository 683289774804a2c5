#include "bench/cell/run_tracer.hpp"

#include <fmt/format.h>

#include "workloads/base/error.hpp"

namespace crossover {

run_tracer::run_tracer(const std::vector<int>& cpus, std::uint32_t threads)
    : switches_(cpus), points_(threads) {
  active_trace = &points_;
}

run_tracer::~run_tracer() { active_trace = nullptr; }

void run_tracer::start() {
  switches_.start();
  points_.start();
}

run_trace run_tracer::take(std::int64_t begin_ns, std::int64_t end_ns) {
  std::uint64_t lost = points_.lost();
  run_trace trace{begin_ns, end_ns, switches_.take(lost), points_.take()};
  if (lost > 0)
    throw error(error_kind::resource,
                fmt::format("{} trace records did not fit: run fewer operations", lost));
  return trace;
}

}  // namespace crossover
