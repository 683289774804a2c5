#include "workloads/postgresql_connection.hpp"

#include <fmt/format.h>

#include "workloads/base/error.hpp"

namespace crossover {

std::string words_of(const PGconn* connection) {
  const std::string words = libpq().PQerrorMessage(connection);
  return words.substr(0, words.find('\n'));
}

postgresql_connection connect_postgresql(const std::string& url) {
  // Settings in the URL come last and take precedence.
  const char* keywords[] = {"connect_timeout", "fallback_application_name", "dbname", nullptr};
  const char* values[] = {"10", "crossover", url.c_str(), nullptr};
  postgresql_connection made(libpq().PQconnectdbParams(keywords, values, 1), libpq().PQfinish);
  if (made == nullptr) throw error(error_kind::resource, "no memory for a database connection");
  if (libpq().PQstatus(made.get()) != CONNECTION_OK)
    throw error(error_kind::failed, words_of(made.get()));
  return made;
}

postgresql_result execute(PGconn* on, const std::string& statement) {
  postgresql_result result(libpq().PQexec(on, statement.c_str()), libpq().PQclear);
  const ExecStatusType status = libpq().PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw error(error_kind::failed, fmt::format("PostgreSQL: {}", words_of(on)));
  return result;
}

void make_postgresql_rows(PGconn* on, const std::string& kind, std::uint64_t rows) {
  execute(on, fmt::format("CREATE {} crossover_rows (id bigint PRIMARY KEY, value bigint NOT NULL, "
                          "label text NOT NULL)",
                          kind));
  execute(on, fmt::format("INSERT INTO crossover_rows SELECT id, id * 2654435761 % 4294967296, "
                          "'row ' || id FROM generate_series(1::bigint, {}) AS id",
                          rows));
}

}  // namespace crossover
