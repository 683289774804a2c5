#include <fmt/format.h>

#include <array>

#include "workloads/postgresql_query.hpp"
#include "workloads/servers/postgresql_server.hpp"
#include "workloads/sqlite_query.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

constexpr std::array query_parameters = {
    parameter{"engine", parameter_kind::choice, "sqlite", 0, 0, "sqlite|postgresql",
              "SQLite file or PostgreSQL server"},
    parameter{"rows", parameter_kind::count, "10000", 1, 10'000'000, {}, "rows in the table"},
    parameter{"delay",
              parameter_kind::duration,
              "0",
              0,
              60'000'000'000,
              {},
              "server delay per query (pg_sleep)"},
};

bool uses_server(const parameter_values& values) { return values.text("engine") == "postgresql"; }

void check_combination(const parameter_values& values) {
  if (!uses_server(values) && values.number("delay") != 0)
    throw error(error_kind::invalid, "query: delay requires engine=postgresql (pg_sleep)");
}

std::string unsupported_reason(const workload_request& request) {
  check_combination(*request.values);
  if (!uses_server(*request.values) || request.external_server) return {};
  if (find_postgresql().empty())
    return "PostgreSQL server not found: apt-get install postgresql, or use --endpoint "
           "query=postgresql://…";
  if (request.in_flight > max_postgresql_connections)
    return fmt::format(
        "needs {} connections, the built-in PostgreSQL server accepts {}: reduce --in-flight, or "
        "use --endpoint query=postgresql://…",
        request.in_flight, max_postgresql_connections);
  return {};
}

}  // namespace

extern const workload_type query_workload;
constinit const workload_type query_workload = {
    .name = "query",
    .summary = "prepared SELECT of a row by its key (SQLite, or PostgreSQL through libpq)",
    .parameters = query_parameters,
    .make = [](const parameter_values& values,
               const std::string& endpoint) -> std::unique_ptr<workload> {
      check_combination(values);
      if (uses_server(values))
        return make_postgresql_query(values.number("rows"), values.number("delay"), endpoint);
      return make_sqlite_query(values.number("rows"), endpoint);
    },
    .min_operation_s =
        [](const parameter_values& values) {
          return static_cast<double>(values.number("delay")) * 1e-9;
        },
    .start_server = [](const parameter_values& values,
                       const server_config& config) -> std::unique_ptr<workload_server> {
      check_combination(values);
      if (uses_server(values)) return start_postgresql_server(values.number("rows"), config);
      return start_sqlite_file(values.number("rows"));
    },
    .descriptors_per_lane = 2,
    .target =
        [](const parameter_values& values) {
          return uses_server(values) ? target_kind::server : target_kind::file;
        },
    .unsupported_reason = unsupported_reason,
    .try_endpoint = try_postgresql,
};

}  // namespace crossover
