#include "fs/queries/summary_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "client/base/text.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

using Cells = std::vector<std::string>;

// The first of these columns that the answer has; nullopt: none.
std::optional<std::size_t> column_of(const cache::Listing& listing,
                                     std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto& columns = listing.columns();
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [name](const auto& column) { return same_word(column.name, name); });
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  }
  return std::nullopt;
}

std::optional<double> number_in(const client::Row& row, std::optional<std::size_t> column) {
  if (!column || *column >= row.size()) return std::nullopt;
  const auto& value = row[*column].is;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<float>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  return std::nullopt;
}

std::string formatted(const char* format, double number) {
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), format, number);
  return text.data();
}

// Four digits at most, or as many as the whole number has.
std::string short_number(double number) {
  return formatted(number >= 100 || number <= -100 ? "%.0f" : number >= 10 ? "%.1f" : "%.3g", number);
}

struct WaveUnit {
  double below_m;
  double factor;
  const char* name;
};
constexpr std::array<WaveUnit, 3> kWaveUnits{{{3e-6, 1e9, "nm"}, {3e-4, 1e6, "um"}, {1e9, 1e3, "mm"}}};

std::string wavelengths(std::optional<double> lo, std::optional<double> hi) {
  if (!lo || !hi || !(*lo > 0) || !(*hi > 0)) return {};
  const auto units = std::find_if(kWaveUnits.begin(), kWaveUnits.end(),
                                  [&hi](const auto& one) { return *hi < one.below_m; });
  if (units == kWaveUnits.end()) return {};
  return short_number(*lo * units->factor) + "-" + short_number(*hi * units->factor) + units->name;
}

class Summary {
 public:
  explicit Summary(const cache::Listing& listing)
      : target_(column_of(listing, {"target_name", "object"})),
        instrument_(column_of(listing, {"instrument_name", "instrument"})),
        exposure_(column_of(listing, {"t_exptime", "exposure"})),
        lo_(column_of(listing, {"em_min"})),
        hi_(column_of(listing, {"em_max"})),
        snr_(column_of(listing, {"snr"})),
        type_(column_of(listing, {"dp_type", "dataproduct_type"})) {}

  Cells heads() const {
    return chosen({"FILE", "TARGET", "INSTRUMENT", "EXPTIME", "WAVELENGTH", "SNR", "TYPE"});
  }
  Cells line(std::string name, const client::Row& row) const {
    const auto exposure = number_in(row, exposure_);
    const auto snr = number_in(row, snr_);
    return chosen({std::move(name), text_in(row, target_, 12), text_in(row, instrument_, 10),
                   exposure ? short_number(*exposure) : "",
                   wavelengths(number_in(row, lo_), number_in(row, hi_)), snr ? short_number(*snr) : "",
                   text_in(row, type_, 9)});
  }

 private:
  Cells chosen(Cells all) const {
    Cells some{std::move(all[0])};
    const std::array<bool, 6> there{target_.has_value(),   instrument_.has_value(),
                                    exposure_.has_value(), lo_.has_value() && hi_.has_value(),
                                    snr_.has_value(),      type_.has_value()};
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (there[i]) some.push_back(std::move(all[i + 1]));
    }
    return some;
  }
  static std::string text_in(const client::Row& row, std::optional<std::size_t> column, std::size_t most) {
    if (!column || *column >= row.size()) return {};
    std::string text = value_text(row[*column]);
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return printable(text).substr(0, most);
  }

  const std::optional<std::size_t> target_, instrument_, exposure_, lo_, hi_, snr_, type_;
};

}  // namespace

Result<std::string> summary_text(const cache::Listing& listing, ListingNames& names) {
  const Summary summary(listing);
  std::vector<Cells> lines{summary.heads()};
  std::optional<Error> failed;
  const auto visited = listing.entries(0, [&](const cache::Listing::Entry& entry) {
    const auto row = listing.row(entry.row);
    if (!row) failed = row.error();
    if (!row) return false;
    std::string name = names.shown(listing, entry);
    if (name.ends_with(".fits")) name.resize(name.size() - 5);
    lines.push_back(summary.line(std::move(name), *row));
    return true;
  });
  if (!visited) return visited.error();
  if (failed) return *failed;
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const auto& line : lines) {
    std::string padded;
    for (std::size_t i = 0; i < line.size(); ++i)
      padded += (i == 0 ? "" : " ") + line[i] + std::string(widths[i] - line[i].size(), ' ');
    padded.erase(padded.find_last_not_of(' ') + 1);
    text += padded + '\n';
  }
  return text;
}

}  // namespace esofs::fs
