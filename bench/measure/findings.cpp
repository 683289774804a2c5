#include "bench/measure/findings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>

#include "bench/measure/block.hpp"

namespace crossover {
namespace {

/// Minimum ticks of a meaningful difference of a counter, and the length of a tick of /proc.
constexpr double ticks = 3, tick_s = 0.01;

double throughput(const sample& s) { return static_cast<double>(s.operations) / s.wall_s; }

/// Share of a quantity in a whole, pooled over the samples that have both.
struct pooled_share {
  double amount = 0, whole = 0;
  double worst = 0;  ///< greatest share of one block
  std::optional<std::uint64_t> worst_block;

  double share() const { return whole > 0 ? amount / whole : 0; }
  std::string worst_text() const {
    return worst_block ? fmt::format("; most in block {}: {:.0f} %", *worst_block, 100 * worst)
                       : std::string();
  }
};

pooled_share pool(const std::vector<sample>& samples,
                  const std::function<std::optional<double>(const sample&)>& amount,
                  const std::function<double(const sample&)>& whole) {
  pooled_share pooled;
  for (const sample& s : samples) {
    const std::optional<double> value = amount(s);
    const double of = whole(s);
    if (!value || !(of > 0)) continue;
    pooled.amount += *value;
    pooled.whole += of;
    if (*value / of <= pooled.worst) continue;
    pooled.worst = *value / of;
    pooled.worst_block = s.block;
  }
  return pooled;
}

class pooled_findings {
 public:
  pooled_findings(const cell_spec& cell, const std::vector<sample>& samples, double machine_cpus)
      : cell_(cell), samples_(samples), machine_cpus_(machine_cpus) {}

  std::vector<finding> all() {
    check_server();
    check_clients();
    check_errors();
    check_schedule();
    check_littles_law();
    check_machine();
    check_scatter();
    return std::move(findings_);
  }

 private:
  void add(const char* code, std::string detail) { findings_.push_back({code, std::move(detail)}); }

  void check_server() {
    const pooled_share used = pool(
        samples_, [](const sample& s) { return s.server_cpu_s; },
        [](const sample& s) { return s.wall_s * s.server_cpus.value_or(0); });
    if (used.share() > server_bound_share)
      add("server_bound",
          fmt::format("the server used {:.0f} % of its {:g} CPUs{}", 100 * used.share(),
                      *samples_.front().server_cpus, used.worst_text()));
  }

  void check_clients() {
    const pooled_share skew = pool(
        samples_, [](const sample& s) { return s.client_skew_s; },
        [](const sample& s) { return s.wall_s / s.clients.value_or(1); });
    if (skew.share() > 0.05)
      add("client_skew", fmt::format("for up to {:.0f} % of the windows, not all clients ran{}",
                                     100 * skew.share(), skew.worst_text()));
  }

  void check_errors() {
    std::map<std::string, std::uint64_t> errors;
    std::uint64_t total = 0, operations = 0;
    for (const sample& s : samples_) {
      operations += s.operations;
      for (const auto& [name, count] : s.errors) {
        errors[name] += count;
        total += count;
      }
    }
    if (total == 0) return;
    const auto most =
        std::max_element(errors.begin(), errors.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    add("errors", fmt::format("{} of {} operations ended in error, mostly {}", total,
                              total + operations, most->first));
  }

  void check_schedule() {
    arrival_counts sum;
    for (const sample& s : samples_) {
      if (!s.arrivals) continue;
      sum.due += s.arrivals->due;
      sum.begun += s.arrivals->begun;
      sum.late += s.arrivals->late;
    }
    const std::uint64_t never = sum.due - std::min(sum.due, sum.begun);
    if (static_cast<double>(never + sum.late) > 0.02 * static_cast<double>(sum.due))
      add("behind_schedule",
          fmt::format("of {} arrivals, {} were begun late and {} never", sum.due, sum.late, never));
  }

  /// Checks Little's law. Operations cut by the edges of the windows count less, so short runs
  /// deviate. The law does not apply if lanes wait for a CPU: a lane that does not run in a window
  /// records nothing there, although it waits.
  void check_littles_law() {
    if (waits_for_cpu()) return;
    double weighted = 0, wall_s = 0, operations = 0;
    std::uint64_t errors = 0;
    for (const sample& s : samples_) {
      for (const auto& [name, count] : s.errors) errors += count;
      if (s.rate || !s.latency || s.latency->count() == 0) continue;
      weighted += throughput(s) * s.latency->mean_ns * 1e-9 * s.wall_s;
      wall_s += s.wall_s;
      operations += static_cast<double>(s.operations);
    }
    if (errors > 0 || wall_s == 0) return;
    const double in_flight = weighted / wall_s;
    const double tolerance =
        0.1 + 2.0 * *cell_.in_flight * static_cast<double>(samples_.size()) / operations;
    if (std::abs(in_flight / *cell_.in_flight - 1) > tolerance)
      add("littles_law", fmt::format("throughput × mean latency is {:.3g} with {} in flight",
                                     in_flight, *cell_.in_flight));
  }

  bool waits_for_cpu() const {
    double used = 0, available = 0;
    for (const sample& s : samples_) {
      used += s.cpu_user_s.value_or(0) + s.cpu_system_s.value_or(0);
      available += s.wall_s * *cell_.cores;
    }
    return *cell_.in_flight > *cell_.cores && used > 0.8 * available;
  }

  void check_machine() {
    const auto block = [](const sample& s) { return s.block_s.value_or(0); };
    const pooled_share steal = pool(
        samples_, [](const sample& s) { return s.steal_s; },
        [this](const sample& s) { return s.wall_s * *cell_.cores; });
    if (steal.share() > 0.02 && steal.amount >= ticks * tick_s)
      add("steal", fmt::format("the hypervisor took {:.1f} % of the cell's CPU time{}",
                               100 * steal.share(), steal.worst_text()));
    const pooled_share foreign = pool(
        samples_, [](const sample& s) { return s.foreign_cpu_s; },
        [&](const sample& s) { return block(s) * machine_cpus_; });
    if (foreign.share() > 0.05 && foreign.amount >= ticks * tick_s)
      add("foreign_load", fmt::format("other programs used {:.0f} % of the machine's CPU time{}",
                                      100 * foreign.share(), foreign.worst_text()));
    const pooled_share throttled = pool(
        samples_, [](const sample& s) { return s.throttled_s; }, block);
    if (throttled.share() > 0.01 && throttled.amount >= ticks * tick_s)
      add("throttled", fmt::format("the CPU quota stopped the cell for {:.0f} % of the time{}",
                                   100 * throttled.share(), throttled.worst_text()));
    const pooled_share pressure = pool(
        samples_, [](const sample& s) { return s.pressure_s; }, block);
    if (pressure.share() > 0.05 && pressure.amount >= ticks * tick_s)
      add("pressure", fmt::format("tasks waited for memory or I/O for {:.0f} % of the time{}",
                                  100 * pressure.share(), pressure.worst_text()));
    check_speed();
  }

  void check_speed() {
    std::size_t slow = 0, known = 0;
    double worst = 1;
    std::optional<std::uint64_t> worst_block;
    for (const sample& s : samples_) {
      if (!s.slowness) continue;
      ++known;
      slow += *s.slowness > 1.03 ? 1 : 0;
      if (*s.slowness > worst) {
        worst = *s.slowness;
        worst_block = s.block;
      }
    }
    if (known > 0 && 2 * slow > known)
      add("slow_machine", fmt::format("a fixed computation took over 3 % longer beside {} of {} "
                                      "blocks; most beside block {}: {:.0f} %",
                                      slow, known, worst_block.value_or(0), 100 * (worst - 1)));
  }

  void check_scatter() {
    if (samples_.size() < 3) return;
    double sum = 0, squares = 0;
    for (const sample& s : samples_) {
      const double x = std::log(throughput(s));
      sum += x;
      squares += x * x;
    }
    const auto n = static_cast<double>(samples_.size());
    const double sd = std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1)));
    if (sd <= 0.15) return;
    const auto slowest = std::min_element(
        samples_.begin(), samples_.end(),
        [](const sample& a, const sample& b) { return throughput(a) < throughput(b); });
    add("unstable", fmt::format("the blocks scatter by {:.0f} %; slowest: block {}", 100 * sd,
                                slowest->block.value_or(0)));
  }

  const cell_spec& cell_;
  const std::vector<sample>& samples_;
  double machine_cpus_;
  std::vector<finding> findings_;
};

/// CPUs of a machine, from its fingerprint.
double cpus_of(const host& machine) {
  const auto cpus = machine.environment.find("cpus");
  return cpus == machine.environment.end()
             ? 1
             : std::max(1.0, std::strtod(cpus->second.c_str(), nullptr));
}

/// Judges the blocks of each host by themselves, so that one host does not taint the others.
std::vector<finding> findings_of_hosts(const cell_spec& cell, const std::vector<sample>& samples,
                                       const std::vector<host>& hosts) {
  std::map<std::uint32_t, std::vector<sample>> by_host;
  for (const sample& s : samples) by_host[*s.host].push_back(s);
  std::vector<finding> all;
  for (const auto& [number, of_host] : by_host)
    for (finding& f : pooled_findings(cell, of_host, cpus_of(hosts[number])).all()) {
      f.host = number;
      all.push_back(std::move(f));
    }
  return all;
}

/// Returns the lowest and highest throughput over a cell's blocks.
std::pair<double, double> range_of(const cell_result& cell) {
  double lowest = std::numeric_limits<double>::max(), highest = 0;
  for (const sample& s : cell.samples) {
    lowest = std::min(lowest, throughput(s));
    highest = std::max(highest, throughput(s));
  }
  return {lowest, highest};
}

/// Returns the greatest throughput of a cell with a ceiling. The edges of a window cut operations,
/// so every lane may have one more than its length allows.
double most_in_windows(const cell_result& cell) {
  const double delay_s = *cell.in_flight / *cell.ceiling;
  return *cell.ceiling * (1 + delay_s / std::max(min_window_s, delay_s));
}

}  // namespace

void add_finding(cell_result& cell, finding f) {
  const bool known = std::any_of(
      cell.findings.begin(), cell.findings.end(),
      [&](const finding& other) { return other.code == f.code && other.host == f.host; });
  if (!known) cell.findings.push_back(std::move(f));
}

std::vector<finding> findings_of(const cell_spec& cell, const std::vector<sample>& samples) {
  const auto cpus = static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  return samples.empty() ? std::vector<finding>() : pooled_findings(cell, samples, cpus).all();
}

void pool_findings(const std::vector<planned_cell>& cells, results& all) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (all.hosts.empty())
      for (finding& f : findings_of(cells[i], all.cells[i].samples))
        add_finding(all.cells[i], std::move(f));
    else
      for (finding& f : findings_of_hosts(cells[i], all.cells[i].samples, all.hosts))
        add_finding(all.cells[i], std::move(f));
  }
}

void judge_ceilings(results& all) {
  const auto fail = [](cell_result& cell, const std::string& reason) {
    cell.status = cell_status::failed;
    cell.reason = reason;
    cell.findings.push_back({std::string(above_ceiling), reason});
  };
  for (cell_result& cell : all.cells) {
    if (cell.status != cell_status::ok || cell.samples.empty() || !cell.cores) continue;
    const double lowest = range_of(cell).first;
    if (cell.ceiling && lowest > 1.01 * most_in_windows(cell)) {
      fail(cell, fmt::format("{:.4g} operations per second exceed in flight / delay = {:.4g}: work "
                             "was skipped",
                             lowest, *cell.ceiling));
      continue;
    }
    if (cell.ceiling || *cell.cores == 1) continue;
    double best_single = 0;
    bool compute_bound = true, measured_single = false;
    for (const cell_result& single : all.cells) {
      if (single.workload != cell.workload || single.parameters != cell.parameters ||
          single.cores != 1U || single.samples.empty())
        continue;
      best_single = std::max(best_single, range_of(single).second);
      measured_single = true;
      for (const sample& s : single.samples)
        if (!s.cpu_user_s || s.server_cpu_s ||
            *s.cpu_user_s + s.cpu_system_s.value_or(0) < 0.9 * s.wall_s)
          compute_bound = false;
    }
    compute_bound = compute_bound && measured_single;
    // Work that keeps one core busy gains at most a factor of k from k cores, apart from noise and
    // turbo clocks.
    if (best_single > 0 && compute_bound && lowest > 1.25 * *cell.cores * best_single)
      fail(cell, fmt::format("{:.4g} operations per second exceed {} times the best one-core rate "
                             "{:.4g}: work was skipped",
                             lowest, *cell.cores, best_single));
  }
}

}  // namespace crossover
