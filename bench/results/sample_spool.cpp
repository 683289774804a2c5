#include "bench/results/sample_spool.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/results/benchmark_rows.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/sample_json.hpp"

namespace crossover {
namespace {

/// Returns a distribution of at most five bins with the same count, mean, maximum and quantiles of
/// the metrics.
latency_distribution summary_of(const latency_distribution& whole) {
  const std::array quantiles = {whole.quantile_ns(0.5), whole.quantile_ns(0.9),
                                whole.quantile_ns(0.99), whole.quantile_ns(0.999)};
  latency_distribution summary{{}, whole.max_ns, whole.mean_ns, whole.sampling_interval};
  summary.bins.reserve(quantiles.size() + 1);
  std::uint64_t count = 0;  // of the bins since the last one that was kept
  for (const latency_bin& bin : whole.bins) {
    count += bin.count;
    const double middle =
        (static_cast<double>(bin.lower_ns) + static_cast<double>(bin.upper_ns)) / 2;
    const double value = std::min(middle, static_cast<double>(whole.max_ns));
    if (&bin == &whole.bins.back() ||
        std::find(quantiles.begin(), quantiles.end(), value) != quantiles.end())
      summary.bins.push_back({bin.lower_ns, bin.upper_ns, std::exchange(count, 0)});
  }
  return summary;
}

/// Removes what only the results file has.
void reduce(sample& s) {
  if (s.latency) s.latency = summary_of(*s.latency);
  s.service.reset();
  s.series = std::vector<std::uint64_t>();
  s.worker_operations = std::vector<std::uint64_t>();
  s.checksum = std::string();
  s.counters.clear();
}

}  // namespace

void sample_spool::store_new(results& all) {
  places_.resize(all.cells.size());
  for (std::size_t i = 0; i < places_.size(); ++i)
    for (std::vector<sample>& samples = all.cells[i].samples; places_[i].size() < samples.size();)
      places_[i].push_back(store(all.cells[i], samples[places_[i].size()]));
}

sample_spool::place sample_spool::store(const cell_result& cell, sample& measured) {
  const std::string figures = benchmark_figures(cell, measured, file_indent),
                    text = json_text(to_json(measured), file_indent, depth_of_sample);
  const auto offset = file_.append(figures + text);
  if (!offset) return {};
  reduce(measured);
  return {*offset, static_cast<std::uint32_t>(figures.size()),
          static_cast<std::uint32_t>(text.size())};
}

sample_spool::place sample_spool::place_of(std::size_t cell, std::size_t number) const {
  const bool is_known = cell < places_.size() && number < places_[cell].size();
  return is_known ? places_[cell][number] : place();
}

std::optional<std::string> sample_spool::figures(std::size_t cell, std::size_t number) const {
  const place at = place_of(cell, number);
  if (at.text_size == 0) return std::nullopt;
  return file_.read(at.offset, at.figures_size);
}

std::optional<std::string> sample_spool::text(std::size_t cell, std::size_t number) const {
  const place at = place_of(cell, number);
  if (at.text_size == 0) return std::nullopt;
  return file_.read(at.offset + at.figures_size, at.text_size);
}

}  // namespace crossover
