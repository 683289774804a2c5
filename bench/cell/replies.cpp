#include "bench/cell/replies.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/results/json_text.hpp"
#include "bench/results/sample_json.hpp"
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

/// Returns a non-negative whole member; nullopt if it is missing or something else.
std::optional<std::uint64_t> whole_in(const json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_number_unsigned()
             ? std::optional(member->get<std::uint64_t>())
             : std::nullopt;
}

std::string shortened(const std::string& line) {
  return line.size() <= 80 ? line : line.substr(0, 77) + "...";
}

}  // namespace

error reported_error(const json& body) {
  return {kind_of(text_in(body, "kind", "failed")),
          text_in(body, "message", "the cell reported an error without a message")};
}

json reply_body(const std::string& line, const char* expected, const char* sender) {
  const json reply = parse_json(line);
  if (reply.is_object() && reply.contains("error") && reply["error"].is_object())
    throw reported_error(reply["error"]);
  if (!reply.is_object() || !reply.contains(expected) || !reply[expected].is_object())
    throw error(error_kind::failed, fmt::format("invalid reply from {} (expected '{}'): {}", sender,
                                                expected, shortened(line)));
  return reply[expected];
}

ready_reply ready_from_json(const json& body) {
  const json version = body.value("protocol", json());
  if (version != 1 && version != 2)
    throw error(error_kind::failed, "the cell process uses another protocol version (expected 2)");
  ready_reply ready;
  ready.protocol = version.get<int>();
  if (const std::string name = text_in(body, "program", ""); !name.empty())
    ready.program = fmt::format("{} {}", name, text_in(body, "version", ""));
  if (const auto setup = body.find("setup_s"); setup != body.end() && setup->is_number())
    ready.setup_s = setup->get<double>();
  ready.base_rss_bytes = whole_in(body, "base_rss_bytes");
  if (const auto environment = body.find("environment");
      environment != body.end() && environment->is_object())
    for (const auto& [name, value] : environment->items())
      ready.environment[name] = value.is_string()
                                    ? value.get<std::string>()
                                    : value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (const auto location = body.find("location"); location != body.end())
    ready.location = location_from_json(*location);
  return ready;
}

sample measured_sample(const json& body) {
  try {
    sample measured = sample_from_json(body);
    if (!(measured.wall_s > 0))
      throw error(error_kind::failed, "invalid sample from the cell process: no time");
    measured.host.reset();  // the harness numbers the hosts
    measured.server_host.reset();
    measured.clients.reset();
    measured.client_skew_s.reset();
    return measured;
  } catch (const error& e) {
    if (e.kind() != error_kind::unreadable) throw;
    throw error(error_kind::failed,
                fmt::format("invalid reply from the cell process: {}", e.what()));
  }
}

std::optional<std::uint64_t> peak_rss_from_json(const json& body) {
  const std::optional<std::uint64_t> bytes = whole_in(body, "peak_rss_bytes");
  return bytes && *bytes > 0 ? bytes : std::nullopt;
}

}  // namespace crossover
