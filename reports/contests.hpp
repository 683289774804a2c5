#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/statistics/ranking.hpp"

namespace crossover {

/// Reason for a verdict that the intervals alone do not give.
enum class verdict_reason {
  intervals,       ///< no special reason: the intervals decide
  scatter,         ///< the blocks scatter too much for their number
  too_few_blocks,  ///< fewer blocks than an interval needs
  not_paired,      ///< the cells were measured sequentially
  ceiling,         ///< every contender reaches the arithmetic ceiling
  rate,            ///< every contender keeps up with the arrival rate of the open loop
  server_bound,    ///< the server limits every contender
  one_model,       ///< only one contender was measured
  no_model,        ///< no contender was measured
};
std::string_view name_of(verdict_reason reason);

/// One model in a contest.
struct contender {
  std::size_t cell = 0;  ///< index into results::cells
  std::string model;
  bool has_errors = false;  ///< some operations failed: shown, but not ranked
  /// nullopt if the model is not ranked.
  std::optional<model_class> shown;
  std::optional<ratio_to_best> to_best;  ///< nullopt if it shares no blocks with another contender
  double slower_by_at_least = 0;         ///< for `slower`: share of the best's throughput
  bool cheapest = false;                 ///< capped: lowest CPU time; if equivalent, lowest memory
  std::optional<double> throughput;      ///< operations per second, mean
  std::optional<double> cpu_s;           ///< CPU time per operation, mean
  std::optional<double> memory_bytes;    ///< peak memory, mean
  std::optional<double> p99_s;           ///< open loop only: response time, mean over the blocks
};

/// Cells that differ only in the model, and the answer to "which model is best here?".
struct contest {
  std::string workload;
  std::map<std::string, std::string> parameters;
  std::optional<std::uint32_t> cores;
  std::optional<std::uint32_t> in_flight;
  std::optional<double> rate;     ///< operations per second that arrive (open loop)
  std::optional<double> ceiling;  ///< limit in operations per second, from arithmetic or the rate
  double equal = 0.05;
  contest_verdict verdict = contest_verdict::cannot_tell;
  verdict_reason why = verdict_reason::intervals;
  /// Leaders first, then by throughput; if capped by a ceiling, the cheapest first. Those with
  /// errors are last.
  std::vector<contender> models;
  std::vector<std::size_t> failed;  ///< cells of models that failed
  /// Codes of findings that every model has, if there are several. They do not weaken the
  /// comparison, so `server_bound` is never among them.
  std::vector<std::string> shared_findings;
  std::optional<std::size_t> reference;       ///< cell of the limit that `of_reference` refers to
  std::optional<ratio_to_best> of_reference;  ///< throughput of the first model over reference's
  std::size_t blocks = 0;                     ///< distinct block numbers
  std::size_t hosts = 0;                      ///< of a fleet that measured blocks; 0 without one
  std::vector<std::string> missing_hosts;     ///< of the same machine type, without a block
  /// Estimated total of blocks that decide the contest; nullopt if decided or unknown.
  std::optional<std::size_t> blocks_wanted;
  /// The same for hosts, if no reasonable number of blocks on these hosts decides it.
  std::optional<std::size_t> hosts_wanted;

  bool is_decided() const {
    return verdict != contest_verdict::cannot_tell && verdict != contest_verdict::single;
  }
};

/// Returns the models that are best or equivalent; if capped, the cheapest; if `cannot_tell`, those
/// that may be the best. Empty if no model is ranked.
std::vector<const contender*> leaders_of(const contest& of);

/// Judges every contest of the results, in order of first appearance. Contests without a measured
/// or failed contender are left out; a foreign file has none. Results of a fleet are those of
/// `split_by_machine_type`; the intervals are those of another host of the type. `reference` is not
/// a contender. On one core, `shared_loop` is left out if `event_loop` is present: both are one
/// loop on one thread.
std::vector<contest> contests_of(const results& value);
/// The same for a part of a run: `run` is the autocorrelation of the whole.
std::vector<contest> contests_of(const results& value, const autocorrelation_estimate& run);

/// Returns the autocorrelation of the throughput differences, pooled over all contests.
autocorrelation_estimate autocorrelation_of(const results& value);

}  // namespace crossover
