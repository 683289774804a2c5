#include "bench/cell/cell_process.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

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
std::string text_in(const json& told, const char* key, const char* otherwise) {
  const auto found = told.find(key);
  return found != told.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

std::string shortened(const std::string& line) {
  return line.size() <= 80 ? line : line.substr(0, 77) + "...";
}

}  // namespace

cell_process::cell_process(std::vector<std::string> command, double grace_s)
    : started_ns_(now_ns()), child_(std::move(command)), grace_s_(grace_s) {}

json cell_process::ask(const json& request, const char* expected, double patience_s) {
  child_.write_line(request.dump(-1, ' ', false, json::error_handler_t::replace));
  const std::string line = child_.read_line(child_process::duration(patience_s));
  const json answer = json::parse(line, nullptr, false);
  if (answer.is_object() && answer.contains("error") && answer["error"].is_object()) {
    const json& told = answer["error"];
    throw error(kind_of(text_in(told, "kind", "failed")),
                text_in(told, "message", "the cell reported an error without a message"));
  }
  if (!answer.is_object() || !answer.contains(expected) || !answer[expected].is_object())
    throw error(error_kind::failed,
                fmt::format("invalid reply from the cell process (expected '{}'): {}", expected,
                            shortened(line)));
  return answer[expected];
}

void cell_process::prepare(const cell_preparation& what) {
  json body = {{"workload", what.workload},
               {"parameters", what.parameters},
               {"model", what.model},
               {"cores", what.cores},
               {"in_flight", what.in_flight}};
  if (!what.model_parameters.empty()) body["model_parameters"] = what.model_parameters;
  if (!what.endpoint.empty()) body["endpoint"] = what.endpoint;
  if (what.trace) body["trace"] = true;
  if (what.sampling_interval > 0) body["sampling_interval"] = what.sampling_interval;
  if (what.injected_delay_ns > 0) body["injected_delay_ns"] = what.injected_delay_ns;
  // Thousands of threads or processes on few cores are slow to start and to end.
  patience_s_ = 0.01 * what.in_flight;
  const json ready = ask({{"prepare", body}}, "ready", grace_s_ + patience_s_);
  startup_s_ = static_cast<double>(now_ns() - started_ns_) * 1e-9;
  if (ready.value("protocol", json()) != 1)
    throw error(error_kind::failed, "the cell process uses another protocol version (expected 1)");
  if (ready.contains("setup_s") && ready["setup_s"].is_number())
    setup_s_ = ready["setup_s"].get<double>();
  if (ready.contains("base_rss_bytes") && ready["base_rss_bytes"].is_number_unsigned())
    base_rss_bytes_ = ready["base_rss_bytes"].get<std::uint64_t>();
  if (const auto told = ready.find("environment"); told != ready.end() && told->is_object())
    for (const auto& [name, value] : told->items())
      environment_[name] = value.is_string() ? value.get<std::string>() : value.dump();
}

sample cell_process::run(const run_request& what) {
  return sample_told(ask_for_sample(what, false));
}

std::pair<sample, run_trace> cell_process::run_traced(const run_request& what) {
  const json told = ask_for_sample(what, true);
  if (!told.contains("trace"))
    throw error(error_kind::unsupported, "this cell process does not record traces");
  return {sample_told(told), trace_from_json(told["trace"])};
}

json cell_process::ask_for_sample(const run_request& what, bool trace) {
  json body = json::object();
  if (what.seconds > 0) body["seconds"] = what.seconds;
  if (what.operations > 0) body["operations"] = what.operations;
  if (what.rate > 0) {
    body["rate"] = what.rate;
    body["seed"] = what.seed;
  }
  if (trace) body["trace"] = true;
  return ask({{"run", body}}, "sample", what.seconds + grace_s_ + patience_s_);
}

sample cell_process::sample_told(const json& told) const {
  try {
    sample measured = sample_from_json(told);
    if (!(measured.wall_s > 0) || measured.operations == 0)
      throw error(error_kind::failed,
                  "invalid sample from the cell process: no operations or no time");
    measured.startup_s = startup_s_;
    measured.setup_s = setup_s_;
    measured.base_rss_bytes = base_rss_bytes_;
    return measured;
  } catch (const json::exception&) {
    throw error(error_kind::failed,
                fmt::format("invalid reply from the cell process: {}", shortened(told.dump())));
  } catch (const error& trouble) {
    if (trouble.kind() != error_kind::unreadable) throw;
    throw error(error_kind::failed,
                fmt::format("invalid reply from the cell process: {}", trouble.what()));
  }
}

std::optional<std::uint64_t> cell_process::finish() {
  const json told = ask({{"finish", json::object()}}, "finished", grace_s_ + patience_s_);
  child_.end(child_process::duration(grace_s_ + patience_s_));
  if (told.contains("peak_rss_bytes") && told["peak_rss_bytes"].is_number_unsigned() &&
      told["peak_rss_bytes"] > 0)
    return told["peak_rss_bytes"].get<std::uint64_t>();
  return std::nullopt;
}

}  // namespace crossover
