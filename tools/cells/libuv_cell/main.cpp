// A cell process on libuv: one loop per core, and callbacks (protocol: bench/cell/PROTOCOL.md).
// It uses nothing of crossover, so that it can be read on its own.
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tools/cells/libuv_cell/lanes.hpp"
#include "tools/cells/libuv_cell/parameters.hpp"

namespace {

using nlohmann::json;

constexpr const char* version = "0.1.0";

sockaddr_storage address_of(const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  require(colon != std::string::npos, "'" + endpoint + "' is not an endpoint: expected HOST:PORT");
  std::string host = endpoint.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  uv_getaddrinfo_t found{};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(uv_default_loop(), &found, nullptr, host.c_str(),
                                    endpoint.c_str() + colon + 1, &hints);
  require(status == 0, "cannot resolve '" + host + "': " + uv_strerror(status));
  sockaddr_storage address{};
  std::memcpy(&address, found.addrinfo->ai_addr, found.addrinfo->ai_addrlen);
  uv_freeaddrinfo(found.addrinfo);
  return address;
}

/// A loop with its lanes, and the thread that runs it when a run is given to it.
class worker {
 public:
  worker() { uv_loop_init(&loop); }
  void start(int done) {
    thread_ = std::thread([this, done] { serve(done); });
    thread_.detach();  // it ends with the process
  }
  void run(run_state& run) {
    const std::lock_guard lock(mutex_);
    counts = {};
    run_ = &run;
    given_.notify_one();
  }

  uv_loop_t loop;
  std::vector<std::unique_ptr<lane>> lanes;
  tally counts;

 private:
  void serve(int done) {
    while (true) {
      std::unique_lock lock(mutex_);
      given_.wait(lock, [&] { return run_ != nullptr; });
      for (const auto& lane : lanes) lane->start(*run_, counts);
      uv_run(&loop, UV_RUN_DEFAULT);  // until no lane waits for anything
      run_ = nullptr;
      // Not eventfd_write: the thread sanitizer sees no synchronisation in it.
      const std::uint64_t one = 1;
      if (write(done, &one, sizeof one) < 0) std::abort();
    }
  }
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable given_;
  run_state* run_ = nullptr;
};

class cell {
 public:
  json prepare(const json& body) {
    const std::int64_t begin = now_ns();
    require(workers_.empty(), "already prepared: a cell process measures one cell");
    const auto workload = body.at("workload").get<std::string>();
    const json values = values_of(workload, body.value("parameters", json::object()));
    const auto cores = body.at("cores").get<std::vector<int>>();
    const int in_flight = body.at("in_flight");
    require(!cores.empty() && in_flight > 0, "'cores' and 'in_flight' must be given");
    bind(cores);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    const auto work = calibrated(values.value("cpu", 0L));
    auto long_work = calibrated(values.value("long", 0L));
    if (!long_work) long_work = work;
    const bool has_echo = workload == "network" || values.value("io", "") == "network";
    const auto address = has_echo ? address_of(body.at("endpoint")) : sockaddr_storage{};
    const std::int64_t base = memory("/proc/self/status", "VmRSS:");
    std::vector<std::unique_ptr<worker>> workers(std::min<std::size_t>(cores.size(), in_flight));
    for (auto& w : workers) w = std::make_unique<worker>();
    const std::int64_t delay = values.value("delay", values.value("wait", 0L));
    std::shared_ptr<digester> digest;
    if (workload == "hashing") {
      digest = std::make_shared<digester>(values["bytes"].get<std::size_t>());
      checksum_ = digest->hex();
    }
    for (int i = 0; i < in_flight; ++i) {
      worker& w = *workers[static_cast<std::size_t>(i) % workers.size()];
      const auto lane_work = i == 0 ? long_work : work;
      if (has_echo)
        w.lanes.push_back(std::make_unique<echo_lane>(&w.loop, i, in_flight, address,
                                                      values.value("bytes", 64UL), lane_work));
      else if (digest)
        w.lanes.push_back(
            std::make_unique<idle_lane>(&w.loop, i, in_flight, [digest] { (*digest)(); }));
      else if (delay == 0)
        w.lanes.push_back(std::make_unique<idle_lane>(&w.loop, i, in_flight, lane_work));
      else
        w.lanes.push_back(std::make_unique<timer_lane>(&w.loop, i, in_flight, delay, lane_work));
    }
    if (has_echo) connect(workers, body.at("endpoint"));
    workers_ = std::move(workers);
    for (const auto& w : workers_) w->start(done_);
    return {{"ready",
             {{"protocol", 2},
              {"program", "libuv_cell"},
              {"version", version},
              {"setup_s", static_cast<double>(now_ns() - begin) / 1e9},
              {"base_rss_bytes", base},
              {"environment",
               {{"libuv", uv_version_string()},
                {"libuv_hashing", OpenSSL_version(OPENSSL_VERSION)}}}}}};
  }

  json run(const json& body) {
    require(!workers_.empty(), "'run' before 'prepare'");
    require(!body.contains("rate"), "this cell has no open loop", "unsupported");
    require(body.contains("seconds") != body.contains("operations"),
            "'run' needs either 'seconds' or 'operations'");
    if (run_.wrong) throw *run_.wrong;
    const auto ns = [&](const char* name) {
      return static_cast<std::int64_t>(1e9 * body.value(name, 0.0));
    };
    run_plan plan;
    if (body.contains("operations"))
      plan.operations = body["operations"];
    else
      plan = {0, ns("seconds"), ns("lead_s"), ns("stagger_s"), 0};
    require(plan.operations > 0 || plan.window > 0, "'run' is too short");
    run_.release(plan);
    for (const auto& w : workers_) w->run(run_);
    std::uint64_t running = workers_.size();
    while (running > 0) {  // observes the edges in case all lanes wait
      running -= wait(run_.due);
      run_.observe(now_ns());
    }
    run_.observe(never - 1);
    if (run_.wrong) throw *run_.wrong;
    return sample_of(run_.before, run_.after);
  }

  json finish(const json&) {
    return {{"finished", {{"peak_rss_bytes", memory("/proc/self/status", "VmHWM:")}}}};
  }

 private:
  static void bind(const std::vector<int>& cores) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (const int cpu : cores) CPU_SET(static_cast<std::size_t>(cpu), &cpus);
    require(sched_setaffinity(0, sizeof cpus, &cpus) == 0, "cannot bind to these CPUs",
            "unsupported");
  }

  static void connect(std::vector<std::unique_ptr<worker>>& workers, const std::string& endpoint) {
    static int failed = 0;
    failed = 0;
    for (const auto& w : workers) {
      for (const auto& lane : w->lanes)
        static_cast<echo_lane&>(*lane).connect([](echo_lane&, int status) {
          if (status != 0) failed = status;
        });
      uv_run(&w->loop, UV_RUN_DEFAULT);
    }
    if (failed != 0)
      throw failure{"failed", "no connection to " + endpoint + " (connect:" + uv_err_name(failed) +
                                  "); start a server there or correct the endpoint"};
  }

  /// Waits until this time, or for loops that end; returns how many have. Exits at the end of
  /// input.
  std::uint64_t wait(std::int64_t time) const {
    const std::int64_t left = std::max<std::int64_t>(0, time - now_ns());
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    std::array<pollfd, 2> watched{pollfd{done_, POLLIN, 0},
                                  pollfd{has_request() ? -1 : STDIN_FILENO, 0, 0}};
    ppoll(watched.data(), watched.size(), time == never ? nullptr : &timeout, nullptr);
    if (watched[1].revents != 0) _exit(0);
    std::uint64_t ended = 0;
    if (watched[0].revents != 0 && read(done_, &ended, sizeof ended) < 0) std::abort();
    return ended;
  }

  static bool has_request() {
    int unread = 0;
    ioctl(STDIN_FILENO, FIONREAD, &unread);
    return unread > 0 || std::cin.rdbuf()->in_avail() > 0;
  }

  json sample_of(const rusage& before, const rusage& after) const {
    tally total;
    json by_worker = json::array(), bins = json::array();
    for (const auto& w : workers_) {
      total.add(w->counts);
      by_worker.push_back(w->counts.operations);
    }
    if (total.operations == 0 && !total.errors.empty())
      throw failure{"failed", "no operation succeeded: " + json(total.errors).dump()};
    for (const auto& [lower, count] : total.bins)
      bins.push_back({lower, lower + bin_width(lower), count});
    const run_plan& plan = run_.plan;
    const std::int64_t wall = plan.operations > 0 ? total.end - plan.start : plan.window;
    const auto seconds = [](const timeval& b, const timeval& a) {
      return static_cast<double>(a.tv_sec - b.tv_sec) +
             1e-6 * static_cast<double>(a.tv_usec - b.tv_usec);
    };
    const std::int64_t drain = std::max<std::int64_t>(0, total.end - plan.opens() - wall);
    json sample = {{"operations", total.operations},
                   {"wall_s", static_cast<double>(wall) / 1e9},
                   {"start_s", static_cast<double>(total.lag) / 1e9},
                   {"drain_s", static_cast<double>(drain) / 1e9},
                   {"cpu_user_s", seconds(before.ru_utime, after.ru_utime)},
                   {"cpu_system_s", seconds(before.ru_stime, after.ru_stime)},
                   {"voluntary_switches", after.ru_nvcsw - before.ru_nvcsw},
                   {"involuntary_switches", after.ru_nivcsw - before.ru_nivcsw},
                   {"minor_faults", after.ru_minflt - before.ru_minflt},
                   {"major_faults", after.ru_majflt - before.ru_majflt},
                   {"errors", total.errors},
                   {"worker_operations", by_worker}};
    if (total.operations > 0)
      sample["latency"] = {
          {"unit", "ns"},
          {"count", total.operations},
          {"max", total.max},
          {"bins", bins},
          {"sampling_interval", 1},
          {"mean", static_cast<double>(total.sum) / static_cast<double>(total.operations)}};
    if (!checksum_.empty()) sample["checksum"] = checksum_;
    return {{"sample", sample}};
  }

  std::vector<std::unique_ptr<worker>> workers_;
  int done_ = eventfd(0, EFD_CLOEXEC);
  run_state run_;
  std::string checksum_;
};

json reply_to(cell& prepared, const std::string& line) {
  try {
    const json request = json::parse(line);
    require(request.is_object() && request.size() == 1 && request.begin()->is_object(),
            "expected one object with one key: prepare, run or finish");
    const json& body = *request.begin();
    if (request.contains("prepare")) return prepared.prepare(body);
    if (request.contains("run")) return prepared.run(body);
    if (request.contains("finish")) return prepared.finish(body);
    throw failure{"invalid", "unknown request '" + request.begin().key() + "'"};
  } catch (const failure& e) {
    return {{"error", {{"kind", e.kind}, {"message", e.message}}}};
  } catch (const json::exception& e) {
    return {{"error", {{"kind", "invalid"}, {"message", e.what()}}}};
  }
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);  // so that has_request() sees what is buffered
  cell prepared;
  for (std::string line; std::getline(std::cin, line);) {
    const json reply = reply_to(prepared, line);
    std::cout << reply.dump() << std::endl;
    if (reply.contains("finished")) break;
  }
  std::cout.flush();
  _exit(0);  // the loops' threads still wait for a run
}
