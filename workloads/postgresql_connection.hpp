#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "workloads/libpq.hpp"

namespace crossover {

using postgresql_connection = std::unique_ptr<PGconn, decltype(&::PQfinish)>;
using postgresql_result = std::unique_ptr<PGresult, decltype(&::PQclear)>;

/// Connects, blocking. Throws `error` (failed) with the message of libpq or the server.
postgresql_connection connect_postgresql(const std::string& url);

/// Executes a statement and returns its result. Throws `error` (failed) with the server's message.
postgresql_result execute(PGconn* connection, const std::string& statement);

/// Creates and fills the table `crossover_rows` (see query_rows.hpp). `kind`: "TABLE" or "TEMPORARY
/// TABLE".
void make_postgresql_rows(PGconn* connection, const std::string& kind, std::uint64_t rows);

/// Returns the first line of libpq's last error message.
std::string error_message_of(const PGconn* connection);

}  // namespace crossover
