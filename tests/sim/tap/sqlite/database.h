// Database: the tables of a service as SQLite sees them, and cursors over the answers to queries.
//
// Every query has its own connection to an empty database in memory. Tables are virtual (TableData) and only SELECT is
// authorised, so that no query can change anything, even if the translation has a bug.
//
//   threads  Database: thread-safe; a Cursor is used by one thread at a time
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/sim/tap/adql/adql.h"
#include "tests/sim/tap/sqlite/table_data.h"

namespace esofs::sim::tap {

// A cell of an answer; the text is valid until the next step().
struct Value {
  PackedCell::Type type = PackedCell::Type::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;

  bool null() const { return type == PackedCell::Type::kNull; }
  double number() const { return type == PackedCell::Type::kInteger ? static_cast<double>(integer) : real; }
};

class Cursor {
 public:
  enum class Step { kRow, kEnd, kTimedOut, kFailed };
  virtual ~Cursor() = default;

  virtual const std::vector<Column>& columns() const = 0;
  virtual Step step() = 0;
  virtual Value value(std::size_t column) const = 0;  // REQUIRES: step() returned kRow
  virtual std::string error() const = 0;              // after kFailed
  // After the deadline or a stop, step() returns kTimedOut, even if it was running then.
  virtual void limit(std::chrono::steady_clock::time_point deadline, std::stop_token stop) = 0;
};

class Database {
 public:
  // rows: visits the rows of a table, given by Table::name.
  using Rows = std::function<void(const std::string& table, const TableData::Visit& visit)>;
  Database(const Schema& schema, Rows rows);

  // A cursor before the first row, or the text of the error.
  std::variant<std::unique_ptr<Cursor>, std::string> run(const Translation& translation);

 private:
  std::map<std::string, std::unique_ptr<TableData>> tables_;
};

}  // namespace esofs::sim::tap
