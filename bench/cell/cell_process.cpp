#include "bench/cell/cell_process.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "workloads/base/clock.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

using nlohmann::json;

cell_process::cell_process(std::vector<std::string> command, double grace_s,
                           const child_options& options)
    : started_ns_(now_ns()), child_(std::move(command), options), grace_s_(grace_s) {}

json cell_process::ask(const json& request, const char* expected, double timeout_s) {
  child_.write_line(request.dump(-1, ' ', false, json::error_handler_t::replace));
  return reply_body(child_.read_line(child_process::duration(timeout_s)), expected);
}

void cell_process::prepare(const cell_preparation& preparation) {
  // Thousands of threads or processes on few cores are slow to start and to end.
  in_flight_grace_s_ = 0.01 * preparation.in_flight;
  const json reply =
      ask({{"prepare", to_json(preparation)}}, "ready", grace_s_ + in_flight_grace_s_);
  startup_s_ = static_cast<double>(now_ns() - started_ns_) * 1e-9;
  ready_ = ready_from_json(reply);
}

void cell_process::expect_program(const std::string& expected) const {
  if (ready_.program == expected) return;
  throw error(
      error_kind::failed,
      fmt::format("the cell process is {}, not {}; a launcher must start the command that "
                  "follows it",
                  ready_.program.empty() ? "a program that does not give its name" : ready_.program,
                  expected));
}

sample cell_process::run(const run_request& request) {
  return read_sample(request_sample(request));
}

std::pair<sample, run_trace> cell_process::run_traced(run_request request) {
  request.trace = true;
  const json reply = request_sample(request);
  if (!reply.contains("trace"))
    throw error(error_kind::unsupported, "this cell process does not record traces");
  return {read_sample(reply), trace_from_json(reply["trace"])};
}

json cell_process::request_sample(const run_request& request) {
  return ask({{"run", to_json(request)}}, "sample",
             request.lead_s + request.seconds + grace_s_ + in_flight_grace_s_);
}

sample cell_process::read_sample(const json& reply) const {
  sample measured = measured_sample(reply);
  measured.startup_s = startup_s_;
  measured.setup_s = ready_.setup_s;
  measured.base_rss_bytes = ready_.base_rss_bytes;
  return measured;
}

std::optional<std::uint64_t> cell_process::finish() {
  const json finished =
      ask({{"finish", json::object()}}, "finished", grace_s_ + in_flight_grace_s_);
  child_.end(child_process::duration(grace_s_ + in_flight_grace_s_));
  return peak_rss_from_json(finished);
}

}  // namespace crossover
