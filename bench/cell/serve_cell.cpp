#include "bench/cell/serve_cell.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/cell/cell.hpp"
#include "bench/cell/json_lines.hpp"
#include "bench/results/json_text.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

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
    if (!write_json_line(out, handle_line(served, line))) return 1;
    if (served.is_finished()) break;
  }
  return 0;
}

}  // namespace crossover
