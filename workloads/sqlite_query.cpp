#include "workloads/sqlite_query.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "workloads/query_rows.hpp"
#include "workloads/servers/supervisor.hpp"
#include "workloads/waits.hpp"

namespace crossover {
namespace {

using database = std::unique_ptr<sqlite3, decltype(&::sqlite3_close)>;
using statement = std::unique_ptr<sqlite3_stmt, decltype(&::sqlite3_finalize)>;

database open(const std::string& path, int flags) {
  sqlite3* opened = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  database owned(opened, &::sqlite3_close);
  if (code != SQLITE_OK)
    throw error(error_kind::failed,
                fmt::format("SQLite cannot open {}: {}", path, ::sqlite3_errstr(code)));
  return owned;
}

statement prepare(sqlite3* connection, const char* text) {
  sqlite3_stmt* prepared = nullptr;
  if (::sqlite3_prepare_v2(connection, text, -1, &prepared, nullptr) != SQLITE_OK)
    throw error(error_kind::failed, fmt::format("SQLite: {}", ::sqlite3_errmsg(connection)));
  return {prepared, &::sqlite3_finalize};
}

struct database_lane final : lane {
  database_lane(const std::string& path, std::uint32_t number)
      : owned(open(path, SQLITE_OPEN_READONLY)),
        select(prepare(owned.get(), "SELECT id, value, label FROM crossover_rows WHERE id = ?1")),
        keys(number) {}
  database owned;
  statement select;
  row_keys keys;
};

/// Resets the statement, which also releases the file's lock.
struct reset_at_end {
  sqlite3_stmt* select;
  ~reset_at_end() { ::sqlite3_reset(select); }
};

class sqlite_query final : public workload {
 public:
  sqlite_query(std::uint64_t rows, std::string path) : rows_(rows), path_(std::move(path)) {}

  std::unique_ptr<lane> open_lane(std::uint32_t number) override {
    return std::make_unique<database_lane>(path_, number);
  }

  void run_blocking(lane& base) override {
    auto& lane = static_cast<database_lane&>(base);
    sqlite3_stmt* select = lane.select.get();
    const std::uint64_t id = lane.keys.next(rows_);
    const reset_at_end guard{select};
    ::sqlite3_bind_int64(select, 1, static_cast<sqlite3_int64>(id));
    int code = SQLITE_ERROR;
    call_without_lock([&] { code = ::sqlite3_step(select); });
    if (code != SQLITE_ROW && code != SQLITE_DONE)
      throw operation_error("query", ::sqlite3_errstr(code));
    const bool right =
        code == SQLITE_ROW && static_cast<std::uint64_t>(::sqlite3_column_int64(select, 0)) == id &&
        ::sqlite3_column_int64(select, 1) == row_value(id) &&
        row_label(id) == reinterpret_cast<const char*>(::sqlite3_column_text(select, 2)) &&
        ::sqlite3_step(select) == SQLITE_DONE;
    if (!right) throw error(error_kind::failed, fmt::format("wrong row for id {}", id));
  }

 private:
  std::uint64_t rows_;
  std::string path_;
};

class sqlite_file final : public workload_server {
 public:
  sqlite_file(std::uint64_t rows, std::string path) : path_(std::move(path)) {
    const database file = open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    try {
      // Temporary file, so durability is off: no journal, no fsync.
      for (const char* text : {"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF",
                               "CREATE TABLE crossover_rows (id INTEGER PRIMARY KEY, value INTEGER "
                               "NOT NULL, label TEXT NOT NULL)",
                               "BEGIN"})
        step(prepare(file.get(), text).get());
      const statement insert =
          prepare(file.get(), "INSERT INTO crossover_rows VALUES (?1, ?2, ?3)");
      for (std::uint64_t id = 1; id <= rows; ++id) {
        const std::string label = row_label(id);
        ::sqlite3_bind_int64(insert.get(), 1, static_cast<sqlite3_int64>(id));
        ::sqlite3_bind_int64(insert.get(), 2, row_value(id));
        ::sqlite3_bind_text(insert.get(), 3, label.data(), static_cast<int>(label.size()),
                            SQLITE_TRANSIENT);
        step(insert.get());
      }
      step(prepare(file.get(), "COMMIT").get());
    } catch (const error& e) {
      throw error(
          error_kind::failed,
          fmt::format("cannot write {} ({}); free disk space or set TMPDIR to another file system",
                      path_, e.what()));
    }
  }
  std::string endpoint() const override { return path_; }

 private:
  static void step(sqlite3_stmt* prepared) {
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = ::sqlite3_step(prepared);
    ::sqlite3_reset(prepared);
    if (code != SQLITE_DONE) throw error(error_kind::failed, ::sqlite3_errstr(code));
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<workload> make_sqlite_query(std::uint64_t rows, const std::string& path) {
  return std::make_unique<sqlite_query>(rows, path);
}

std::unique_ptr<workload_server> start_sqlite_file(std::uint64_t rows) {
  return start_supervised([rows](const std::string& directory) {
    return std::make_unique<sqlite_file>(rows, directory + "/rows.db");
  });
}

}  // namespace crossover
