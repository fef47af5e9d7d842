#include "fs/queries/position_table.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "client/base/angle.h"
#include "client/services/adql.h"
#include "fs/positions/position_query.h"

namespace esofs::fs {
namespace {

std::string position_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

std::string arcseconds(const std::optional<double>& degrees) {
  if (!degrees) return {};
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.1f", *degrees * 3600);
  return text.data();
}

}  // namespace

PositionMatch position_match(const QueryDirectory& directory, const cache::Listing& listing) {
  return {listing.columns(), directory.positions(), radius_of_positions(directory.adql_as_written())};
}

std::shared_ptr<const PositionMatch> KeptMatch::of(const QueryDirectory& directory,
                                                   const cache::Listing& listing) {
  std::string positions = directory.saved_positions();  // before they are parsed: a later change is noticed
  auto kept = kept_.lock();
  if (!kept->match || kept->listing != listing.id() || kept->positions != positions)
    *kept = {listing.id(), std::move(positions),
             std::make_shared<const PositionMatch>(position_match(directory, listing))};
  return kept->match;
}

std::optional<Error> placing_fault(const cache::Listing& listing) {
  if (listing.rows() == 0 || PositionMatch(listing.columns(), {}, 0).has_places()) return std::nullopt;
  return Error(EINVAL,
               "no column of the answer says where a file is, so that none belongs to a position: add s_ra, "
               "s_dec or s_region to the SELECT");
}

std::optional<Error> position_fault(Context& context, const cache::QuerySpec& spec,
                                    const cache::Listing& listing) {
  const auto state = context.catalog().state(spec);
  if (state.known && !state.names_datasets)
    return Error(ENODATA,
                 "the answer names no datasets, so that no file belongs to a position; table/result.csv has "
                 "its rows");
  if (auto fault = placing_fault(listing)) return fault;
  const std::string rows = std::to_string(listing.rows());
  const std::string cut = "the answer was cut after " + rows +
                          " rows of all positions together, so that positions without a file may have some: ";
  if (listing.rows() > 0 && client::has_top(spec.adql, listing.rows()))
    return Error(EINVAL, cut + "remove TOP " + rows);
  if (state.truncated) return Error(EINVAL, cut + "raise '-- maxrec: NUMBER', or take fewer positions");
  return std::nullopt;
}

Result<std::string> position_table(const cache::Listing& listing, const PositionMatch& match,
                                   ListingNames& names) {
  std::vector<std::string> lines(match.positions().size());  // of each position
  const auto line = [&](std::size_t i, const std::string& file, const std::optional<double>& separation) {
    const Position& position = match.positions()[i];
    lines[i] += position_field(position.name) + "," + angle_text(position.ra_deg) + "," +
                angle_text(position.dec_deg) + "," + position_field(file) + "," + arcseconds(separation) +
                "\n";
  };
  std::optional<Error> failed;
  const auto visited = listing.entries(0, [&](const cache::Listing::Entry& entry) {
    const auto row = listing.row(entry.row);
    if (!row) failed = row.error();
    if (!row) return false;
    for (const auto& each : match.of(*row)) line(each.position, names.shown(listing, entry), each.separation);
    return true;
  });
  if (!visited) return visited.error();
  if (failed) return *failed;
  std::string text = "POSITION,RA,DEC,FILE,SEPARATION\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) line(i, "", std::nullopt);
    text += lines[i];
  }
  return text;
}

}  // namespace esofs::fs
