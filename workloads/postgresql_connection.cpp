#include "workloads/postgresql_connection.hpp"

#include <fmt/format.h>

#include "workloads/base/error.hpp"

namespace crossover {

std::string error_message_of(const PGconn* connection) {
  const std::string message = libpq().PQerrorMessage(connection);
  return message.substr(0, message.find('\n'));
}

postgresql_connection connect_postgresql(const std::string& url) {
  // Settings in the URL come last and take precedence.
  const char* keywords[] = {"connect_timeout", "fallback_application_name", "dbname", nullptr};
  const char* values[] = {"10", "crossover", url.c_str(), nullptr};
  postgresql_connection connection(libpq().PQconnectdbParams(keywords, values, 1),
                                   libpq().PQfinish);
  if (connection == nullptr)
    throw error(error_kind::resource, "no memory for a database connection");
  if (libpq().PQstatus(connection.get()) != CONNECTION_OK)
    throw error(error_kind::failed, error_message_of(connection.get()));
  return connection;
}

postgresql_result execute(PGconn* connection, const std::string& statement) {
  postgresql_result result(libpq().PQexec(connection, statement.c_str()), libpq().PQclear);
  const ExecStatusType status = libpq().PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw error(error_kind::failed, fmt::format("PostgreSQL: {}", error_message_of(connection)));
  return result;
}

void make_postgresql_rows(PGconn* connection, const std::string& kind, std::uint64_t rows) {
  execute(connection,
          fmt::format("CREATE {} crossover_rows (id bigint PRIMARY KEY, value bigint NOT NULL, "
                      "label text NOT NULL)",
                      kind));
  execute(connection,
          fmt::format("INSERT INTO crossover_rows SELECT id, id * 2654435761 % 4294967296, "
                      "'row ' || id FROM generate_series(1::bigint, {}) AS id",
                      rows));
}

}  // namespace crossover
