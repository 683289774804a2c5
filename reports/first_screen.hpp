#pragma once

#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/answers.hpp"
#include "reports/panels.hpp"

namespace crossover {

/// HTML of the page's first screen. The page's script adds the plots.
struct first_screen {
  std::string heading;  ///< title, place and date
  std::string lede;     ///< the answer in one or two sentences
  std::string title;    ///< of the table of answers, with the meaning of the plots
  std::string answers;  ///< one row per question
  std::string run;      ///< machine, steal, findings and the command that repeats the run
};
first_screen first_screen_of(const results& now, const std::vector<panel>& panels,
                             const answer_set& all);

/// Table of all contests, folded; empty without contests.
std::string contest_table(const results& now, const answer_set& all);

}  // namespace crossover
