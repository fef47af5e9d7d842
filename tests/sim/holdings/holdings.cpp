#include "tests/sim/holdings/holdings.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "tests/sim/holdings/datasets.h"
#include "tests/sim/holdings/extra_rows.h"
#include "tests/sim/holdings/invented.h"
#include "tests/sim/holdings/large_raws.h"
#include "tests/sim/holdings/real_files.h"
#include "tests/sim/holdings/rows.h"
#include "tests/sim/holdings/side_tables.h"

namespace esofs::sim {
namespace {

class Collected : public Holdings {
 public:
  explicit Collected(const Config& config) : config_(config), datasets_(invented_datasets()) {
    const auto real = real_datasets(config.fits_folder);
    datasets_.insert(datasets_.end(), real.begin(), real.end());
    const auto large = config.large_raws ? large_raws() : std::vector<Dataset>();
    datasets_.insert(datasets_.end(), large.begin(), large.end());
    for (const Dataset& dataset : datasets_) all_.push_back(holding_of(dataset));
    for (std::size_t i = 0; i < all_.size(); ++i) by_id_.emplace(all_[i].dp_id, i);
    for (const Holding& holding : all_) {
      for (const std::string& source : holding.progenitors) {
        const auto found = by_id_.find(source);
        if (found != by_id_.end()) all_[found->second].derived.push_back(holding.dp_id);
      }
    }
    single_files_ = single_files();
    for (const Holding& holding : all_) {
      files_.emplace(holding.file.id, &holding.file);
      for (const File& file : holding.auxiliary) files_.emplace(file.id, &file);
    }
    for (const File& file : single_files_) files_.emplace(file.id, &file);
  }

  const std::vector<Holding>& all() const override { return all_; }

  const Holding* find(const std::string& dp_id) const override {
    const auto found = by_id_.find(dp_id);
    if (found != by_id_.end()) return &all_[found->second];
    const auto index = extra_index(dp_id, config_.extra_rows);
    if (!index) return nullptr;
    const std::lock_guard lock(mutex_);
    auto& made = extra_[*index];
    if (!made) made = std::make_unique<Holding>(holding_of(extra_dataset(*index)));
    return made.get();
  }

  const File* find_file(const std::string& id) const override {
    const auto found = files_.find(id);
    if (found != files_.end()) return found->second;
    const Holding* extra = find(id);
    return extra != nullptr ? &extra->file : nullptr;
  }

  void rows(const std::string& table, const std::function<void(const TableRow&)>& visit) const override {
    const RowMaker maker(config_.base_url);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      for (const TableRow& row : maker.rows(table, datasets_[i], all_[i], i)) visit(row);
    }
    if (table == "ivoa.ObsCore") {
      for (std::uint64_t i = 0; i < config_.extra_rows; ++i)
        visit(maker.obscore(extra_dataset(i), extra_size()));
    }
    side_rows(table, datasets_, config_.base_url, single_files_, visit);
  }

 private:
  Config config_;
  std::vector<Dataset> datasets_;
  std::vector<Holding> all_;
  std::vector<File> single_files_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, const File*> files_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::uint64_t, std::unique_ptr<Holding>> extra_;  // guarded by mutex_
};

}  // namespace

std::shared_ptr<const Holdings> Holdings::make(const Config& config) {
  return std::make_shared<Collected>(config);
}

}  // namespace esofs::sim
