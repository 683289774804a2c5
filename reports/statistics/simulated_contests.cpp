#include "reports/statistics/simulated_contests.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace crossover {
namespace {

constexpr double autocorrelation = 0.3;
constexpr double common_drift_in_scatters = 3;

double next_of_drift(double drift, double innovation) {
  return autocorrelation * drift + std::sqrt(1 - autocorrelation * autocorrelation) * innovation;
}

/// Relative scatter of each model's own noise, root mean square 1.
std::vector<double> scatter_factors(std::size_t models) {
  constexpr double factors[] = {1.5, 0.5, 1.0, 0.8, 1.2};
  std::vector<double> chosen;
  for (std::size_t i = 0; i < models; ++i) chosen.push_back(factors[i % std::size(factors)]);
  const double squares = std::inner_product(chosen.begin(), chosen.end(), chosen.begin(), 0.0);
  for (double& factor : chosen) factor /= std::sqrt(squares / static_cast<double>(models));
  return chosen;
}

std::vector<block_values> first_blocks(const std::vector<block_values>& models, std::size_t n) {
  std::vector<block_values> first;
  for (const block_values& model : models) first.emplace_back(model.begin(), model.begin() + n);
  return first;
}

double true_ratio_to_best(const std::vector<double>& truth, std::size_t model) {
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (i != model) best = std::max(best, truth[i]);
  return std::exp(truth[model] - best);
}

bool contains(const model_rank& rank, double ratio) {
  constexpr double rounding = 1e-9;
  return rank.to_best && rank.to_best->lower <= ratio + rounding &&
         (!rank.to_best->upper || ratio <= *rank.to_best->upper + rounding);
}

void count(const contest_ranking& ranking, const std::vector<double>& truth, double margin,
           simulation_counts& counts) {
  bool covered = true;
  bool wrong_best = false;
  bool wrong_equivalent = false;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const model_rank& rank = ranking.models[i];
    const double ratio = true_ratio_to_best(truth, i);
    covered &= contains(rank, ratio);
    wrong_best |= rank.shown == model_class::best && ratio <= 1;
    wrong_equivalent |= rank.shown == model_class::equivalent && ratio < 1 - margin;
  }
  counts.contests += 1;
  counts.covered += covered;
  counts.wrong_best += wrong_best;
  counts.wrong_equivalent += wrong_equivalent;
  counts.decided +=
      ranking.verdict == contest_verdict::best || ranking.verdict == contest_verdict::equivalent;
}

double mean_of(const block_values& model) {
  double sum = 0;
  for (const auto& value : model) sum += *value;
  return sum / static_cast<double>(model.size());
}

/// The model that answers name first.
std::size_t leader_of(const std::vector<block_values>& models, const contest_ranking& ranking) {
  const auto order = [&](std::size_t i) {
    const model_class shown = ranking.models[i].shown;
    return std::pair(shown == model_class::best         ? 0
                     : shown == model_class::equivalent ? 1
                                                        : 2,
                     -mean_of(models[i]));
  };
  std::size_t leader = 0;
  for (std::size_t i = 1; i < models.size(); ++i)
    if (order(i) < order(leader)) leader = i;
  return leader;
}

}  // namespace

block_hosts hosts_of(const simulated_contest& contest, std::size_t blocks) {
  block_hosts hosts;
  for (std::size_t b = 0; b < blocks; ++b) {
    std::size_t host = b % contest.hosts;
    if (contest.unequal) host = b % 4 == 3 ? 1 + b / 4 % (contest.hosts - 1) : 0;
    hosts.push_back(static_cast<std::uint32_t>(host));
  }
  return hosts;
}

double contest_simulator::own_noise(contest_noise noise, double& drift) {
  // Regimes account for nine tenths of the variance.
  const double regime_share = std::sqrt(0.9);
  const double rest_share = std::sqrt(0.1);
  switch (noise) {
    case contest_noise::own_drift:
      return drift = next_of_drift(drift, normal());
    case contest_noise::heavy_tailed: {
      double squares = 0;
      for (int i = 0; i < 3; ++i) squares += std::pow(normal(), 2);
      return normal() / std::sqrt(squares / 3) / std::sqrt(3.0);  // the variance of t(3) is 3
    }
    case contest_noise::bimodal:
      return regime_share * (chance(0.5) ? 1 : -1) + rest_share * normal();
    case contest_noise::slow_regime:
      return regime_share * (chance(0.2) ? -2 : 0.5) + rest_share * normal();
    case contest_noise::normal:
    case contest_noise::common_drift:
    case contest_noise::rare_regime:
      break;
  }
  return normal();
}

std::vector<block_values> contest_simulator::draw(const simulated_contest& contest,
                                                  std::size_t blocks) {
  const std::size_t models = contest.truth.size();
  std::vector<double> factors = scatter_factors(models);
  std::shuffle(factors.begin(), factors.end(), random_);
  double common_drift = normal();
  std::vector<std::vector<double>> drifts(contest.hosts, std::vector<double>(models));
  std::vector<std::vector<double>> effects = drifts;  // of the hosts
  for (std::vector<double>& of_host : drifts)
    for (double& drift : of_host) drift = normal();
  if (contest.hosts > 1)
    for (std::vector<double>& of_host : effects)
      for (double& effect : of_host) effect = contest.host_scatter / std::sqrt(2.0) * normal();
  const block_hosts hosts = hosts_of(contest, blocks);

  std::vector<block_values> values(models);
  for (std::size_t b = 0; b < blocks; ++b) {
    double common = 0;
    if (contest.noise == contest_noise::common_drift) {
      common_drift = next_of_drift(common_drift, normal());
      common = common_drift_in_scatters * contest.scatter * common_drift;
    }
    for (std::size_t i = 0; i < models; ++i) {
      const double scatter = factors[i] * contest.scatter / std::sqrt(2.0);
      double value = contest.truth[i] + effects[hosts[b]][i] + common +
                     scatter * own_noise(contest.noise, drifts[hosts[b]][i]);
      if (contest.noise == contest_noise::rare_regime && i == 0)
        value += std::log(0.8) * ((chance(0.1) ? 1 : 0) - 0.1);
      values[i].push_back(value);
    }
  }
  return values;
}

std::vector<std::vector<block_values>> contest_simulator::draw_beside(
    const simulated_contest& contest, std::size_t blocks) {
  simulated_contest other = contest;
  other.truth = {0, 0};
  other.noise = contest.noise_beside.value_or(contest.noise);
  std::vector<std::vector<block_values>> others;
  for (std::size_t i = 0; i < contest.beside; ++i) others.push_back(draw(other, blocks));
  return others;
}

played_contest play(const std::vector<block_values>& all_blocks,
                    const std::vector<std::vector<block_values>>& beside, const stopping_rule& rule,
                    const block_hosts& hosts) {
  stopping_rule of_run = rule;
  block_hosts first_hosts;
  std::vector<block_values> measured = first_blocks(all_blocks, 0);
  while (const auto look = next_look(rule, measured.front().size())) {
    measured = first_blocks(all_blocks, *look);
    first_hosts = hosts;
    if (!hosts.empty()) first_hosts.resize(*look);
    of_run.ranking.run = autocorrelation_of(measured, {}, first_hosts);
    for (const std::vector<block_values>& other : beside)
      of_run.ranking.run.add(autocorrelation_of(first_blocks(other, *look), {}, first_hosts));
    if (is_settled(paired_differences(measured, {}, of_run.ranking.run, first_hosts), of_run))
      break;
  }
  return {std::move(measured), std::move(first_hosts), of_run.ranking};
}

simulation_counts simulate(const simulated_contest& contest, const stopping_rule& rule,
                           std::size_t contests, std::uint64_t seed) {
  contest_simulator simulator(seed);
  const block_hosts hosts = hosts_of(contest, rule.most_blocks);
  simulation_counts counts;
  for (std::size_t c = 0; c < contests; ++c) {
    const auto all_blocks = simulator.draw(contest, rule.most_blocks);
    const played_contest played =
        play(all_blocks, simulator.draw_beside(contest, rule.most_blocks), rule, hosts);
    count(rank_models(played.blocks, played.ranking, {}, played.hosts), contest.truth,
          rule.ranking.margin, counts);
    counts.blocks += played.blocks.front().size();
  }
  return counts;
}

reference_counts simulate_reference(const simulated_contest& contest, const stopping_rule& rule,
                                    std::size_t contests, std::uint64_t seed) {
  contest_simulator simulator(seed);
  reference_counts counts;
  std::vector<double> half_widths;
  for (std::size_t c = 0; c < contests; ++c) {
    std::vector<block_values> models = simulator.draw(contest, rule.most_blocks);
    const block_values reference = models.back();
    models.pop_back();
    const played_contest played =
        play(models, simulator.draw_beside(contest, rule.most_blocks), rule);
    const std::size_t leader = leader_of(played.blocks, rank_models(played.blocks, played.ranking));
    const auto found = ratio_to_reference(
        played.blocks, leader, first_blocks({reference}, played.blocks.front().size()).front(),
        played.ranking);
    if (!found) continue;
    const double truth = std::exp(contest.truth[leader] - contest.truth.back());
    counts.contests += 1;
    counts.covered += found->lower <= truth && truth <= *found->upper;
    half_widths.push_back(std::log(*found->upper / found->lower) / 2);
  }
  const auto middle = half_widths.begin() + static_cast<std::ptrdiff_t>(half_widths.size() / 2);
  std::nth_element(half_widths.begin(), middle, half_widths.end());
  if (middle != half_widths.end()) counts.half_width = *middle;
  return counts;
}

}  // namespace crossover
