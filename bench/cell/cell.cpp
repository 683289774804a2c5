#include "bench/cell/cell.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/cell/arrival_schedule.hpp"
#include "bench/cell/cpu_switches.hpp"
#include "bench/cell/request_members.hpp"
#include "bench/models/run/usage.hpp"
#include "bench/models/worker_team.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/results.hpp"
#include "bench/results/sample_json.hpp"
#include "bench/results/trace.hpp"
#include "bench/results/version.hpp"
#include "workloads/base/nearest.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

using nlohmann::json;
using namespace request_members;

/// Recorders of a traced run: the threads' own points and the kernel's context switches.
struct tracing {
  tracing(const std::vector<int>& cpus, std::uint32_t threads) : switches(cpus), points(threads) {
    active_trace = &points;
  }
  ~tracing() { active_trace = nullptr; }
  tracing(const tracing&) = delete;
  tracing& operator=(const tracing&) = delete;

  cpu_switches switches;
  trace_recorder points;
};

/// Returns the cost of one clock reading in ns: the minimum over five batches. `spin_for` takes
/// about two readings longer than requested.
double reading_ns() {
  constexpr int readings = 1000;
  std::int64_t minimum = std::numeric_limits<std::int64_t>::max();
  for (int batch = 0; batch < 5; ++batch) {
    const std::int64_t start = now_ns();
    for (int i = 1; i < readings; ++i) now_ns();
    minimum = std::min(minimum, now_ns() - start);
  }
  return static_cast<double>(minimum) / readings;
}

class cell {
 public:
  cell(std::span<const model_type* const> models, const model_type* model)
      : models_(models), only_model_(model) {}

  json handle(const json& request) {
    if (!request.is_object() || request.size() != 1)
      throw error(error_kind::invalid,
                  "expected one JSON object with one key: prepare, run or finish");
    const std::string verb = request.begin().key();
    const json& body = request.begin().value();
    if (!body.is_object())
      throw error(error_kind::invalid, fmt::format("'{}' must be an object", verb));
    if (verb == "prepare") return {{"ready", prepare(body)}};
    if (verb == "run") return {{"sample", run(body)}};
    if (verb == "finish") return {{"finished", finish()}};
    throw error(error_kind::invalid, fmt::format("unknown request '{}': {}", verb,
                                                 suggestion(verb, {"prepare", "run", "finish"})));
  }

  bool finished() const { return finished_; }

 private:
  json prepare(const json& body) {
    if (model_)
      throw error(error_kind::invalid, "already prepared: a cell process measures one cell");
    const std::int64_t start = now_ns();
    model_setup setup;
    setup.type = &find_workload(member(body, "workload", json::value_t::string).get<std::string>());
    setup.workload_values =
        parameter_values(setup.type->name, setup.type->parameters, strings(body, "parameters"));
    const model_type& type =
        find_model_type(member(body, "model", json::value_t::string).get<std::string>());
    setup.model_values =
        parameter_values(type.name, type.parameters, strings(body, "model_parameters"));
    for (const json& cpu : member(body, "cores", json::value_t::array)) {
      if (!cpu.is_number_unsigned())
        throw error(error_kind::invalid, "'cores' must be an array of CPU numbers");
      setup.cpus.push_back(cpu.get<int>());
    }
    if (setup.cpus.empty())
      throw error(error_kind::invalid, "'cores' is empty: at least one CPU is required");
    const auto in_flight =
        member(body, "in_flight", json::value_t::number_unsigned).get<std::uint64_t>();
    if (in_flight == 0 || in_flight > 1'000'000)
      throw error(error_kind::invalid, "'in_flight' must be 1 to 1000000");
    setup.in_flight = type.one_at_a_time ? 1 : static_cast<std::uint32_t>(in_flight);
    if (const auto endpoint = body.find("endpoint");
        endpoint != body.end() && endpoint->is_string())
      setup.endpoint = endpoint->get<std::string>();
    if (target_of(*setup.type, setup.workload_values) != target_kind::none &&
        setup.endpoint.empty())
      throw error(
          error_kind::invalid,
          fmt::format("{} needs an 'endpoint', for example 127.0.0.1:4000", setup.type->name));
    const cell_request request{setup.type,          &setup.workload_values,
                               &setup.model_values, static_cast<std::uint32_t>(setup.cpus.size()),
                               setup.in_flight,     false};
    if (const std::string reason = unsupported_reason(type, request); !reason.empty())
      throw error(error_kind::unsupported, reason);

    if (const double delay_ns = amount(body, "injected_delay_ns"); delay_ns > 0)
      injected_delay_ns_ = std::max<std::int64_t>(1, std::llround(delay_ns - 2 * reading_ns()));
    const std::uint64_t interval = whole(body, "sampling_interval", 0);
    if (interval > 1024)
      throw error(error_kind::invalid, "'sampling_interval' must be at most 1024");
    sampling_interval_ = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(interval));
    choose_interval_ = interval == 0;
    cell_request open_loop = request;
    open_loop.open_loop = true;
    open_loop_refusal_ = unsupported_reason(type, open_loop);

    raise_descriptor_limit();
    bind_to_cpus(setup.cpus);
    cores_ = static_cast<std::uint32_t>(setup.cpus.size());
    const std::uint64_t base = resident_bytes();
    if (flag(body, "trace"))
      tracing_ = std::make_unique<tracing>(setup.cpus, type.workers(request) + 4 * cores_);
    checksum_ = setup.type->make(setup.workload_values, setup.endpoint)->checksum();
    model_ = type.prepare(setup);
    if (setup.type->starts_programs) programs_ = setup.in_flight;
    return {{"protocol", 2},
            {"program", "crossover"},
            {"version", program_version()},
            {"setup_s", static_cast<double>(now_ns() - start) * 1e-9},
            {"base_rss_bytes", base}};
  }

  json run(const json& body) {
    if (!model_) throw error(error_kind::invalid, "'run' before 'prepare'");
    const double seconds = amount(body, "seconds");
    const std::uint64_t operations = whole(body, "operations", 0);
    const double rate = amount(body, "rate");
    if ((seconds > 0) == (operations > 0) || seconds > 3600)
      throw error(
          error_kind::invalid,
          "'run' needs exactly one of 'seconds' (up to 3600) and 'operations', greater than 0");
    const double lead_s = amount(body, "lead_s"), stagger_s = amount(body, "stagger_s");
    if (lead_s > 3600 || stagger_s > 3600)
      throw error(error_kind::invalid, "'lead_s' and 'stagger_s' must be at most 3600");
    run_plan plan;
    plan.operations = operations;
    plan.window_ns = std::llround(seconds * 1e9);
    plan.lead_ns = operations > 0 ? 0 : std::llround(lead_s * 1e9);
    plan.stagger_ns = operations > 0 ? 0 : std::llround(stagger_s * 1e9);
    plan.series = flag(body, "series");
    plan.sampling_interval = sampling_interval_;
    plan.added_ns = injected_delay_ns_;
    if (rate > 0) {
      if (!open_loop_refusal_.empty()) throw error(error_kind::unsupported, open_loop_refusal_);
      if (!(seconds > 0)) throw error(error_kind::invalid, "'rate' requires 'seconds'");
      const std::string schedule = body.value("schedule", "poisson");
      if (schedule != "poisson" && schedule != "constant")
        throw error(error_kind::invalid, "'schedule' must be poisson or constant");
      plan.arrival_count =
          arrivals_.fill(rate, lead_s + seconds, schedule == "poisson", whole(body, "seed", 1));
      if (plan.arrival_count == 0)
        throw error(error_kind::invalid, fmt::format("{} operations per second for {} s: nothing "
                                                     "to start; increase the time or the rate",
                                                     rate, seconds));
      plan.arrivals = arrivals_.times();
    }
    const bool traced = flag(body, "trace");
    if (traced && (!tracing_ || traced_))
      throw error(error_kind::invalid,
                  "'trace' must also be set in 'prepare', and only one run can be traced");
    if (traced) {
      tracing_->switches.start();
      tracing_->points.start();
      traced_ = true;
    }
    run_outcome outcome = model_->run(plan);
    const std::int64_t begin_ns = outcome.begin_ns, end_ns = outcome.end_ns;
    const sample result = sample_of(plan, outcome, rate);
    if (choose_interval_ && rate == 0 && result.operations > 0)
      sampling_interval_ = choose_sampling_interval(result);
    if (result.operations > 0) choose_interval_ = false;
    json reply = to_json(result);
    if (traced) reply["trace"] = to_json(trace_of(begin_ns, end_ns));
    return reply;
  }

  run_trace trace_of(std::int64_t begin_ns, std::int64_t end_ns) {
    std::uint64_t lost = tracing_->points.lost();
    run_trace trace{begin_ns, end_ns, tracing_->switches.take(lost), tracing_->points.take()};
    if (lost > 0)
      throw error(error_kind::resource,
                  fmt::format("{} trace records did not fit: run fewer operations", lost));
    return trace;
  }

  sample sample_of(const run_plan& plan, run_outcome& outcome, double rate) {
    sample s;
    for (const std::uint64_t operations : outcome.worker_operations) s.operations += operations;
    if (s.operations == 0 && !outcome.errors.empty())
      throw error(error_kind::failed, only_errors_message(outcome));
    s.wall_s = static_cast<double>(outcome.end_ns - outcome.begin_ns) * 1e-9;
    s.start_s = outcome.start_s;
    s.drain_s = outcome.drain_s;
    s.series = std::move(outcome.series);
    s.cpu_user_s = outcome.used.cpu_user_s;
    s.cpu_system_s = outcome.used.cpu_system_s;
    s.voluntary_switches = outcome.used.voluntary_switches;
    s.involuntary_switches = outcome.used.involuntary_switches;
    s.minor_faults = outcome.used.minor_faults;
    s.major_faults = outcome.used.major_faults;
    outcome.latency.sampling_interval = plan.open_loop() ? 1 : plan.sampling_interval;
    if (outcome.latency.count() > 0) s.latency = std::move(outcome.latency);
    s.errors = std::move(outcome.errors);
    s.worker_operations = std::move(outcome.worker_operations);
    s.checksum = checksum_;
    if (rate > 0) {
      s.service = std::move(outcome.service);
      s.rate = rate;
      s.arrivals = {outcome.due, outcome.begun, outcome.late};
    }
    return s;
  }

  /// Returns a sampling interval: 1 if a clock reading costs at most 2 % of an operation,
  /// otherwise the power of 2 that keeps the cost of two readings below 2 %. In the given sample
  /// every operation was timed. While other programs run, an operation's CPU time is less than its
  /// share of the cores.
  std::uint32_t choose_sampling_interval(const sample& s) const {
    constexpr double clock_reading_ns = 25;
    const double cpu_s = s.cpu_user_s.value_or(0) + s.cpu_system_s.value_or(0);
    const double cores_s = s.wall_s * cores_;
    const double timed_operation_ns =
        (cpu_s > 0 ? std::min(cpu_s, cores_s) : cores_s) * 1e9 / static_cast<double>(s.operations);
    const double operation_ns = std::max(1.0, timed_operation_ns - clock_reading_ns);
    const double share = clock_reading_ns / (0.02 * operation_ns);
    return share <= 1
               ? 1
               : std::min(1024U, std::bit_ceil(static_cast<std::uint32_t>(std::ceil(2 * share))));
  }

  static std::string only_errors_message(const run_outcome& outcome) {
    std::string message = "no operation succeeded";
    for (const auto& [name, count] : outcome.errors)
      message += fmt::format(", {} {} times", name, count);
    return message;
  }

  json finish() {
    finished_ = true;
    std::uint64_t memory = model_ ? tree_memory_bytes(model_->children()) : 0;
    model_.reset();
    // Programs come and go too quickly to be read: the largest one, once per operation in flight.
    memory += programs_ * largest_child_bytes();
    return memory > 0 ? json{{"peak_rss_bytes", memory}} : json::object();
  }

  const model_type& find_model_type(const std::string& name) const {
    if (only_model_ != nullptr) return *only_model_;
    std::vector<std::string> names;
    for (const model_type* type : models_) {
      if (type->name == name) return *type;
      names.emplace_back(type->name);
    }
    throw error(error_kind::invalid,
                fmt::format("unknown model '{}': {}", name, suggestion(name, names)));
  }

  std::span<const model_type* const> models_;
  const model_type* only_model_;
  std::unique_ptr<tracing> tracing_;
  bool traced_ = false;
  arrival_schedule arrivals_;
  std::unique_ptr<model> model_;
  std::uint32_t cores_ = 1;
  std::uint32_t programs_ = 0;  ///< that the operations run at once
  std::uint32_t sampling_interval_ = 1;
  bool choose_interval_ = true;         ///< after the first run of a closed loop
  std::int64_t injected_delay_ns_ = 0;  ///< busy-wait after each operation
  bool finished_ = false;
  std::string checksum_;
  std::string open_loop_refusal_;
};

/// Reads lines from a file descriptor.
class line_reader {
 public:
  explicit line_reader(int fd) : fd_(fd) {}
  bool next(std::string& line) {
    for (;;) {
      if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
        line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        return true;
      }
      char chunk[4096];
      const ssize_t n = ::read(fd_, chunk, sizeof chunk);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      pending_.append(chunk, static_cast<std::size_t>(n));
    }
  }

 private:
  int fd_;
  std::string pending_;
};

bool write_line(int fd, const json& reply) {
  const std::string text = reply.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

json error_reply(std::string_view kind, std::string_view message) {
  return {{"error", {{"kind", kind}, {"message", message}}}};
}

json handle_line(cell& served, const std::string& line) {
  try {
    const json request = parse_json(line);
    if (request.is_discarded())
      throw error(
          error_kind::invalid,
          fmt::format("request is not JSON, or nested deeper than {} levels", deepest_json));
    return served.handle(request);
  } catch (const error& e) {
    return error_reply(to_string(e.kind()), e.what());
  } catch (const json::exception& e) {
    return error_reply("invalid", e.what());
  } catch (const std::bad_alloc&) {
    return error_reply("resource", "out of memory: reduce in_flight");
  } catch (const std::system_error& e) {
    return error_reply("resource", fmt::format("{}: reduce in_flight", e.what()));
  } catch (const std::exception& e) {
    return error_reply("failed", e.what());
  } catch (...) {  // of a user's operation
    return error_reply("failed", "an exception that is not derived from std::exception");
  }
}

}  // namespace

int serve_cell(int in, int out, std::span<const model_type* const> models,
               const model_type* model) {
  ::signal(SIGPIPE, SIG_IGN);
  cell served(models, model);
  line_reader requests(in);
  for (std::string line; requests.next(line);) {
    if (line.empty()) continue;
    if (!write_line(out, handle_line(served, line))) return 1;
    if (served.finished()) break;
  }
  return 0;
}

}  // namespace crossover
