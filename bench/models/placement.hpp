#pragma once

#include <array>

#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {

/// Parameter of models whose workers share the cell's CPUs. On several CPUs, the kernel moves free
/// workers between them, differently in each process, which scatters the results of short slices.
inline constexpr std::array placement_parameters = {
    parameter{"placement", parameter_kind::choice, "free", 0, 0, "free|pinned",
              "pinned: worker i stays on CPU number i mod cores of the cell"}};

/// Returns whether workers are bound to one CPU each.
inline bool pins_workers(const model_setup& setup) {
  return setup.model_values.text("placement") == "pinned";
}

/// Binds the calling worker to its CPU. Throws `error` (unsupported) if the kernel refuses.
inline void pin_worker(const std::vector<int>& cpus, std::size_t worker) {
  bind_to_cpus({cpus[worker % cpus.size()]});
}

}  // namespace crossover
