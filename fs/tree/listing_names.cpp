#include "fs/tree/listing_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "client/base/hash.h"
#include "client/base/iso_time.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

using Entry = cache::Listing::Entry;

constexpr std::size_t kMostIndexes = 16;
constexpr std::size_t kLongestTarget = 24;
constexpr std::size_t kLongestInstrument = 16;
constexpr std::size_t kToTheHour = std::string_view("2020-02-26T15").size();

// A row with the names of its columns.
class NamedCells {
 public:
  NamedCells(const std::vector<client::Column>& columns, const client::Row& row)
      : columns_(columns), row_(row) {}

  // The first of these columns that has a value.
  std::string text(std::initializer_list<std::string_view> names) const {
    for (const auto name : names) {
      if (const auto* value = cell(name)) {
        if (auto text = value_text(*value); !trimmed(text).empty()) return std::string(trimmed(text));
      }
    }
    return {};
  }
  std::optional<double> number(std::string_view name) const {
    const auto* value = cell(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* number = std::get_if<double>(&value->is)) return *number;
    if (const auto* number = std::get_if<float>(&value->is)) return static_cast<double>(*number);
    return std::nullopt;
  }

 private:
  const client::Value* cell(std::string_view name) const {
    for (std::size_t i = 0; i < std::min(columns_.size(), row_.size()); ++i) {
      if (same_word(columns_[i].name, name)) return &row_[i];
    }
    return nullptr;
  }

  const std::vector<client::Column>& columns_;
  const client::Row& row_;
};

// A word of a name: without blanks, of portable characters, beginning with a letter or a digit.
std::string name_word(const std::string& text, std::size_t longest) {
  std::string word;
  for (const char c : portable_name(safe_name(text))) {
    const bool mark = c == '_';
    if (!mark && (!word.empty() || std::isalnum(static_cast<unsigned char>(c)) != 0)) word += c;
  }
  return word.substr(0, longest);
}

std::string wavelength_word(std::optional<double> lo, std::optional<double> hi) {
  if (!lo || !hi || !(*lo > 0) || !(*hi >= *lo) || *hi > 1) return {};
  const bool nm = *hi < 3e-6;
  const double unit = nm ? 1e-9 : *hi < 3e-4 ? 1e-6 : 1e-3;
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), nm ? "%.0f-%.0f%s" : "%.3g-%.3g%s", *lo / unit, *hi / unit,
                      nm             ? "nm"
                      : unit == 1e-6 ? "um"
                                     : "mm");
  return name_word(text.data(), text.size());
}

std::string date_word(const NamedCells& cells, const std::string& id) {
  std::optional<std::int64_t> time;
  for (const auto name : {"t_min", "mjd_obs"}) {
    if (const auto mjd = cells.number(name); mjd && !time) time = client::time_of_mjd(*mjd);
  }
  if (!time) time = client::parse_iso_time(cells.text({"exp_start", "date_obs"}));
  if (!time && date_in_id(id) > 0) time = date_in_id(id);
  return time ? client::iso_time_text(*time).substr(0, kToTheHour) : std::string();
}

}  // namespace

std::string readable_name(const cache::Listing& listing, const Entry& entry) {
  const auto row = listing.row(entry.row);
  if (!row) return {};
  const NamedCells cells(listing.columns(), *row);
  const std::string target = name_word(cells.text({"target_name", "object", "target"}), kLongestTarget);
  const std::string instrument = name_word(cells.text({"instrument_name", "instrument"}), kLongestInstrument);
  if (target.empty() && instrument.empty()) return {};
  std::string name = target;
  for (const auto& word : {instrument, wavelength_word(cells.number("em_min"), cells.number("em_max")),
                           date_word(cells, entry.dataset.id)})
    name += (name.empty() || word.empty() ? "" : "_") + word;
  return name + portable_name(entry.dataset.extension);
}

// --- ListingNames ---

struct ListingNames::Index {
  std::unordered_map<std::uint64_t, std::string> names;  // of rows, if readable
  std::map<std::string, Entry, std::less<>> entries;     // by these names
};

ListingNames::IndexPtr ListingNames::index(const cache::Listing& listing) {
  const std::string id = listing.id();
  {
    auto kept = indexes_.lock();
    for (const auto& [known, made] : *kept) {
      if (known == id) return made;
    }
  }
  auto made = std::make_shared<Index>();
  if (listing.datasets() <= kMostReadable) {
    std::map<std::string, std::vector<Entry>> wanted;
    (void)listing.entries(0, [&](const Entry& entry) {
      if (auto name = readable_name(listing, entry); !name.empty()) wanted[std::move(name)].push_back(entry);
      return true;
    });
    for (const auto& [name, entries] : wanted) {
      for (const auto& entry : entries) {
        std::string unique = name;
        const std::string& extension = portable_name(entry.dataset.extension);
        if (entries.size() > 1)
          unique.insert(unique.size() - extension.size(),
                        "_" + hex_text(mixed(fnv1a(entry.dataset.id))).substr(0, 6));
        if (made->entries.emplace(unique, entry).second) made->names.emplace(entry.row, std::move(unique));
      }
    }
  }
  auto kept = indexes_.lock();
  kept->emplace_front(id, made);
  if (kept->size() > kMostIndexes) kept->pop_back();
  return made;
}

std::string ListingNames::shown(const cache::Listing& listing, const Entry& entry) {
  if (style_ != NameStyle::kReadable) return shown_name(entry.name, style_);
  const IndexPtr made = index(listing);
  const auto found = made->names.find(entry.row);
  return found == made->names.end() ? entry.name : found->second;
}

Result<std::optional<Entry>> ListingNames::find(const cache::Listing& listing, const std::string& name) {
  auto own = listing.find(name);
  if (style_ != NameStyle::kReadable || !own || *own) return own;
  const IndexPtr made = index(listing);
  const auto found = made->entries.find(name);
  return found == made->entries.end() ? std::optional<Entry>() : std::optional(found->second);
}

}  // namespace esofs::fs
