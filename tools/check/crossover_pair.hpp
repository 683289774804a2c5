#pragma once

#include <optional>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "bench/measure/duel.hpp"
#include "bench/measure/servers.hpp"
#include "bench/results/metrics.hpp"
#include "reports/check/comparison.hpp"
#include "reports/statistics/location.hpp"
#include "tools/check/block_source.hpp"

namespace crossover {

/// Which of a program's benchmarks: Google Benchmark's filter, where a leading '-' keeps what does
/// not match.
class name_filter {
 public:
  /// Empty: every name. Throws `error` (invalid) for what is no regular expression.
  explicit name_filter(const std::string& text);
  bool keeps(const std::string& name) const;

 private:
  std::optional<std::regex> regex_;
  bool negative_ = false;
};

struct crossover_pair_options {
  std::vector<std::string> selection;  ///< flags of `list`, the same for both programs
  std::string filter;
  std::string metric = "time";
  std::uint64_t seed = 1;
  double deadline_s = 20;
  double slower = 0;      ///< percent added to the new side's operations, for calibration
  std::string slower_in;  ///< to the cells that this filter keeps
};

/// Two builds of crossover: live cell processes of both on the same CPUs and with one server,
/// slices in turns.
class crossover_pair : public block_source {
 public:
  /// Asks both programs which cells they have; those that only one has, or skips, are entered into
  /// `found`. Throws `error` (invalid) with a program's own words where it refuses the selection.
  crossover_pair(const std::string& old_program, const std::string& new_program,
                 const crossover_pair_options& options, check_result& found);

  std::vector<std::string> cells() const override;
  double prepare(std::size_t cell) override;
  double measure(std::size_t cell) override;
  std::string trouble(std::size_t cell, side which) override;
  /// The slices of the block that was measured last, in order of time.
  const std::vector<slice>& last_slices() const { return slices_; }
  std::string last_order() const override;
  /// That the server is the cell's limit.
  std::vector<std::string> caveats(std::size_t cell) const override;

 private:
  struct paired_cell {
    cell_result what;  ///< as the new program lists it
    duel_arm old_arm, new_arm;
    duel_plan plan;
    server_pool::place server;
    double server_cpu_s = 0;  ///< that it used in the blocks
    double measured_s =
        0;  ///< the blocks' slices and warm-ups: the time in which it had something to do
  };
  void arm_both(paired_cell& cell);

  std::string old_program_, new_program_;
  crossover_pair_options options_;
  const metric& judged_;
  machine here_;
  server_pool servers_;
  std::mt19937_64 random_;
  std::vector<paired_cell> cells_;
  std::vector<slice> slices_;
};

}  // namespace crossover
