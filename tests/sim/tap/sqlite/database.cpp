#include "tests/sim/tap/sqlite/database.h"

#include <sqlite3.h>

#include "tests/sim/tap/sqlite/functions.h"
#include "tests/sim/tap/sqlite/virtual_table.h"

namespace esofs::sim::tap {
namespace {

constexpr int kOperationsBetweenLooks = 2000;  // of SQLite's machine: some 20 microseconds

struct CloseConnection {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;
using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;

int only_select(void* /*context*/, int action, const char* /*a*/, const char* /*b*/, const char* /*c*/,
                const char* /*d*/) {
  return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ? SQLITE_OK
                                                                                       : SQLITE_DENY;
}

class SqliteCursor : public Cursor {
 public:
  SqliteCursor(Connection connection, std::vector<Column> columns)
      : connection_(std::move(connection)), columns_(std::move(columns)) {
    sqlite3_progress_handler(connection_.get(), kOperationsBetweenLooks, &SqliteCursor::look, this);
  }

  bool prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    statement_.reset(statement);
    return code == SQLITE_OK;
  }

  const std::vector<Column>& columns() const override { return columns_; }

  Step step() override {
    if (look(this) != 0) return Step::kTimedOut;
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return Step::kRow;
    if (code == SQLITE_DONE) return Step::kEnd;
    return code == SQLITE_INTERRUPT ? Step::kTimedOut : Step::kFailed;
  }

  Value value(std::size_t column) const override {
    const int i = static_cast<int>(column);
    Value value;
    switch (sqlite3_column_type(statement_.get(), i)) {
      case SQLITE_INTEGER:
        value.type = PackedCell::Type::kInteger;
        value.integer = sqlite3_column_int64(statement_.get(), i);
        break;
      case SQLITE_FLOAT:
        value.type = PackedCell::Type::kReal;
        value.real = sqlite3_column_double(statement_.get(), i);
        break;
      case SQLITE_TEXT:
        value.type = PackedCell::Type::kText;
        value.text = {reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), i)),
                      static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), i))};
        break;
      default:
        break;
    }
    return value;
  }

  std::string error() const override { return sqlite3_errmsg(connection_.get()); }
  void limit(std::chrono::steady_clock::time_point deadline, std::stop_token stop) override {
    deadline_ = deadline;
    stop_ = std::move(stop);
  }

 private:
  static int look(void* self) {
    const auto* cursor = static_cast<const SqliteCursor*>(self);
    return cursor->stop_.stop_requested() || std::chrono::steady_clock::now() > cursor->deadline_ ? 1 : 0;
  }

  Connection connection_;
  Statement statement_;  // after the connection: it ends first
  std::vector<Column> columns_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::stop_token stop_;
};

}  // namespace

Database::Database(const Schema& schema, Rows rows) {
  for (const auto& table : schema.tables) {
    tables_.emplace(table.name,
                    std::make_unique<TableData>(
                        table, [rows, name = table.name](const auto& visit) { rows(name, visit); }));
  }
}

std::variant<std::unique_ptr<Cursor>, std::string> Database::run(const Translation& translation) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(":memory:", &opened, flags, nullptr);
  Connection connection(opened);
  if (code != SQLITE_OK) return std::string("no database: ") + sqlite3_errstr(code);
  add_functions(opened);
  // Naming a table declares it, which is not allowed any more once only SELECT is authorised.
  for (const auto& name : translation.tables) {
    add_table(opened, *tables_.at(name));
    sqlite3_exec(opened, ("SELECT 1 FROM \"" + name + "\" LIMIT 0").c_str(), nullptr, nullptr, nullptr);
  }
  sqlite3_set_authorizer(opened, only_select, nullptr);
  auto cursor = std::make_unique<SqliteCursor>(std::move(connection), translation.columns);
  if (!cursor->prepare(translation.sql)) return cursor->error();
  return cursor;
}

}  // namespace esofs::sim::tap
