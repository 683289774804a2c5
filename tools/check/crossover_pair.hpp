#pragma once

#include <random>
#include <string>
#include <vector>

#include "bench/measure/duel.hpp"
#include "bench/measure/name_filter.hpp"
#include "bench/measure/servers.hpp"
#include "bench/results/metrics.hpp"
#include "reports/check/comparison.hpp"
#include "reports/statistics/location.hpp"
#include "tools/check/block_source.hpp"

namespace crossover {

struct crossover_pair_options {
  std::vector<std::string> selection;  ///< flags of `list`, the same for both programs
  std::string filter;
  std::string metric = "time";
  std::uint64_t seed = 1;
  double grace_s = 20;
  double slower = 0;      ///< percent of time added to each operation of the new side
  std::string slower_in;  ///< filter of the cells that `slower` applies to
};

/// Two builds of crossover: cell processes of both on the same CPUs and with the same server,
/// measured in alternating slices.
class crossover_pair : public block_source {
 public:
  /// Lists the cells of both programs. Those that only one has, or that one skips, go to
  /// `unmatched`. Throws `error` (invalid) with the program's message if both reject the selection.
  crossover_pair(const std::string& old_program, const std::string& new_program,
                 const crossover_pair_options& options, check_result& unmatched);

  std::vector<std::string> cells() const override;
  double prepare(std::size_t cell) override;
  double measure(std::size_t cell) override;
  std::string probe(std::size_t cell, side which) override;
  /// Slices of the last block, in order of time.
  const std::vector<slice>& last_slices() const { return slices_; }
  std::string last_order() const override;
  /// Reports whether the server is the limit.
  std::vector<std::string> caveats(std::size_t cell) const override;

 private:
  struct paired_cell {
    cell_result what;  ///< as listed by the new program
    duel_arm old_arm, new_arm;
    duel_plan plan;
    server_pool::server server;
    double server_cpu_s = 0;  ///< CPU time of the server in all blocks
    double measured_s = 0;    ///< slices and warm-ups of all blocks: when the server had work
  };
  void arm_both(paired_cell& cell);

  std::string old_program_, new_program_;
  crossover_pair_options options_;
  const metric& judged_;
  machine machine_;
  server_pool servers_;
  std::mt19937_64 random_;
  std::vector<paired_cell> cells_;
  std::vector<slice> slices_;
};

}  // namespace crossover
