#include "tests/sim/tap/sqlite/virtual_table.h"

#include <memory>
#include <string>

namespace esofs::sim::tap {
namespace {

struct VirtualTable : sqlite3_vtab {
  TableData* data = nullptr;
};

struct RowCursor : sqlite3_vtab_cursor {
  TableData* data = nullptr;
  std::unique_ptr<TableData::Scan> scan;
  std::shared_ptr<const Batch> batch;  // nullptr: at the end
  std::size_t row = 0;
  const std::vector<TableData::Place>* places = nullptr;  // the rows of an equality; nullptr: the scan
  std::size_t place = 0;
  sqlite3_int64 rowid = 0;
};

bool is_text(const Column& column) { return column.datatype == "char"; }

std::string declaration(const Table& table) {
  std::string sql = "CREATE TABLE x(";
  for (const auto& column : table.columns) {
    const bool whole = column.datatype == "int" || column.datatype == "short" || column.datatype == "long";
    sql += (sql.back() == '(' ? "\"" : ", \"") + column.name + "\" ";
    sql += is_text(column) ? "TEXT COLLATE NOCASE" : whole ? "INTEGER" : "REAL";
  }
  return sql + ")";
}

int connect(sqlite3* database, void* context, int, const char* const*, sqlite3_vtab** out, char**) {
  auto* data = static_cast<TableData*>(context);
  const int code = sqlite3_declare_vtab(database, declaration(data->table()).c_str());
  if (code != SQLITE_OK) return code;
  auto made = std::make_unique<VirtualTable>();
  made->data = data;
  *out = made.release();  // SQLite gives it back to disconnect()
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  std::unique_ptr<VirtualTable>(static_cast<VirtualTable*>(table));
  return SQLITE_OK;
}

// A kept table offers an index on any column; other tables only a scan.
int best_index(sqlite3_vtab* table, sqlite3_index_info* info) {
  auto& data = *static_cast<VirtualTable*>(table)->data;
  const bool kept = data.kept();
  const double rows = kept ? static_cast<double>(data.kept_rows()) + 1 : 1e7;
  info->estimatedCost = rows * 10;
  info->estimatedRows = static_cast<sqlite3_int64>(rows);
  if (!kept) return SQLITE_OK;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.usable == 0 || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ || constraint.iColumn < 0)
      continue;
    info->aConstraintUsage[i].argvIndex = 1;
    info->idxNum = constraint.iColumn + 1;
    info->estimatedCost = 20;
    info->estimatedRows = 5;
    break;
  }
  return SQLITE_OK;
}

int open_cursor(sqlite3_vtab* table, sqlite3_vtab_cursor** out) {
  auto made = std::make_unique<RowCursor>();
  made->data = static_cast<VirtualTable*>(table)->data;
  *out = made.release();
  return SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* cursor) {
  std::unique_ptr<RowCursor>(static_cast<RowCursor*>(cursor));
  return SQLITE_OK;
}

void stand_at_place(RowCursor& cursor) {
  cursor.batch = nullptr;
  if (cursor.place == cursor.places->size()) return;
  const auto& place = (*cursor.places)[cursor.place];
  cursor.batch = cursor.data->batches()[place.batch];
  cursor.row = place.row;
}

int filter(sqlite3_vtab_cursor* base, int column, const char*, int, sqlite3_value** arguments) {
  auto& cursor = *static_cast<RowCursor*>(base);
  cursor.places = nullptr;
  cursor.rowid = 0;
  if (column > 0) {
    const auto index = static_cast<std::size_t>(column - 1);
    const int type = sqlite3_value_type(arguments[0]);
    const bool text = type == SQLITE_TEXT;
    if ((text || type == SQLITE_INTEGER || type == SQLITE_FLOAT) &&
        text == is_text(cursor.data->table().columns[index])) {
      const std::string key = text
                                  ? index_key(reinterpret_cast<const char*>(sqlite3_value_text(arguments[0])))
                                  : index_key(sqlite3_value_double(arguments[0]));
      cursor.places = &cursor.data->places(index, key);
      cursor.place = 0;
      stand_at_place(cursor);
      return SQLITE_OK;
    }
  }
  cursor.scan = cursor.data->scan();
  cursor.batch = cursor.scan->next();
  cursor.row = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* base) {
  auto& cursor = *static_cast<RowCursor*>(base);
  ++cursor.rowid;
  if (cursor.places != nullptr) {
    ++cursor.place;
    stand_at_place(cursor);
  } else if (++cursor.row == cursor.batch->rows) {
    cursor.batch = cursor.scan->next();
    cursor.row = 0;
  }
  return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* cursor) { return static_cast<RowCursor*>(cursor)->batch == nullptr ? 1 : 0; }

int give_column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  const auto& cursor = *static_cast<RowCursor*>(base);
  const std::size_t width = cursor.data->table().columns.size();
  const PackedCell& cell = cursor.batch->cells[cursor.row * width + static_cast<std::size_t>(column)];
  switch (cell.type) {
    case PackedCell::Type::kInteger:
      sqlite3_result_int64(context, cell.integer);
      break;
    case PackedCell::Type::kReal:
      sqlite3_result_double(context, cell.real);
      break;
    case PackedCell::Type::kText:
      sqlite3_result_text(context, cursor.batch->text.data() + cell.offset, static_cast<int>(cell.size),
                          SQLITE_TRANSIENT);
      break;
    case PackedCell::Type::kNull:
      break;
  }
  return SQLITE_OK;
}

int give_rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) {
  *out = static_cast<RowCursor*>(cursor)->rowid;
  return SQLITE_OK;
}

// Without xCreate the module is a table under its own name, so no CREATE is needed.
const sqlite3_module& module() {
  static const sqlite3_module made = [] {
    sqlite3_module m{};
    m.xConnect = connect;
    m.xBestIndex = best_index;
    m.xDisconnect = disconnect;
    m.xOpen = open_cursor;
    m.xClose = close_cursor;
    m.xFilter = filter;
    m.xNext = next;
    m.xEof = at_end;
    m.xColumn = give_column;
    m.xRowid = give_rowid;
    return m;
  }();
  return made;
}

}  // namespace

void add_table(sqlite3* database, TableData& data) {
  sqlite3_create_module_v2(database, data.table().name.c_str(), &module(), &data, nullptr);
}

}  // namespace esofs::sim::tap
