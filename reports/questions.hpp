#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/answers.hpp"

namespace crossover {

/// A row of the page's first screen: neighbouring contests with the same answer.
struct question {
  std::vector<std::size_t> contests;  ///< in the order of their places; the last one is shown
  std::vector<std::size_t> panels;    ///< indices into panels_of
  std::string machine;                ///< "64-core AMD EPYC 7B13"; empty unless there are several
  std::string title;                  ///< "network 64 B"
  std::string place;                  ///< "1 core, 8 to 512 in flight"
  std::string answer;                 ///< the verdict: "event_loop is best"
  std::string remark;                 ///< further figures; may be empty
  std::string cost;                   ///< CPU per operation and memory of the first model
  std::string leader;                 ///< the only best model, or empty
};

/// Returns the rows of all contests with two or more contenders, or of all contests if there are no
/// such. Contests that differ in cores, in flight, `cpu` or `wait` share a row while their verdicts
/// and leading models are the same.
std::vector<question> questions_of(const results& value, const answer_set& all);

/// Returns at most `limit` of the rows, in their order. Every workload keeps a row while there is
/// room.
std::vector<question> first_of(const std::vector<question>& rows, std::size_t limit);

/// Cells whose results are shown in a row.
std::set<std::size_t> cells_shown(const std::vector<question>& rows, const answer_set& all);

}  // namespace crossover
