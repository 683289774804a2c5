#include "bench/measure/conformance.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "bench/cell/cell_process.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {
namespace {

using nlohmann::json;

// Arithmetic gives the limits: no lane can end more sleeps than fit into the time.
constexpr std::uint32_t lanes = 8;
constexpr double delay_s = 0.01;

template <typename... Arguments>
void expect(bool is_kept, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!is_kept)
    throw error(error_kind::failed, fmt::format(text, std::forward<Arguments>(arguments)...));
}

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

/// Returns whether a process of this group is alive.
bool has_process_of_group(int group) {
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::ifstream in(process.path() / "stat");
    std::string line;
    if (!std::getline(in, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    char state = 0;
    int parent = 0, own_group = 0;
    if (fields >> state >> parent >> own_group && own_group == group && state != 'Z') return true;
  }
  return false;
}

/// A conversation with a fresh process, line by line.
class conversation {
 public:
  explicit conversation(const conformance_subject& subject)
      : child_(subject.command), grace_s_(subject.grace_s) {}

  json ask(const std::string& line) {
    child_.write_line(line);
    const std::string text = child_.read_line(child_process::duration(grace_s_));
    json reply = json::parse(text, nullptr, false);
    expect(reply.is_object(), "the reply to {} is not a JSON object: {}", line, text);
    return reply;
  }

  /// Expects an error of this kind, or of any kind if it is "".
  void expect_error(const std::string& line, const char* kind) {
    const json reply = ask(line);
    const auto failure = reply.find("error");
    expect(failure != reply.end() && failure->is_object(), "no error in the reply to {}: {}", line,
           reply.dump());
    expect(failure->value("kind", "") == kind, "the reply to {} should be {}, but is {}", line,
           kind, reply.dump());
    expect(!failure->value("message", "").empty(), "no message in {}", reply.dump());
  }

  /// Sends a request whose reply is not read.
  void send(const std::string& line) { child_.write_line(line); }

  /// Closes its input, and expects an exit with code 0 after at most this many replies.
  void expect_exit(std::ptrdiff_t replies = 0) {
    const std::string rest = child_.read_to_end(child_process::duration(grace_s_));
    expect(std::count(rest.begin(), rest.end(), '\n') <= replies && (replies > 0 || rest.empty()),
           "it wrote more than one reply: {}", rest);
    // The kernel ends workers that die with their parent a moment later.
    for (int attempt = 0; attempt < 100 && has_process_of_group(child_.pid()); ++attempt)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    expect(!has_process_of_group(child_.pid()), "it left a process behind");
  }

 private:
  child_process child_;
  double grace_s_;
};

void check_plausible(const sample& s, double least_wall_s) {
  expect(s.wall_s >= 0.999 * least_wall_s, "a run of {:g} s reports a wall_s of {:g}", least_wall_s,
         s.wall_s);
  const double limit = lanes * (s.wall_s / delay_s + 1);
  expect(static_cast<double>(s.operations) <= limit,
         "{} sleeps of 10 ms in {:g} s, but {} lanes can end only {:.0f}", s.operations, s.wall_s,
         lanes, limit);
  std::uint64_t by_workers = 0;
  for (const std::uint64_t count : s.worker_operations) by_workers += count;
  expect(s.worker_operations.empty() || by_workers == s.operations,
         "worker_operations add up to {}, operations is {}", by_workers, s.operations);
}

void is_ready(const conformance_subject& subject) {
  const cell_process cell = sleeping_cell(subject);
  expect(cell.protocol() == 2, "it replies protocol {}", cell.protocol());
}

void window_counts(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  const sample s = cell.run({.seconds = 0.2, .lead_s = 0.02, .stagger_s = delay_s});
  check_plausible(s, 0.2);
  expect(s.operations >= lanes, "only {} sleeps of 10 ms ended in {:g} s with {} lanes",
         s.operations, s.wall_s, lanes);
  expect(s.errors.empty(), "a sleep reported the error {}", s.errors.begin()->first);
}

void lead_in_is_left_out(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  const sample s = cell.run({.seconds = 0.05, .lead_s = 0.2});
  check_plausible(s, 0.05);
  expect(s.wall_s < 0.2, "wall_s is {:g}, longer than the window of 0.05 s", s.wall_s);
}

void window_may_be_short(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  check_plausible(cell.run({.seconds = 0.001}), 0.001);
}

void number_is_exact(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  for (const std::uint64_t operations : {20U, 3U}) {
    const sample s = cell.run({.operations = operations});
    expect(s.operations == operations, "{} operations were requested, {} reported", operations,
           s.operations);
    // 20 operations of 8 lanes are three in a row.
    check_plausible(s, delay_s * static_cast<double>((operations + lanes - 1) / lanes));
  }
}

void latency_agrees(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  const sample s = cell.run({.operations = 80});
  if (!s.latency) throw error(error_kind::unsupported, "no latency");
  expect(s.latency->count() <= s.operations, "{} latencies of {} operations", s.latency->count(),
         s.operations);
  expect(s.latency->mean_ns >= 1e9 * delay_s, "the mean latency of sleeps of 10 ms is {:g} ns",
         s.latency->mean_ns);
  for (const latency_bin& bin : s.latency->bins) {
    const int shift = bin.lower_ns < 64 ? 0 : static_cast<int>(std::bit_width(bin.lower_ns)) - 7;
    expect(bin.lower_ns >> shift << shift == bin.lower_ns &&
               bin.upper_ns == bin.lower_ns + (std::uint64_t{1} << shift),
           "[{}, {}) is not a bin", bin.lower_ns, bin.upper_ns);
  }
}

void open_loop_accounts(const conformance_subject& subject) {
  cell_process cell = sleeping_cell(subject);
  const sample s = cell.run({.seconds = 0.3, .rate = 200, .seed = 7, .lead_s = 0.02});
  check_plausible(s, 0.3);
  expect(s.arrivals.has_value(), "no 'arrivals' in the sample of an open loop");
  expect(s.arrivals->due > 0, "no arrival was due in 0.3 s at 200 per second");
  expect(s.arrivals->begun <= s.arrivals->due && s.arrivals->late <= s.arrivals->begun,
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
    expect(CPU_COUNT(&cpus) == 1 && CPU_ISSET(static_cast<std::size_t>(subject.cpu), &cpus),
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
  expect(*reported > resident / 2, "peak_rss_bytes is {}, a process of it had {} bytes", *reported,
         resident);
}

/// Echoes messages of 64 bytes: the first ones correctly, then with a bit of each byte flipped.
class lying_server {
 public:
  lying_server() : listener_(listen_on("127.0.0.1", 0, endpoint_)) {
    thread_ = std::jthread([this](const std::stop_token& stopping) { serve(stopping); });
  }
  const std::string& endpoint() const { return endpoint_; }

 private:
  static constexpr std::size_t true_bytes = std::size_t{4} * 64;

  void serve(const std::stop_token& stopping) {
    std::vector<descriptor> connections;
    std::size_t echoed = 0;
    while (!stopping.stop_requested()) {
      std::vector<pollfd> waited = {{listener_.get(), POLLIN, 0}};
      for (const descriptor& c : connections) waited.push_back({c.get(), POLLIN, 0});
      ::poll(waited.data(), waited.size(), 20);
      for (std::size_t i = 1; i < waited.size(); ++i)
        if (waited[i].revents != 0 && !echo(connections[i - 1].get(), echoed))
          connections[i - 1].reset();
      std::erase_if(connections, [](const descriptor& c) { return !c; });
      if (waited.front().revents != 0)
        connections.emplace_back(::accept(listener_.get(), nullptr, nullptr));
    }
  }

  /// Returns false at the end of the connection.
  static bool echo(int connection, std::size_t& echoed) {
    std::array<char, 64> message;
    const ssize_t n = ::recv(connection, message.data(), message.size(), 0);
    if (n <= 0) return false;
    const auto bytes = static_cast<std::size_t>(n);
    if (echoed >= true_bytes)
      for (char& byte : message) byte = static_cast<char>(byte ^ 1);
    echoed += bytes;
    return ::send(connection, message.data(), bytes, MSG_NOSIGNAL) == n;
  }

  std::string endpoint_;
  descriptor listener_;
  std::jthread thread_;  // last: it ends before the members that it uses
};

void wrong_results_fail(const conformance_subject& subject) {
  const lying_server server;
  conversation cell(subject);
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
  expect(reply.contains("ready"), "no 'ready' in the reply to prepare of network: {}",
         reply.dump());
  cell.expect_error(R"({"run":{"operations":80}})", "failed");
  cell.ask(R"({"finish":{}})");
  cell.expect_exit();
}

void errors_have_kinds(const conformance_subject& subject) {
  conversation cell(subject);
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
  expect(reply.contains("ready"), "an unknown member is not ignored: {}", reply.dump());
  cell.expect_error(sleep_request(subject).dump(), "invalid");
  cell.expect_error(R"({"run":{}})", "invalid");
}

void finish_ends(const conformance_subject& subject) {
  conversation unprepared(subject);
  expect(unprepared.ask(R"({"finish":{}})").contains("finished"), "no 'finished' before prepare");
  unprepared.expect_exit();
  conversation prepared(subject);
  prepared.ask(sleep_request(subject).dump());
  expect(prepared.ask(R"({"finish":{}})").contains("finished"), "no 'finished'");
  prepared.expect_exit();
}

void end_of_input_ends(const conformance_subject& subject) {
  conversation idle(subject);
  idle.expect_exit();
  conversation prepared(subject);
  prepared.ask(sleep_request(subject).dump());
  prepared.ask(R"({"run":{"operations":8}})");
  prepared.expect_exit();
}

void end_of_input_ends_a_run(const conformance_subject& subject) {
  conversation running(subject);
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
