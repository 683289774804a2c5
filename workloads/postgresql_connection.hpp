#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "workloads/libpq.hpp"

namespace crossover {

using postgresql_connection = std::unique_ptr<PGconn, decltype(&::PQfinish)>;
using postgresql_result = std::unique_ptr<PGresult, decltype(&::PQclear)>;

/// Connects and waits until it is done. Throws `error` (failed) with the server's or libpq's words,
/// in one line.
postgresql_connection connect_postgresql(const std::string& url);

/// Executes a statement and returns its result. Throws `error` (failed) with the server's words, in
/// one line.
postgresql_result execute(PGconn* on, const std::string& statement);

/// Makes and fills the table `crossover_rows`, as query_rows.hpp has it. `kind`: "TABLE" or
/// "TEMPORARY TABLE".
void make_postgresql_rows(PGconn* on, const std::string& kind, std::uint64_t rows);

/// The first line of what libpq says of the last trouble.
std::string words_of(const PGconn* connection);

}  // namespace crossover
