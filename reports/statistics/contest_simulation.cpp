#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "reports/statistics/simulated_contests.hpp"

namespace {

using namespace crossover;

struct named_noise {
  const char* name;
  contest_noise kind;
};

struct named_truth {
  const char* name;
  std::vector<double> ratios;
};

constexpr named_noise noises[] = {
    {"normal", contest_noise::normal},
    {"autocorrelated 0.3, common", contest_noise::common_drift},
    {"autocorrelated 0.3, each model", contest_noise::own_drift},
    {"heavy-tailed (t, 3)", contest_noise::heavy_tailed},
    {"bimodal, 50 : 50", contest_noise::bimodal},
    {"bimodal, 80 : 20", contest_noise::slow_regime},
};

const named_truth truths[] = {
    {"all equal", {1, 1, 1, 1, 1}},
    {"one best by 3 %", {1.03, 1, 1, 1, 1}},
    {"one best by 10 %", {1.1, 1, 1, 1, 1}},
    {"two best, others 10, 25, 40 % slower", {1, 1, 0.9, 0.75, 0.6}},
    {"all within 4 % of the best", {1, 0.99, 0.98, 0.97, 0.96}},
    {"four slower by 5.01 %", {1, 0.9499, 0.9499, 0.9499, 0.9499}},
};

std::vector<double> logs_of(const std::vector<double>& ratios) {
  std::vector<double> logs;
  for (const double ratio : ratios) logs.push_back(std::log(ratio));
  return logs;
}

/// Prints rows of one table and remembers the worst of them.
class table {
 public:
  table(std::size_t contests, std::uint64_t seed, std::size_t most_blocks = 48)
      : contests_(contests), seed_(seed) {
    rule_.most_blocks = most_blocks;
  }

  static void print_head(const char* kind) {
    fmt::print(
        "| {} | block s.d. | truth | coverage | wrong best | wrong equivalent | decided | blocks "
        "|\n|---|--:|---|--:|--:|--:|--:|--:|\n",
        kind);
  }

  void print_row(const std::string& kind, const std::string& truth,
                 const simulated_contest& contest) {
    const simulation_counts counts = simulate(contest, rule_, contests_, seed_++);
    const auto percent = [&](std::size_t hits) {
      return 100.0 * static_cast<double>(hits) / static_cast<double>(counts.contests);
    };
    fmt::print("| {} | {:.0f} % | {} | {:.2f} % | {:.2f} % | {:.2f} % | {:.0f} % | {:.1f} |\n",
               kind, 100 * contest.scatter, truth, percent(counts.covered),
               percent(counts.wrong_best), percent(counts.wrong_equivalent),
               percent(counts.decided),
               static_cast<double>(counts.blocks) / static_cast<double>(counts.contests));
    std::fflush(stdout);
    least_coverage_ = std::min(least_coverage_, percent(counts.covered));
    most_wrong_best_ = std::max(most_wrong_best_, percent(counts.wrong_best));
    most_wrong_equivalent_ = std::max(most_wrong_equivalent_, percent(counts.wrong_equivalent));
  }

  void print_worst() const {
    fmt::print(
        "\nWorst rows: coverage {:.2f} %, wrong best {:.2f} %, wrong equivalent {:.2f} %.\n\n",
        least_coverage_, most_wrong_best_, most_wrong_equivalent_);
  }

 private:
  std::size_t contests_;
  std::uint64_t seed_;
  stopping_rule rule_;
  double least_coverage_ = 100;
  double most_wrong_best_ = 0;
  double most_wrong_equivalent_ = 0;
};

void print_five_models(table rows) {
  table::print_head("noise");
  for (const named_noise& noise : noises)
    for (const double scatter : {0.02, 0.07})
      for (const named_truth& truth : truths)
        rows.print_row(noise.name, truth.name, {logs_of(truth.ratios), noise.kind, scatter});
  rows.print_worst();
}

void print_other_counts(table rows) {
  table::print_head("models, noise");
  for (const std::size_t models : {2, 3, 8, 14})
    for (const named_noise& noise : noises) {
      if (noise.kind == contest_noise::common_drift) continue;  // cancels for any number of models
      std::vector<double> ratios(models, 0.9499);
      ratios.front() = 1;
      for (const double scatter : {0.02, 0.07})
        rows.print_row(fmt::format("{}, {}", models, noise.name), "others slower by 5.01 %",
                       {logs_of(ratios), noise.kind, scatter});
    }
  rows.print_worst();
}

/// Contests that the budget ends after nine blocks. The contest is autocorrelated or not; so are
/// the other contests of its run.
void print_few_blocks(table rows) {
  struct run_kind {
    const char* name;
    std::size_t beside;
    std::optional<contest_noise> noise;
  };
  const run_kind runs[] = {{"15 like it", 15, {}},
                           {"15 normal", 15, contest_noise::normal},
                           {"15 autocorrelated", 15, contest_noise::own_drift},
                           {"none", 0, {}}};
  table::print_head("models, noise; others in the run");
  for (const std::size_t models : {2, 3, 5})
    for (const named_noise& noise : noises) {
      if (noise.kind == contest_noise::common_drift) continue;
      for (const run_kind& run : runs) {
        std::vector<double> ratios(models, 0.9499);
        ratios.front() = 1;
        rows.print_row(fmt::format("{}, {}; {}", models, noise.name, run.name),
                       "others slower by 5.01 %",
                       {logs_of(ratios), noise.kind, 0.02, run.beside, run.noise});
      }
    }
  rows.print_worst();
}

void print_rare_regime(table rows) {
  table::print_head("noise");
  for (const double scatter : {0.01, 0.02, 0.04, 0.07})
    rows.print_row("20 % slower in one block of ten, one model", "all equal",
                   {logs_of({1, 1, 1, 1, 1}), contest_noise::rare_regime, scatter});
}

/// Worst rates over all kinds of noise, two sizes of scatter and three truths.
simulation_counts worst_over_hosts(const simulated_contest& hosts, std::size_t contests,
                                   std::uint64_t seed) {
  stopping_rule rule;
  rule.most_blocks = 48;
  simulation_counts worst{.contests = contests, .covered = contests};
  for (const named_noise& noise : noises)
    for (const double scatter : {0.02, 0.07})
      for (const std::size_t truth : {0, 3, 5}) {
        simulated_contest contest = hosts;
        contest.truth = logs_of(truths[truth].ratios);
        contest.noise = noise.kind;
        contest.scatter = scatter;
        const simulation_counts counts = simulate(contest, rule, contests, seed++);
        worst.covered = std::min(worst.covered, counts.covered);
        worst.wrong_best = std::max(worst.wrong_best, counts.wrong_best);
        worst.wrong_equivalent = std::max(worst.wrong_equivalent, counts.wrong_equivalent);
      }
  return worst;
}

/// Share of contests that are decided, in percent: normal noise, block s.d. 2 %.
double decided_over_hosts(simulated_contest contest, const std::vector<double>& ratios,
                          std::size_t contests, std::uint64_t seed) {
  stopping_rule rule;
  rule.most_blocks = 48;
  contest.truth = logs_of(ratios);
  const simulation_counts counts = simulate(contest, rule, contests, seed);
  return 100.0 * static_cast<double>(counts.decided) / static_cast<double>(contests);
}

void print_hosts(std::size_t contests, std::uint64_t seed) {
  fmt::print(
      "| hosts | s.d. between hosts | shares of the hosts | coverage | wrong best | wrong "
      "equivalent |\n|--:|--:|---|--:|--:|--:|\n");
  for (const std::size_t hosts : {2, 3, 10, 50})
    for (const double between : {0.0, 0.01, 0.05})
      for (const bool unequal : {false, true}) {
        simulated_contest contest{
            .truth = {}, .hosts = hosts, .host_scatter = between, .unequal = unequal};
        const simulation_counts worst = worst_over_hosts(contest, contests, seed += 100);
        const auto percent = [&](std::size_t hits) {
          return 100.0 * static_cast<double>(hits) / static_cast<double>(contests);
        };
        fmt::print("| {} | {:.0f} % | {} | {:.2f} % | {:.2f} % | {:.2f} % |\n", hosts,
                   100 * between, unequal ? "three of four blocks on one" : "equal",
                   percent(worst.covered), percent(worst.wrong_best),
                   percent(worst.wrong_equivalent));
        std::fflush(stdout);
      }
  fmt::print(
      "\nShare of contests that are decided, by the true ratios: normal noise, block s.d. 2 %, "
      "equal shares:\n\n| hosts | s.d. between hosts | one best by 10 % | one best by a factor of "
      "2 | all equal |\n|--:|--:|--:|--:|--:|\n");
  for (const std::size_t hosts : {1, 2, 3, 4, 5, 6, 8, 10, 24, 48})
    for (const double between : {0.0, 0.01, 0.05}) {
      if (hosts == 1 && between > 0) continue;
      simulated_contest contest{
          .truth = {}, .scatter = 0.02, .hosts = hosts, .host_scatter = between};
      const auto decided = [&](const std::vector<double>& ratios) {
        return decided_over_hosts(contest, ratios, contests, ++seed);
      };
      fmt::print("| {} | {:.0f} % | {:.0f} % | {:.0f} % | {:.0f} % |\n", hosts, 100 * between,
                 decided({1.1, 1, 1, 1, 1}), decided({2, 1, 1, 1, 1}), decided({1, 1, 1, 1, 1}));
      std::fflush(stdout);
    }
}

void print_reference(std::size_t contests, std::uint64_t seed) {
  fmt::print(
      "| models, noise | block s.d. | coverage | half width (median) |\n|---|--:|--:|--:|\n");
  stopping_rule rule;
  rule.most_blocks = 48;
  double least_coverage = 100;
  for (const std::size_t models : {1, 2, 5})
    for (const named_noise& noise : noises) {
      if (noise.kind == contest_noise::common_drift) continue;  // cancels, as above
      for (const double scatter : {0.02, 0.07}) {
        const simulated_contest equal{std::vector<double>(models + 1), noise.kind, scatter};
        const reference_counts counts = simulate_reference(equal, rule, contests, seed++);
        const double coverage =
            100.0 * static_cast<double>(counts.covered) / static_cast<double>(counts.contests);
        fmt::print("| {}, {} | {:.0f} % | {:.2f} % | {:.1f} % |\n", models, noise.name,
                   100 * scatter, coverage, 100 * counts.half_width);
        least_coverage = std::min(least_coverage, coverage);
      }
    }
  fmt::print("\nWorst row: coverage {:.2f} %.\n", least_coverage);
}

}  // namespace

/// Prints the error rates of verdicts in simulated contests, as Markdown:
/// `contest_simulation [CONTESTS [SEED]]`.
int main(int count, char** arguments) {
  const std::size_t contests = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 10'000;
  const std::uint64_t seed = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 61;
  const table rows(contests, seed);
  fmt::print("Five models, {} contests per row, at most 48 blocks, seed {}.\n\n", contests, seed);
  print_five_models(rows);
  fmt::print("Other numbers of models:\n\n");
  print_other_counts(rows);
  fmt::print("At most nine blocks, in runs of several kinds:\n\n");
  print_few_blocks(table(contests, seed, 9));
  fmt::print("Outside the promise, a regime that few blocks do not meet:\n\n");
  print_rare_regime(rows);
  fmt::print("\nThe ratio of the leading model to `reference`, all equal:\n\n");
  print_reference(contests, seed);
  const std::size_t fewer = std::max<std::size_t>(1, contests / 5);
  fmt::print(
      "\nOver several hosts, five models, {} contests each. The rates are the worst over the kinds "
      "of noise above, block s.d.\nof 2 and 7 %, and three truths (all equal; two best; four "
      "slower "
      "by 5.01 %):\n\n",
      fewer);
  print_hosts(fewer, seed);
}
