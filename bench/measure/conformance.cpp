#include "bench/measure/conformance.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/cell/cell_process.hpp"
#include "bench/measure/conversation.hpp"
#include "bench/measure/lying_server.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using nlohmann::json;

// Arithmetic gives the limits: no lane can end more sleeps than fit into the time.
constexpr std::uint32_t lanes = 8;
constexpr double delay_s = 0.01;

cell_process sleeping_cell(const conformance_subject& subject) {
  cell_process cell(subject.command, subject.grace_s);
  cell_preparation preparation;
  preparation.workload = "sleep";
  preparation.parameters = {{"delay", "10ms"}};
  preparation.model = subject.model;
  preparation.cores = {subject.cpu};
  preparation.in_flight = lanes;
  cell.prepare(preparation);
  return cell;
}

json sleep_request(const conformance_subject& subject) {
  return {{"prepare",
           {{"workload", "sleep"},
            {"parameters", {{"delay", "10ms"}}},
            {"model", subject.model},
            {"cores", {subject.cpu}},
            {"in_flight", lanes}}}};
}

void check_plausible(const sample& s, double least_wall_s) {
  expect_that(s.wall_s >= 0.999 * least_wall_s, "a run of {:g} s reports a wall_s of {:g}",
              least_wall_s, s.wall_s);
  const double limit = lanes * (s.wall_s / delay_s + 1);
  expect_that(static_cast<double>(s.operations) <= limit,
              "{} sleeps of 10 ms in {:g} s, but {} lanes can end only {:.0f}", s.operations,
              s.wall_s, lanes, limit);
  std::uint64_t by_workers = 0;
  for (const std::uint64_t count : s.worker_operations) by_workers += count;
  expect_that(s.worker_operations.empty() || by_workers == s.operations,
              "worker_operations add up to {}, operations is {}", by_workers, s.operations);
}

void is_ready(const conformance_subject& subject) {
  const cell_process cell = sleeping_cell(subject);
  expect_that(cell.protocol() == 2, "it replies protocol {}", cell.protocol());
}

void window_counts(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  const sample s = cell.run({.seconds = 0.2, .lead_s = 0.02, .stagger_s = delay_s});
  check_plausible(s, 0.2);
  expect_that(s.operations >= lanes, "only {} sleeps of 10 ms ended in {:g} s with {} lanes",
              s.operations, s.wall_s, lanes);
  expect_that(s.errors.empty(), "a sleep reported the error {}", s.errors.begin()->first);
}

void lead_in_is_left_out(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  constexpr double lead_s = 0.2;
  sample s;
  for (int tries = 0; tries == 0 || (s.wall_s >= lead_s && tries < 3); ++tries) {  // a busy machine
    s = cell.run({.seconds = 0.05, .lead_s = lead_s});
    check_plausible(s, 0.05);
  }
  expect_that(s.wall_s < lead_s, "wall_s is {:g}, longer than the window of 0.05 s", s.wall_s);
}

void window_may_be_short(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  check_plausible(cell.run({.seconds = 0.001}), 0.001);
}

void number_is_exact(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  for (const std::uint64_t operations : {20U, 3U}) {
    const sample s = cell.run({.operations = operations});
    expect_that(s.operations == operations, "{} operations were requested, {} reported", operations,
                s.operations);
    // 20 operations of 8 lanes are three in a row.
    check_plausible(s, delay_s * static_cast<double>((operations + lanes - 1) / lanes));
  }
}

void latency_agrees(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  const sample s = cell.run({.operations = 80});
  if (!s.latency) throw error(error_kind::unsupported, "no latency");
  expect_that(s.latency->count() <= s.operations, "{} latencies of {} operations",
              s.latency->count(), s.operations);
  expect_that(s.latency->mean_ns >= 1e9 * delay_s, "the mean latency of sleeps of 10 ms is {:g} ns",
              s.latency->mean_ns);
  for (const latency_bin& bin : s.latency->bins) {
    const int shift = bin.lower_ns < 64 ? 0 : static_cast<int>(std::bit_width(bin.lower_ns)) - 7;
    expect_that(bin.lower_ns >> shift << shift == bin.lower_ns &&
                    bin.upper_ns == bin.lower_ns + (std::uint64_t{1} << shift),
                "[{}, {}) is not a bin", bin.lower_ns, bin.upper_ns);
  }
}

void open_loop_accounts(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  const sample s = cell.run({.seconds = 0.3, .rate = 200, .seed = 7, .lead_s = 0.02});
  check_plausible(s, 0.3);
  expect_that(s.arrivals.has_value(), "no 'arrivals' in the sample of an open loop");
  expect_that(s.arrivals->due > 0, "no arrival was due in 0.3 s at 200 per second");
  expect_that(s.arrivals->begun <= s.arrivals->due && s.arrivals->late <= s.arrivals->begun,
              "{} due, {} begun, {} late", s.arrivals->due, s.arrivals->begun, s.arrivals->late);
}

/// Calls `visit` for the threads of a process and of its descendants.
template <typename Visit>
void for_each_thread(int pid, Visit visit) {
  std::error_code gone;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
    visit(std::stoi(task.path().filename().string()));
    std::ifstream children(task.path() / "children");
    for (int child = 0; children >> child;) for_each_thread(child, visit);
  }
}

void cores_are_enforced(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  cell.run({.operations = lanes});
  for_each_thread(cell.pid(), [&](int thread) {
    cpu_set_t cpus;
    if (::sched_getaffinity(thread, sizeof cpus, &cpus) != 0) return;  // it has ended
    expect_that(CPU_COUNT(&cpus) == 1 && CPU_ISSET(static_cast<std::size_t>(subject.cpu), &cpus),
                "thread {} may use other CPUs than {}", thread, subject.cpu);
  });
}

void memory_agrees(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  cell.run({.operations = lanes});
  std::uint64_t resident = 0;
  for_each_thread(cell.pid(), [&](int thread) {
    std::ifstream status(fmt::format("/proc/{}/status", thread));
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:"))
        resident = std::max<std::uint64_t>(resident, 1024 * std::stoull(line.substr(6)));
  });
  const std::optional<std::uint64_t> reported = cell.finish();
  if (!reported) throw error(error_kind::unsupported, "no peak_rss_bytes");
  expect_that(*reported > resident / 2, "peak_rss_bytes is {}, a process of it had {} bytes",
              *reported, resident);
}

void wrong_results_fail(const conformance_subject& subject) {
  const lying_server server;
  conversation cell(subject.command, subject.grace_s);
  json request = sleep_request(subject);
  request["prepare"]["workload"] = "network";
  request["prepare"]["parameters"] = {{"bytes", "64"}};
  request["prepare"]["endpoint"] = server.endpoint();
  const json reply = cell.ask(request.dump());
  if (const auto refusal = reply.find("error"); refusal != reply.end() && refusal->is_object()) {
    const std::string kind = refusal->value("kind", "");
    if (kind == "invalid" || kind == "unsupported")
      throw error(error_kind::unsupported, "no workload `network`");
  }
  expect_that(reply.contains("ready"), "no 'ready' in the reply to prepare of network: {}",
              reply.dump());
  cell.expect_error(R"({"run":{"operations":80}})", "failed");
  cell.ask(R"({"finish":{}})");
  cell.expect_exit();
}

void errors_have_kinds(const conformance_subject& subject) {
  conversation cell(subject.command, subject.grace_s);
  cell.expect_error(R"({"run":{"operations":1}})", "invalid");
  cell.expect_error("not JSON", "invalid");
  cell.expect_error("[]", "invalid");
  cell.expect_error(R"({"start":{}})", "invalid");
  json request = sleep_request(subject);
  request["prepare"]["workload"] = "slep";
  cell.expect_error(request.dump(), "invalid");
  request = sleep_request(subject);
  request["prepare"]["parameters"]["dealy"] = "1ms";
  cell.expect_error(request.dump(), "invalid");
  request = sleep_request(subject);
  request["prepare"]["a_member_of_the_future"] = true;
  const json reply = cell.ask(request.dump());
  expect_that(reply.contains("ready"), "an unknown member is not ignored: {}", reply.dump());
  cell.expect_error(sleep_request(subject).dump(), "invalid");
  cell.expect_error(R"({"run":{}})", "invalid");
}

void finish_ends(const conformance_subject& subject) {
  conversation unprepared(subject.command, subject.grace_s);
  expect_that(unprepared.ask(R"({"finish":{}})").contains("finished"),
              "no 'finished' before prepare");
  unprepared.expect_exit();
  conversation prepared(subject.command, subject.grace_s);
  prepared.ask(sleep_request(subject).dump());
  expect_that(prepared.ask(R"({"finish":{}})").contains("finished"), "no 'finished'");
  prepared.expect_exit();
}

void end_of_input_ends(const conformance_subject& subject) {
  conversation idle(subject.command, subject.grace_s);
  idle.expect_exit();
  conversation prepared(subject.command, subject.grace_s);
  prepared.ask(sleep_request(subject).dump());
  prepared.ask(R"({"run":{"operations":8}})");
  prepared.expect_exit();
}

void end_of_input_ends_a_run(const conformance_subject& subject) {
  conversation running(subject.command, subject.grace_s);
  running.ask(sleep_request(subject).dump());
  running.send(R"({"run":{"seconds":0.2}})");
  running.expect_exit(1);
}

constexpr std::array rules = {
    conformance_rule{"ready", "reply to prepare of `sleep` with {\"ready\":{\"protocol\":2}}",
                     is_ready},
    conformance_rule{"cores", "bind the process before it starts any thread or process",
                     cores_are_enforced},
    conformance_rule{"window", "count the operations that end between the window's edges",
                     window_counts},
    conformance_rule{"lead-in", "begin the window lead_s after the lanes are released",
                     lead_in_is_left_out},
    conformance_rule{"short window", "reply with operations 0 if none ended in the window",
                     window_may_be_short},
    conformance_rule{"number of operations", "give lane i of n operations / n, and one of the rest",
                     number_is_exact},
    conformance_rule{"latency", "measure from issue to end; see \"Latency bins\"", latency_agrees},
    conformance_rule{"open loop", "reply `unsupported`, or see \"Open loop\"", open_loop_accounts},
    conformance_rule{"errors", "reply {\"error\":{\"kind\":…,\"message\":…}} and read on",
                     errors_have_kinds},
    conformance_rule{"wrong results",
                     "compare each echo, reply `failed` and no sample if one differs",
                     wrong_results_fail},
    conformance_rule{"memory", "read the memory before the workers end; see \"finish\"",
                     memory_agrees},
    conformance_rule{"finish", "end all workers, reply, exit with code 0", finish_ends},
    conformance_rule{"end of input", "exit with code 0 and leave no process behind",
                     end_of_input_ends},
    conformance_rule{"end of input during a run",
                     "exit with code 0 at the end of the run, or before", end_of_input_ends_a_run},
};

}  // namespace

std::span<const conformance_rule> conformance_rules() { return rules; }

rule_result check_rule(const conformance_rule& rule, const conformance_subject& subject) {
  try {
    rule.check(subject);
    return {&rule, rule_outcome::kept, {}};
  } catch (const interrupted&) {
    throw;
  } catch (const error& e) {
    const bool is_optional = e.kind() == error_kind::unsupported && &rule != &rules.front();
    return {&rule, is_optional ? rule_outcome::unsupported : rule_outcome::broken, e.what()};
  }
}

}  // namespace crossover
