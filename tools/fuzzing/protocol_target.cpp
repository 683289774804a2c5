#include <nlohmann/json.hpp>
#include <string>

#include "bench/cell/replies.hpp"
#include "bench/cell/requests.hpp"
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

}  // namespace

/// One line of the cell protocol, read as a request by the cell process and as a reply by the
/// harness.
void fuzz_protocol(std::string_view input) {
  replies(std::string(input));
  const json request = parse_json(input);
  if (request.is_object() && request.size() == 1 && request.begin()->is_object())
    requests(*request.begin());
}

}  // namespace crossover
