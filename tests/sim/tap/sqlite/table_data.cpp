#include "tests/sim/tap/sqlite/table_data.h"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <thread>

namespace esofs::sim::tap {
namespace {

constexpr std::size_t kBatchRows = 512;
constexpr std::size_t kBatchesAhead = 4;
constexpr std::size_t kKeptBatches = 40;  // about 20 000 rows

// Thrown through Holdings::rows() when no more rows are needed.
struct ScanEnded {};

// Turns visited rows into batches.
class Packer {
 public:
  using Full = std::function<void(std::shared_ptr<const Batch>)>;

  Packer(const Table& table, Full full) : width_(table.columns.size()), full_(std::move(full)) {
    for (std::size_t i = 0; i < width_; ++i) order_.emplace(table.columns[i].name, i);
    start();
  }

  void add(const TableRow& row) {
    const std::size_t begin = batch_->cells.size();
    batch_->cells.resize(begin + width_);
    auto column = order_.begin();  // both are sorted by name, so one pass is enough
    for (const auto& [name, cell] : row) {
      while (column != order_.end() && column->first < name) ++column;
      if (column == order_.end()) break;
      if (column->first == name) put(batch_->cells[begin + column->second], cell);
    }
    if (++batch_->rows == kBatchRows) flush();
  }

  void flush() {
    if (batch_->rows == 0) return;
    auto done = std::move(batch_);
    start();
    full_(std::move(done));
  }

 private:
  void start() {
    batch_ = std::make_shared<Batch>();
    batch_->cells.reserve(kBatchRows * width_);
  }

  void put(PackedCell& packed, const Cell& cell) {
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      packed.type = PackedCell::Type::kInteger;
      packed.integer = *integer;
    } else if (const auto* real = std::get_if<double>(&cell)) {
      packed.type = PackedCell::Type::kReal;
      packed.real = *real;
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      packed.type = PackedCell::Type::kText;
      packed.offset = batch_->text.size();
      packed.size = static_cast<std::uint32_t>(text->size());
      batch_->text += *text;
    }
  }

  std::size_t width_;
  Full full_;
  std::map<std::string, std::size_t> order_;
  std::shared_ptr<Batch> batch_;
};

class KeptScan : public TableData::Scan {
 public:
  explicit KeptScan(const std::vector<std::shared_ptr<const Batch>>& batches) : batches_(batches) {}
  std::shared_ptr<const Batch> next() override {
    return next_ < batches_.size() ? batches_[next_++] : nullptr;
  }

 private:
  const std::vector<std::shared_ptr<const Batch>>& batches_;
  std::size_t next_ = 0;
};

// A thread makes the rows while the reader consumes them.
class MadeScan : public TableData::Scan {
 public:
  MadeScan(const Table& table, const TableData::Rows& rows)
      : maker_([this, &table, &rows](const std::stop_token& stop) { make(table, rows, stop); }) {}

  std::shared_ptr<const Batch> next() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || !ready_.empty(); });
    if (ready_.empty()) return nullptr;
    auto batch = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
    return batch;
  }

 private:
  void make(const Table& table, const TableData::Rows& rows, const std::stop_token& stop) {
    try {
      Packer packer(table, [&](std::shared_ptr<const Batch> batch) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [&] { return ready_.size() < kBatchesAhead; })) throw ScanEnded();
        ready_.push_back(std::move(batch));
        changed_.notify_all();
      });
      rows([&](const TableRow& row) { packer.add(row); });
      packer.flush();
    } catch (const ScanEnded&) {
      // The reader has left.
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<const Batch>> ready_;  // guarded by mutex_
  bool ended_ = false;                              // guarded by mutex_
  std::jthread maker_;                              // last: it ends before what it uses
};

}  // namespace

std::unique_ptr<TableData::Scan> TableData::scan() {
  if (kept()) return std::make_unique<KeptScan>(batches_);
  return std::make_unique<MadeScan>(table_, rows_);
}

bool TableData::kept() {
  std::call_once(loaded_, [this] { load(); });
  return kept_;
}

void TableData::load() {
  try {
    Packer packer(table_, [&](std::shared_ptr<const Batch> batch) {
      if (batches_.size() == kKeptBatches) throw ScanEnded();
      kept_rows_ += batch->rows;
      batches_.push_back(std::move(batch));
    });
    rows_([&](const TableRow& row) { packer.add(row); });
    packer.flush();
    kept_ = true;
  } catch (const ScanEnded&) {
    batches_.clear();
  }
}

const std::vector<TableData::Place>& TableData::places(std::size_t column, const std::string& key) {
  static const std::vector<Place> none;
  const std::lock_guard lock(index_mutex_);
  auto& index = indexes_[column];
  if (!index) {
    index = std::make_unique<Index>();
    for (std::uint32_t b = 0; b < batches_.size(); ++b) {
      const Batch& batch = *batches_[b];
      for (std::uint32_t r = 0; r < batch.rows; ++r) {
        const PackedCell& cell = batch.cells[r * table_.columns.size() + column];
        if (cell.type == PackedCell::Type::kText) {
          (*index)[index_key(std::string_view(batch.text).substr(cell.offset, cell.size))].push_back({b, r});
        } else if (cell.type != PackedCell::Type::kNull) {
          const bool whole = cell.type == PackedCell::Type::kInteger;
          (*index)[index_key(whole ? static_cast<double>(cell.integer) : cell.real)].push_back({b, r});
        }
      }
    }
  }
  const auto found = index->find(key);
  return found == index->end() ? none : found->second;
}

std::string index_key(std::string_view text) { return lower(text); }

std::string index_key(double number) {
  const double plain = number == 0 ? 0 : number;  // -0 is 0
  std::string key(sizeof plain, '\0');
  std::memcpy(key.data(), &plain, sizeof plain);
  return key;
}

}  // namespace esofs::sim::tap
