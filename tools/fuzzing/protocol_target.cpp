#include <nlohmann/json.hpp>
#include <string>

#include "bench/cell/replies.hpp"
#include "bench/cell/requests.hpp"
#include "bench/fleet/host_messages.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/sample_json.hpp"
#include "bench/results/trace.hpp"
#include "tools/fuzzing/target.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

/// The cell process's side: a body is converted, or refused as invalid.
void requests(const json& body) {
  try {
    const cell_preparation read = preparation_from_json(body);
    require(!read.cores.empty() && read.in_flight > 0, "a prepared cell can run");
    const json again = to_json(read);
    require(to_json(preparation_from_json(again)) == again, "a written `prepare` reads the same");
  } catch (const error& e) {
    require(e.kind() == error_kind::invalid, "a bad request is invalid");
  }
  try {
    const run_request read = run_request_from_json(body);
    require((read.seconds > 0) != (read.operations > 0), "a run has one length");
    const json again = to_json(read);
    require(to_json(run_request_from_json(again)) == again, "a written `run` reads the same");
  } catch (const error& e) {
    require(e.kind() == error_kind::invalid, "a bad request is invalid");
  }
}

/// The harness's side: a reply is converted, or fails the cell.
template <typename Read>
void fails_only_the_cell(const Read& read) {
  try {
    read();
  } catch (const error& e) {
    require(e.kind() != error_kind::unreadable && e.kind() != error_kind::unwritable,
            "a bad reply is not a bad file");
  }
}

void replies(const std::string& line) {
  fails_only_the_cell([&] { ready_from_json(reply_body(line, "ready")); });
  fails_only_the_cell([&] { peak_rss_from_json(reply_body(line, "finished")); });
  fails_only_the_cell([&] {
    const json body = reply_body(line, "sample");
    const sample measured = measured_sample(body);
    require(measured.wall_s > 0, "a sample has a duration");
    const json again = to_json(measured);
    require(to_json(measured_sample(again)) == again, "a written sample reads the same");
  });
  fails_only_the_cell([&] {
    const json trace = to_json(trace_from_json(reply_body(line, "trace")));
    require(to_json(trace_from_json(trace)) == trace, "a written trace reads the same");
  });
}

/// Reads the body of a message between a harness and a host of its fleet, or refuses it.
template <typename Read>
void reads_the_same(const Read& read, const json& body) {
  json written;
  try {
    written = to_json(read(body));
  } catch (const error&) {
    return;
  } catch (const json::exception&) {
    return;
  }
  require(to_json(read(written)) == written, "a written message reads the same");
}

void messages_of_hosts(const json& body) {
  reads_the_same(host_start_from_json, body);
  reads_the_same(host_settings_from_json, body.value("settings", json()));
  reads_the_same(planned_cells_from_json, body.value("cells", json()));
  reads_the_same(host_block_from_json, body);
  reads_the_same(helper_request_from_json, body);
  reads_the_same(client_request_from_json, body);
  reads_the_same(server_request_from_json, body);
  reads_the_same(server_state_from_json, body);
  reads_the_same(host_facts_from_json, body);
  reads_the_same(host_refusals_from_json, body);
  reads_the_same(arm_records_from_json, body);
}

}  // namespace

/// One line between a harness and a cell process or a host: a request or a reply, read by both
/// sides.
void fuzz_protocol(std::string_view input) {
  replies(std::string(input));
  const json message = parse_json(input);
  if (!message.is_object() || message.size() != 1 || !message.begin()->is_object()) return;
  requests(*message.begin());
  messages_of_hosts(*message.begin());
}

}  // namespace crossover
