#include "workloads/postgresql_query.hpp"

#include <fmt/format.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <charconv>
#include <string_view>

#include "workloads/async_form.hpp"
#include "workloads/postgresql_connection.hpp"
#include "workloads/query_rows.hpp"
#include "workloads/waits.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
using loop_descriptor = asio::posix::basic_stream_descriptor<loop_executor>;
using boost::system::error_code;

struct connection_lane : lane {
  explicit connection_lane(std::uint32_t number) : keys(number) {}
  postgresql_connection connection{
      nullptr, libpq().PQfinish};  // empty after a loss: the next operation reconnects
  row_keys keys;
};

struct connection_loop_lane final : connection_lane {
  connection_loop_lane(asio::io_context& loop, std::uint32_t number)
      : connection_lane(number), socket(loop) {}
  ~connection_loop_lane() override { forget(); }
  /// Releases the descriptor without closing it, because libpq owns it.
  void forget() {
    if (socket.is_open()) socket.release();
  }
  loop_descriptor socket;
};

/// A key as the text that is sent.
struct key_text {
  explicit key_text(std::uint64_t id) {
    *std::to_chars(text, text + sizeof text - 1, id).ptr = '\0';
  }
  char text[24];
};

class postgresql_query final : public workload, public async_form {
 public:
  postgresql_query(std::uint64_t rows, std::uint64_t delay_ns, std::string url)
      : rows_(rows),
        url_(std::move(url)),
        select_(fmt::format("SELECT id, value, label{} FROM crossover_rows WHERE id = $1::bigint",
                            delay_ns == 0 ? ""
                                          : fmt::format(", pg_sleep({:.9f})",
                                                        static_cast<double>(delay_ns) * 1e-9))) {}

  std::unique_ptr<lane> open_lane(std::uint32_t number) override {
    auto opened = std::make_unique<connection_lane>(number);
    opened->connection = ready_connection();
    return opened;
  }

  void run_blocking(lane& base) override {
    auto& lane = static_cast<connection_lane&>(base);
    if (!lane.connection) reconnect(lane);
    const std::uint64_t id = lane.keys.next(rows_);
    const key_text key(id);
    const char* const values[] = {key.text};
    const postgresql_result result(execute_prepared(lane.connection.get(), values),
                                   libpq().PQclear);
    if (libpq().PQstatus(lane.connection.get()) != CONNECTION_OK) {
      if (blocking_hooks* const hooks = current_hooks(); hooks != nullptr)
        hooks->forget(libpq().PQsocket(lane.connection.get()));
      lane.connection.reset();
      throw operation_error("receive", "connection_lost");
    }
    check(result.get(), id, key);
  }

  /// Runs the prepared query. libpq itself waits in the kernel; if the thread has hooks, the query
  /// is sent asynchronously and the hooks wait.
  static PGresult* execute_prepared(PGconn* connection, const char* const* values) {
    if (current_hooks() == nullptr)
      return libpq().PQexecPrepared(connection, statement_name, 1, values, nullptr, nullptr, 0);
    if (libpq().PQsendQueryPrepared(connection, statement_name, 1, values, nullptr, nullptr, 0) !=
        1)
      return nullptr;
    while (libpq().PQisBusy(connection) != 0) {
      wait_until_ready(libpq().PQsocket(connection), false);
      if (libpq().PQconsumeInput(connection) != 1) return nullptr;
    }
    PGresult* const result = libpq().PQgetResult(connection);
    while (PGresult* const more = libpq().PQgetResult(connection))
      libpq().PQclear(more);  // until the end of the reply
    return result;
  }

  async_form* async() override { return this; }

  std::unique_ptr<lane> open_async_lane(asio::io_context& loop, std::uint32_t number) override {
    auto opened = std::make_unique<connection_loop_lane>(loop, number);
    opened->connection = ready_connection();
    adopt(*opened);
    return opened;
  }

  awaitable_operation run_async(lane& base) override {
    auto& lane = static_cast<connection_loop_lane&>(base);
    if (!lane.connection) {
      reconnect(lane);
      adopt(lane);
    }
    PGconn* const connection = lane.connection.get();
    const std::uint64_t id = lane.keys.next(rows_);
    const key_text key(id);
    const char* const values[] = {key.text};
    error_code failure;
    if (libpq().PQsendQueryPrepared(connection, statement_name, 1, values, nullptr, nullptr, 0) ==
        0)
      lose(lane, "send");
    for (int left = 1; (left = libpq().PQflush(connection)) != 0;) {
      if (left < 0) lose(lane, "send");
      co_await lane.socket.async_wait(loop_descriptor::wait_write, awaited(failure));
      if (failure) lose(lane, "send");
    }
    // The reply is complete, and the server ready for the next query, when libpq has no further
    // result.
    postgresql_result result(nullptr, libpq().PQclear);
    for (;;) {
      while (libpq().PQisBusy(connection) != 0) {
        co_await lane.socket.async_wait(loop_descriptor::wait_read, awaited(failure));
        if (failure || libpq().PQconsumeInput(connection) == 0) lose(lane, "receive");
      }
      PGresult* const next = libpq().PQgetResult(connection);
      if (next == nullptr) break;
      result.reset(next);
    }
    if (libpq().PQstatus(connection) != CONNECTION_OK) lose(lane, "receive");
    check(result.get(), id, key);
  }

 private:
  static constexpr const char* statement_name = "crossover";

  postgresql_connection ready_connection() const {
    postgresql_connection connection = connect_postgresql(url_);
    PGconn* const session = connection.get();
    execute(session, "SET client_min_messages = warning");
    const postgresql_result exists =
        execute(session, "SELECT to_regclass('crossover_rows') IS NOT NULL");
    if (std::string_view(libpq().PQgetvalue(exists.get(), 0, 0)) != "t") {
      // The user's own server: a temporary table disappears with the connection.
      make_postgresql_rows(session, "TEMPORARY TABLE", rows_);
      execute(session, "ANALYZE crossover_rows");
    }
    const postgresql_result prepared(
        libpq().PQprepare(session, statement_name, select_.c_str(), 1, nullptr), libpq().PQclear);
    if (libpq().PQresultStatus(prepared.get()) != PGRES_COMMAND_OK)
      throw error(error_kind::failed, fmt::format("PostgreSQL: {}", error_message_of(session)));
    return connection;
  }

  void reconnect(connection_lane& lane) const {
    try {
      lane.connection = ready_connection();
    } catch (const error&) {
      throw operation_error("connect", "refused");
    }
  }

  static void adopt(connection_loop_lane& lane) {
    libpq().PQsetnonblocking(lane.connection.get(), 1);
    lane.socket.assign(libpq().PQsocket(lane.connection.get()));
  }

  [[noreturn]] static void lose(connection_loop_lane& lane, const char* phase) {
    lane.forget();
    lane.connection.reset();
    throw operation_error(phase, "connection_lost");
  }

  static void check(const PGresult* result, std::uint64_t id, const key_text& key) {
    if (libpq().PQresultStatus(result) != PGRES_TUPLES_OK) {
      const char* state = libpq().PQresultErrorField(result, PG_DIAG_SQLSTATE);
      throw operation_error("query", state != nullptr ? state : "failed");
    }
    if (libpq().PQntuples(result) != 1 ||
        key.text != std::string_view(libpq().PQgetvalue(result, 0, 0)) ||
        key_text(static_cast<std::uint64_t>(row_value(id))).text !=
            std::string_view(libpq().PQgetvalue(result, 0, 1)) ||
        row_label(id) != libpq().PQgetvalue(result, 0, 2))
      throw error(error_kind::failed, fmt::format("wrong row for id {}", id));
  }

  std::uint64_t rows_;
  std::string url_, select_;
};

}  // namespace

std::unique_ptr<workload> make_postgresql_query(std::uint64_t rows, std::uint64_t delay_ns,
                                                const std::string& url) {
  return std::make_unique<postgresql_query>(rows, delay_ns, url);
}

void try_postgresql(const std::string& url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://"))
    throw error(error_kind::invalid,
                "not a database URL; expected postgresql://USER@HOST:PORT/DATABASE");
  connect_postgresql(url);
}

}  // namespace crossover
