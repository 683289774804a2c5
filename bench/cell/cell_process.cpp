#include "bench/cell/cell_process.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/results/json_text.hpp"
#include "bench/results/sample_json.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

error_kind kind_of(const std::string& word) {
  for (const error_kind kind : {error_kind::invalid, error_kind::unsupported, error_kind::resource})
    if (word == to_string(kind)) return kind;
  return error_kind::failed;
}

/// Returns a string member, or `fallback` if it is missing or not a string.
std::string text_in(const json& object, const char* key, const char* fallback) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : fallback;
}

std::string shortened(const std::string& line) {
  return line.size() <= 80 ? line : line.substr(0, 77) + "...";
}

}  // namespace

cell_process::cell_process(std::vector<std::string> command, double grace_s)
    : started_ns_(now_ns()), child_(std::move(command)), grace_s_(grace_s) {}

json cell_process::ask(const json& request, const char* expected, double timeout_s) {
  child_.write_line(request.dump(-1, ' ', false, json::error_handler_t::replace));
  const std::string line = child_.read_line(child_process::duration(timeout_s));
  const json reply = parse_json(line);
  if (reply.is_object() && reply.contains("error") && reply["error"].is_object()) {
    const json& failure = reply["error"];
    throw error(kind_of(text_in(failure, "kind", "failed")),
                text_in(failure, "message", "the cell reported an error without a message"));
  }
  if (!reply.is_object() || !reply.contains(expected) || !reply[expected].is_object())
    throw error(error_kind::failed,
                fmt::format("invalid reply from the cell process (expected '{}'): {}", expected,
                            shortened(line)));
  return reply[expected];
}

void cell_process::prepare(const cell_preparation& preparation) {
  // Thousands of threads or processes on few cores are slow to start and to end.
  in_flight_grace_s_ = 0.01 * preparation.in_flight;
  const json ready =
      ask({{"prepare", to_json(preparation)}}, "ready", grace_s_ + in_flight_grace_s_);
  startup_s_ = static_cast<double>(now_ns() - started_ns_) * 1e-9;
  const json version = ready.value("protocol", json());
  if (version != 1 && version != 2)
    throw error(error_kind::failed, "the cell process uses another protocol version (expected 2)");
  protocol_ = version.get<int>();
  if (const std::string name = text_in(ready, "program", ""); !name.empty())
    program_ = fmt::format("{} {}", name, text_in(ready, "version", ""));
  if (ready.contains("setup_s") && ready["setup_s"].is_number())
    setup_s_ = ready["setup_s"].get<double>();
  if (ready.contains("base_rss_bytes") && ready["base_rss_bytes"].is_number_unsigned())
    base_rss_bytes_ = ready["base_rss_bytes"].get<std::uint64_t>();
  if (const auto environment = ready.find("environment");
      environment != ready.end() && environment->is_object())
    for (const auto& [name, value] : environment->items())
      environment_[name] = value.is_string() ? value.get<std::string>() : value.dump();
}

void cell_process::expect_program(const std::string& expected) const {
  if (program_ == expected) return;
  throw error(
      error_kind::failed,
      fmt::format("the cell process is {}, not {}; a launcher must start the command that "
                  "follows it",
                  program_.empty() ? "a program that does not give its name" : program_, expected));
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
  try {
    sample measured = sample_from_json(reply);
    if (!(measured.wall_s > 0))
      throw error(error_kind::failed, "invalid sample from the cell process: no time");
    measured.startup_s = startup_s_;
    measured.setup_s = setup_s_;
    measured.base_rss_bytes = base_rss_bytes_;
    return measured;
  } catch (const json::exception&) {
    throw error(error_kind::failed,
                fmt::format("invalid reply from the cell process: {}", shortened(reply.dump())));
  } catch (const error& e) {
    if (e.kind() != error_kind::unreadable) throw;
    throw error(error_kind::failed,
                fmt::format("invalid reply from the cell process: {}", e.what()));
  }
}

std::optional<std::uint64_t> cell_process::finish() {
  const json finished =
      ask({{"finish", json::object()}}, "finished", grace_s_ + in_flight_grace_s_);
  child_.end(child_process::duration(grace_s_ + in_flight_grace_s_));
  if (finished.contains("peak_rss_bytes") && finished["peak_rss_bytes"].is_number_unsigned() &&
      finished["peak_rss_bytes"] > 0)
    return finished["peak_rss_bytes"].get<std::uint64_t>();
  return std::nullopt;
}

}  // namespace crossover
