#include "cache/sizes/announced_sizes.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <exception>
#include <map>
#include <span>
#include <utility>
#include <variant>

#include "cache/content/forms/unpack.h"
#include "client/base/text.h"
#include "client/model/requests.h"
#include "client/services/adql.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kMostRemembered = 200'000;  // files that were asked for
constexpr double kMostAnnounced = 1e15;

struct Announced {
  std::uint64_t bytes = 0;  // 0: the table contradicts itself
  bool packed = true;       // or not known
};

// Takes the rows of the table.
class SizesSink : public client::TableSink {
 public:
  Result<void> bytes(std::span<const std::byte>) override { return {}; }
  Result<void> columns(const std::vector<client::Column>& columns) override {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (same_word(columns[i].name, "archive_id")) id_ = i;
      if (same_word(columns[i].name, "access_estsize")) size_ = i;
      if (same_word(columns[i].name, "name")) name_ = i;
    }
    if (id_ && size_ && name_) return {};
    return Error(EIO, "the table of sizes has other columns than archive_id, access_estsize and name");
  }
  Result<void> row(std::span<const client::Value> row) override {
    const auto* id = cell<std::string>(row, *id_);
    const auto bytes = number(row);
    if (id == nullptr || bytes == 0) return {};
    const auto* name = cell<std::string>(row, *name_);
    const bool packed = name == nullptr || name->empty() || packing_of(*name) != Packing::kNone;
    const auto [known, first] = found.try_emplace(*id, Announced{bytes, packed});
    if (!first && known->second.bytes != bytes) known->second.bytes = 0;
    if (!first && packed) known->second.packed = true;
    return {};
  }
  void job_started(const std::string&) override {}
  void restart() override { found.clear(); }

  std::map<std::string, Announced> found;  // by id

 private:
  template <class T>
  static const T* cell(std::span<const client::Value> row, std::size_t place) {
    return place < row.size() ? std::get_if<T>(&row[place].is) : nullptr;
  }
  std::uint64_t number(std::span<const client::Value> row) const {
    if (const auto* whole = cell<std::int64_t>(row, *size_))
      return *whole > 0 ? static_cast<std::uint64_t>(*whole) : 0;
    const auto* real = cell<double>(row, *size_);
    const bool plausible =
        real != nullptr && *real > 0 && *real < kMostAnnounced && std::floor(*real) == *real;
    return plausible ? static_cast<std::uint64_t>(*real) : 0;
  }

  std::optional<std::size_t> id_;
  std::optional<std::size_t> size_;
  std::optional<std::size_t> name_;
};

}  // namespace

AnnouncedSizes::AnnouncedSizes(std::string table, client::Archive& archive, MetadataStore& store,
                               Lane& queries, std::function<std::int64_t()> now)
    : table_(std::move(table)),
      archive_(archive),
      lane_(queries),
      sizes_(store, archive.identity() + "\nannounced"),
      now_(std::move(now)) {}

std::string AnnouncedSizes::key_of(const client::Dataset& dataset) {
  return dataset.id + '\n' + std::to_string(dataset.modified);
}

// Raw frames are in no such table; what has calibrations is raw.
bool AnnouncedSizes::in_table(const client::Dataset& dataset) const {
  return !table_.empty() && !dataset.is_cutout() && archive_.valid_id(dataset.id) &&
         archive_.associations_url(dataset, client::CalibrationMode::kRaw).empty();
}

std::optional<std::uint64_t> AnnouncedSizes::known(const client::Dataset& dataset, Form form) {
  return sizes_.known(dataset, form);
}

bool AnnouncedSizes::failing() { return state_.lock()->failed_until > now_(); }

bool AnnouncedSizes::worth_asking(const client::Dataset& dataset) {
  if (failing() || state_.lock()->asked.contains(key_of(dataset))) return false;
  return in_table(dataset) && !sizes_.known(dataset, Form::kDelivered);
}

Cancel AnnouncedSizes::ask(const std::vector<client::Dataset>& datasets, Done<bool> done) {
  std::vector<client::Dataset> wanted;
  for (const auto& dataset : datasets) {
    if (wanted.size() < kMostTogether && worth_asking(dataset)) wanted.push_back(dataset);
  }
  if (!wanted.empty()) begin(std::move(wanted), done.cause());
  const Flight flight = datasets.empty() ? kLanded : flight_of(datasets.front());
  if (flight == kLanded) {
    done(!failing());
    return {};
  }
  const auto joined = flights_.join(flight, std::move(done));
  if (joined.first) flights_.land(flight, !failing());  // it has landed since
  return joined.cancel;
}

AnnouncedSizes::Flight AnnouncedSizes::flight_of(const client::Dataset& dataset) {
  auto state = state_.lock();
  const auto asked = state->asked.find(key_of(dataset));
  if (asked == state->asked.end()) return kLanded;
  const bool slow = now_() - asked->second.begun >= kPatience.count();
  return slow ? kLanded : asked->second.flight;
}

void AnnouncedSizes::begin(std::vector<client::Dataset> wanted, const Cause& cause) {
  const Flight flight = ++state_.lock()->last;
  (void)flights_.begin(flight);
  {
    auto state = state_.lock();
    if (state->asked.size() > kMostRemembered)
      std::erase_if(state->asked, [](const auto& asked) { return asked.second.flight == kLanded; });
    // Another thread may have been faster.
    std::erase_if(wanted, [&state](const auto& dataset) { return state->asked.contains(key_of(dataset)); });
    for (const auto& dataset : wanted) state->asked.emplace(key_of(dataset), Asked{flight, now_()});
  }
  if (wanted.empty()) return flights_.land(flight, true);
  lane_.submit([this, flight, wanted = std::move(wanted)](Lane::Turn& turn) { fetch(flight, wanted, turn); },
               "sizes", cause);
}

Result<void> AnnouncedSizes::ask_table(const std::vector<client::Dataset>& datasets, Lane::Turn& turn) try {
  if (turn.stop().stop_requested()) return Error(EIO, "esofs is ending");
  client::QueryRequest request;
  request.adql = "SELECT archive_id, access_estsize, name FROM " + table_ + " WHERE archive_id IN (";
  for (const auto& dataset : datasets)
    request.adql += (&dataset == &datasets.front() ? "" : ", ") + client::adql_literal(dataset.id);
  request.adql += ")";
  request.maxrec = 4 * kMostTogether;
  request.mode = client::QueryMode::kSync;
  SizesSink sink;
  if (auto summary = archive_.query(request, sink, turn); !summary) return summary.error();
  for (const auto& dataset : datasets) {
    const auto found = sink.found.find(dataset.id);
    if (found == sink.found.end() || found->second.bytes == 0) continue;
    sizes_.learn(dataset, Form::kDelivered, found->second.bytes);
    if (!found->second.packed) sizes_.learn(dataset, Form::kPlain, found->second.bytes);
  }
  return {};
} catch (const std::exception& bug) {  // the flight must land, or its askers hang
  return Error(EIO, bug.what());
}

void AnnouncedSizes::fetch(Flight flight, const std::vector<client::Dataset>& datasets, Lane::Turn& turn) {
  const auto answered = ask_table(datasets, turn);
  if (!answered) spdlog::info("{} tells no sizes: {}", table_, answered.error().what());
  {
    auto state = state_.lock();
    if (!answered) state->failed_until = now_() + kPause.count();
    for (const auto& dataset : datasets) {
      if (answered)
        state->asked[key_of(dataset)] = {};
      else
        state->asked.erase(key_of(dataset));
    }
  }
  flights_.land(flight, static_cast<bool>(answered));
}

}  // namespace esofs::cache
