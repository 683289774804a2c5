#include "bench/results/metrics.hpp"

#include <algorithm>
#include <array>

namespace crossover {
namespace {

using figure = std::optional<double>;

figure ratio(double numerator, double denominator) {
  if (!(denominator > 0)) return std::nullopt;
  return numerator / denominator;
}

template <typename T>
figure per_operation(const std::optional<T>& total, const sample& s) {
  if (!total) return std::nullopt;
  return ratio(static_cast<double>(*total), static_cast<double>(s.operations));
}

std::optional<double> cpu_s(const sample& s) {
  if (!s.cpu_user_s) return std::nullopt;
  return *s.cpu_user_s + s.cpu_system_s.value_or(0);
}

figure throughput(const cell_result&, const sample& s) {
  if (s.operations == 0) return std::nullopt;
  return ratio(static_cast<double>(s.operations), s.wall_s);
}

figure time_per_operation(const cell_result&, const sample& s) {
  return ratio(s.wall_s, static_cast<double>(s.operations));
}

template <int PerMille>
figure latency_quantile(const cell_result&, const sample& s) {
  if (!s.latency || s.latency->count() == 0) return std::nullopt;
  return s.latency->quantile_ns(PerMille / 1000.0) * 1e-9;
}

figure latency_mean(const cell_result&, const sample& s) {
  if (!s.latency || s.latency->count() == 0) return std::nullopt;
  return s.latency->mean_ns * 1e-9;
}

figure cpu_per_operation(const cell_result&, const sample& s) { return per_operation(cpu_s(s), s); }

figure cpu_share(const cell_result& cell, const sample& s) {
  const auto cpu = cpu_s(s);
  if (!cpu || !cell.cores) return std::nullopt;
  return ratio(*cpu, s.wall_s * *cell.cores);
}

figure voluntary_switches(const cell_result&, const sample& s) {
  return per_operation(s.voluntary_switches, s);
}
figure involuntary_switches(const cell_result&, const sample& s) {
  return per_operation(s.involuntary_switches, s);
}
figure minor_faults(const cell_result&, const sample& s) {
  return per_operation(s.minor_faults, s);
}

figure error_share(const cell_result&, const sample& s) {
  double errors = 0;
  for (const auto& [name, count] : s.errors) errors += static_cast<double>(count);
  return ratio(errors, errors + static_cast<double>(s.operations));
}

figure peak_memory(const cell_result&, const sample& s) {
  if (!s.peak_rss_bytes) return std::nullopt;
  return static_cast<double>(*s.peak_rss_bytes);
}

figure memory_per_in_flight(const cell_result& cell, const sample& s) {
  if (!s.peak_rss_bytes || !s.base_rss_bytes || !cell.in_flight) return std::nullopt;
  if (*s.peak_rss_bytes < *s.base_rss_bytes) return std::nullopt;
  return ratio(static_cast<double>(*s.peak_rss_bytes - *s.base_rss_bytes), *cell.in_flight);
}

figure startup(const cell_result&, const sample& s) { return s.startup_s; }
figure start(const cell_result&, const sample& s) { return s.start_s; }
figure drain(const cell_result&, const sample& s) { return s.drain_s; }

figure server_cpu_share(const cell_result&, const sample& s) {
  if (!s.server_cpu_s || !s.server_cpus) return std::nullopt;
  return ratio(*s.server_cpu_s, s.wall_s * *s.server_cpus);
}

constexpr std::array metrics = {
    metric{"throughput", "throughput", "1/s", better_direction::higher, throughput},
    metric{"time", "time per operation", "s", better_direction::lower, time_per_operation},
    metric{"p50", "latency p50", "s", better_direction::lower, latency_quantile<500>},
    metric{"p90", "latency p90", "s", better_direction::lower, latency_quantile<900>},
    metric{"p99", "latency p99", "s", better_direction::lower, latency_quantile<990>},
    metric{"p999", "latency p99.9", "s", better_direction::lower, latency_quantile<999>},
    metric{"max", "latency maximum", "s", better_direction::lower, latency_quantile<1000>},
    metric{"mean", "latency mean", "s", better_direction::lower, latency_mean},
    metric{"cpu", "CPU per operation", "s", better_direction::lower, cpu_per_operation},
    metric{"cpu_share", "CPU share of the cores", "1", better_direction::neither, cpu_share},
    metric{"voluntary_switches", "voluntary switches per operation", "1", better_direction::lower,
           voluntary_switches},
    metric{"involuntary_switches", "involuntary switches per operation", "1",
           better_direction::lower, involuntary_switches},
    metric{"minor_faults", "page faults per operation", "1", better_direction::lower, minor_faults},
    metric{"memory", "peak memory", "bytes", better_direction::lower, peak_memory},
    metric{"memory_per_in_flight", "memory per operation in flight", "bytes",
           better_direction::lower, memory_per_in_flight},
    metric{"startup", "start-up of the cell process", "s", better_direction::lower, startup},
    metric{"start", "longest delay of a lane's first operation", "s", better_direction::lower,
           start},
    metric{"drain", "drain after the window", "s", better_direction::lower, drain},
    metric{"errors", "share of errors", "1", better_direction::lower, error_share},
    metric{"server_cpu_share", "CPU share of the server", "1", better_direction::neither,
           server_cpu_share},
};

}  // namespace

std::span<const metric> all_metrics() { return metrics; }

const metric* find_metric(std::string_view id) {
  const auto metric_of_id =
      std::find_if(metrics.begin(), metrics.end(), [id](const metric& m) { return m.id == id; });
  return metric_of_id == metrics.end() ? nullptr : &*metric_of_id;
}

}  // namespace crossover
