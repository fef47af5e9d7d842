// TableData: the rows of one table, packed in batches, for any number of scans at a time.
//
// Small tables are kept after the first scan. For big ones a thread makes the rows again for each scan, a few batches
// ahead of the reader, so that a million rows need no more memory than a thousand.
//
//   threads  thread-safe; a Scan belongs to one thread
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

struct PackedCell {
  enum class Type : std::uint8_t { kNull, kInteger, kReal, kText };
  Type type = Type::kNull;
  std::uint32_t size = 0;  // of text
  union {
    std::int64_t integer = 0;
    double real;
    std::uint64_t offset;  // of text in Batch::text
  };
};

struct Batch {
  std::size_t rows = 0;
  std::vector<PackedCell> cells;  // row after row
  std::string text;
};

class TableData {
 public:
  using Visit = std::function<void(const TableRow&)>;
  using Rows = std::function<void(const Visit&)>;

  // rows: visits every row, always in the same order, until an exception of the visitor ends it.
  TableData(const Table& table, Rows rows) : table_(table), rows_(std::move(rows)) {}

  class Scan {
   public:
    virtual ~Scan() = default;
    virtual std::shared_ptr<const Batch> next() = 0;  // nullptr at the end
  };
  std::unique_ptr<Scan> scan();

  // The place of a row of a kept table.
  struct Place {
    std::uint32_t batch;
    std::uint32_t row;
  };
  // True for a small table, whose rows are kept; loads it.
  bool kept();
  std::uint64_t kept_rows() const { return kept_rows_; }
  const std::vector<std::shared_ptr<const Batch>>& batches() const { return batches_; }
  // The rows of a kept table whose column may equal the value: text by index_key(text), numbers by index_key(double).
  const std::vector<Place>& places(std::size_t column, const std::string& key);

  const Table& table() const { return table_; }

 private:
  using Index = std::unordered_map<std::string, std::vector<Place>>;
  void load();

  const Table& table_;
  const Rows rows_;
  std::once_flag loaded_;
  bool kept_ = false;
  std::uint64_t kept_rows_ = 0;
  std::vector<std::shared_ptr<const Batch>> batches_;
  std::mutex index_mutex_;
  std::unordered_map<std::size_t, std::unique_ptr<Index>> indexes_;  // guarded by index_mutex_
};

std::string index_key(std::string_view text);
std::string index_key(double number);

}  // namespace esofs::sim::tap
