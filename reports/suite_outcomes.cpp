// Outcomes of the named suites, as sentences.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "bench/results/metrics.hpp"
#include "reports/escape.hpp"
#include "reports/outcomes.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

std::optional<double> mean_of(const cell_result* cell, std::string_view id) {
  if (cell == nullptr) return std::nullopt;
  const auto mean = interval_of(*cell, id);
  return mean ? std::optional(mean->mean) : std::nullopt;
}

std::string metric_text(const cell_result* cell, std::string_view id) {
  const auto mean = mean_of(cell, id);
  return mean ? figure_text(*mean, find_metric(id)->unit) : "not measured";
}

/// Finds a measured cell with the same workload and parameters by its axes; nullptr if none.
const cell_result* find(const results& all, const cell_result& like, std::string_view model,
                        std::uint32_t cores, std::uint32_t in_flight) {
  for (const cell_result& cell : all.cells)
    if (cell.status == cell_status::ok && !cell.samples.empty() && cell.workload == like.workload &&
        cell.parameters == like.parameters && cell.rate == like.rate &&
        cell.model_label() == model && cell.cores == cores && cell.in_flight == in_flight)
      return &cell;
  return nullptr;
}

/// The first cell of each workload with its parameters, in the order of the file.
std::vector<const cell_result*> distinct_workloads(const results& all) {
  std::vector<const cell_result*> firsts;
  for (const cell_result& cell : all.cells)
    if (std::none_of(firsts.begin(), firsts.end(), [&](const cell_result* f) {
          return f->workload == cell.workload && f->parameters == cell.parameters &&
                 f->rate == cell.rate;
        }))
      firsts.push_back(&cell);
  return firsts;
}

std::vector<std::string> models_of(const results& all) {
  std::vector<std::string> models;
  for (const cell_result& cell : all.cells)
    if (std::find(models.begin(), models.end(), cell.model_label()) == models.end())
      models.push_back(cell.model_label());
  return models;
}

template <typename Member>
std::vector<std::uint32_t> axis_of(const results& all, Member member) {
  std::set<std::uint32_t> distinct;
  for (const cell_result& cell : all.cells)
    if (const auto value = cell.*member) distinct.insert(*value);
  return {distinct.begin(), distinct.end()};
}

/// Throughput of `to` over that of `from`, with its interval.
std::optional<interval> speed_up(const cell_result* from, const cell_result* to) {
  if (from == nullptr || to == nullptr) return std::nullopt;
  return ratio_interval(values_of(*to, "throughput"), values_of(*from, "throughput"));
}

/// The workload, with the parameters that vary in the file: "sleep", "network with delay 1ms".
std::string workload_text(const results& all, const cell_result& cell) {
  std::string text = cell.workload;
  const char* separator = " with ";
  for (const auto& own : cell.parameters) {
    const bool differs =
        std::any_of(all.cells.begin(), all.cells.end(), [&](const cell_result& other) {
          const auto parameter = other.parameters.find(own.first);
          return other.workload == cell.workload && parameter != other.parameters.end() &&
                 parameter->second != own.second;
        });
    if (!differs) continue;
    text += fmt::format("{}{} {}", separator, own.first, clipped(own.second, 30));
    separator = ", ";
  }
  return clipped(text, 90);
}

}  // namespace

std::vector<std::string> io_vs_cpu_outcome(const outcome_input& from) {
  const auto cores = axis_of(from.value, &cell_result::cores),
             in_flight = axis_of(from.value, &cell_result::in_flight);
  if (cores.empty() || in_flight.size() < 2) return {};
  std::vector<std::string> sentences;
  for (const cell_result* work : distinct_workloads(from.value)) {
    const std::string model = "thread_pool";
    const auto* alone = find(from.value, *work, model, cores.front(), in_flight.front());
    const auto* many = find(from.value, *work, model, cores.front(), in_flight.back());
    const auto* parallel = find(from.value, *work, model, cores.back(), in_flight.back());
    const auto by_in_flight = speed_up(alone, many), by_cores = speed_up(many, parallel);
    const auto share = mean_of(alone, "cpu_share");
    if (!by_in_flight || !share) continue;
    const double gain_in_flight = by_in_flight->mean, gain_cores = by_cores ? by_cores->mean : 1;
    const char* verdict = gain_in_flight > 1.5 && gain_cores > 1.3 ? "I/O-bound, then CPU-bound"
                          : gain_in_flight > 1.5 ? "I/O-bound: operations wait, and waits overlap"
                          : gain_cores > 1.3     ? "CPU-bound: only more cores help"
                                                 : "limited by neither concurrency nor cores here";
    sentences.push_back(fmt::format(
        "{} is {}. With {} in flight on {}, the CPU is {} busy. Throughput gain with {} in flight: "
        "{}; with {} instead of {}: {}.",
        workload_text(from.value, *work), verdict, in_flight.front(),
        counted(cores.front(), "core"), percent_text(*share), in_flight.back(),
        ratio_text(*by_in_flight), cores.size() > 1 ? counted(cores.back(), "core") : "more cores",
        cores.front(), cores.size() > 1 && by_cores ? ratio_text(*by_cores) : "not measured"));
  }
  return sentences;
}

std::vector<std::string> concurrency_outcome(const outcome_input& from) {
  const auto cores = axis_of(from.value, &cell_result::cores),
             in_flight = axis_of(from.value, &cell_result::in_flight);
  if (cores.empty() || in_flight.size() < 2) return {};
  std::vector<std::string> sentences;
  for (const cell_result* work : distinct_workloads(from.value))
    for (const std::string& model : models_of(from.value)) {
      const auto* alone = find(from.value, *work, model, cores.front(), in_flight.front());
      const auto* many = find(from.value, *work, model, cores.front(), in_flight.back());
      const auto* parallel = find(from.value, *work, model, cores.back(), in_flight.back());
      const auto by_in_flight = speed_up(alone, many), by_cores = speed_up(many, parallel);
      if (!by_in_flight) continue;
      sentences.push_back(fmt::format(
          "{} under {}: concurrency ({} in flight on {}) gives {}, parallelism ({} with {} in "
          "flight) {}.",
          workload_text(from.value, *work), model, in_flight.back(), counted(cores.front(), "core"),
          ratio_text(*by_in_flight), counted(cores.back(), "core"), in_flight.back(),
          cores.size() > 1 && by_cores ? "gives " + ratio_text(*by_cores) : "was not measured"));
    }
  return sentences;
}

std::vector<std::string> multitasking_outcome(const outcome_input& from) {
  std::vector<std::string> sentences;
  const auto long_of = [](const cell_result& cell) {
    const auto parameter = cell.parameters.find("long");
    return parameter == cell.parameters.end() ? std::string("0") : parameter->second;
  };
  for (const cell_result& with : from.value.cells) {
    if (with.status != cell_status::ok || with.samples.empty() || long_of(with) == "0") continue;
    const cell_result* without = nullptr;
    for (const cell_result& cell : from.value.cells)
      if (cell.model == with.model && long_of(cell) == "0" && cell.status == cell_status::ok)
        without = &cell;
    sentences.push_back(fmt::format(
        "{}: with one long operation of {}, the p99 latency of all operations is {} ({} without "
        "it), with {} voluntary and {} involuntary switches per operation.",
        with.model, long_of(with), metric_text(&with, "p99"), metric_text(without, "p99"),
        metric_text(&with, "voluntary_switches"), metric_text(&with, "involuntary_switches")));
  }
  return sentences;
}

std::vector<std::string> gil_outcome(const outcome_input& from) {
  const auto cores = axis_of(from.value, &cell_result::cores);
  std::vector<std::string> sentences;
  if (cores.size() < 2)
    return {"The cost of a global lock shows only on two or more cores: measured on one."};
  for (const cell_result* work : distinct_workloads(from.value)) {
    std::vector<std::string> parts;
    for (const std::string& model : models_of(from.value)) {
      const auto in_flight = work->in_flight.value_or(1);
      const auto gain = speed_up(find(from.value, *work, model, cores.front(), in_flight),
                                 find(from.value, *work, model, cores.back(), in_flight));
      if (gain) parts.push_back(fmt::format("{} {}", model, ratio_text(*gain)));
    }
    if (!parts.empty())
      sentences.push_back(fmt::format(
          "{}: throughput gain with {} instead of {}: {}.", workload_text(from.value, *work),
          counted(cores.back(), "core"), cores.front(), fmt::join(parts, ", ")));
  }
  return sentences;
}

std::vector<std::string> blocking_outcome(const outcome_input& from) {
  std::vector<std::string> sentences;
  for (const cell_result* work : distinct_workloads(from.value))
    for (const std::uint32_t in_flight : axis_of(from.value, &cell_result::in_flight)) {
      std::vector<std::pair<double, std::string>> ranked;
      for (const std::string& model : models_of(from.value))
        if (const auto* cell = find(from.value, *work, model, 1, in_flight))
          if (const auto mean = interval_of(*cell, "throughput"))
            ranked.emplace_back(
                mean->mean,
                fmt::format(
                    "{} {}",
                    model.substr(model.find('=') == std::string::npos ? 0 : model.find('=') + 1),
                    interval_text(*mean, "1/s")));
      std::sort(ranked.rbegin(), ranked.rend());
      std::vector<std::string> parts;
      for (const auto& [mean, text] : ranked) parts.push_back(text);
      if (!parts.empty())
        sentences.push_back(fmt::format("{} with {} in flight on one core: {}.", work->workload,
                                        in_flight, fmt::join(parts, ", ")));
    }
  return sentences;
}

std::vector<std::string> lightweight_outcome(const outcome_input& from) {
  std::vector<std::string> sentences;
  for (const std::uint32_t in_flight : axis_of(from.value, &cell_result::in_flight)) {
    std::vector<std::string> parts;
    for (const cell_result& cell : from.value.cells) {
      if (cell.in_flight != in_flight) continue;
      if (cell.status != cell_status::ok || cell.samples.empty())
        parts.push_back(
            fmt::format("{} was not measured ({})", cell.model, clipped(cell.reason, 80)));
      else
        parts.push_back(fmt::format("{} {} per operation and {} to start", cell.model,
                                    metric_text(&cell, "memory_per_in_flight"),
                                    metric_text(&cell, "startup")));
    }
    if (!parts.empty())
      sentences.push_back(
          fmt::format("Cost with {} in flight: {}.", in_flight, fmt::join(parts, "; ")));
  }
  return sentences;
}

std::vector<std::string> runtimes_outcome(const outcome_input& from) {
  const auto bytes = [](const cell_result* cell) {
    return mean_of(cell, "memory_per_in_flight").value_or(0);
  };
  std::vector<std::string> sentences;
  const cell_result *least = nullptr, *most = nullptr;
  for (const cell_result& cell : from.value.cells) {
    if (cell.workload != "sleep" || cell.model == name_of_reference || bytes(&cell) <= 0) continue;
    const bool has_more = least == nullptr || cell.in_flight > least->in_flight;
    if (!has_more && cell.in_flight < least->in_flight) continue;
    if (has_more || bytes(&cell) < bytes(least)) least = &cell;
    if (has_more || bytes(&cell) > bytes(most)) most = &cell;
  }
  if (least != nullptr)
    sentences.push_back(
        fmt::format("With {} operations asleep, one takes {} of memory under {}, and {} under {}.",
                    *least->in_flight, metric_text(least, "memory_per_in_flight"), least->model,
                    metric_text(most, "memory_per_in_flight"), most->model));
  // A cell in another language reports its digests as "go_hashing".
  std::vector<std::string> others;
  constexpr std::string_view ending = "_hashing";
  for (const auto& [name, implementation] : from.value.environment)
    if (name.ends_with(ending) && !implementation.starts_with("OpenSSL"))
      others.push_back(fmt::format("{} ({})",
                                   clipped(name.substr(0, name.size() - ending.size()), 40),
                                   clipped(implementation, 80)));
  if (!others.empty())
    sentences.push_back(
        fmt::format("Digests are OpenSSL's except those of {}.", fmt::join(others, ", ")));
  return sentences;
}

}  // namespace crossover
