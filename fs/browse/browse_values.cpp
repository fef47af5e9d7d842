#include "fs/browse/browse_values.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "client/base/safe_name.h"
#include "client/base/text.h"

namespace esofs::fs {
namespace {

using ListingPtr = std::shared_ptr<const cache::Listing>;

constexpr std::chrono::hours kTtl{7 * 24};  // archives get new instruments and collections now and then
constexpr std::size_t kLongestValue = 115;  // bytes of a name: MIDAS takes no longer paths

cache::QuerySpec spec_of(const std::string& adql) {
  cache::QuerySpec spec;
  spec.adql = adql;
  spec.maxrec = kMostBrowseValues;
  spec.ttl = kTtl;
  return spec;
}

Result<BrowseValues> values_of(const cache::Listing& listing) {
  std::map<std::string, std::string> values;
  for (std::uint64_t i = 0; i < listing.rows(); ++i) {
    auto row = listing.row(i);
    if (!row) return row.error();
    const auto* text = row->empty() ? nullptr : std::get_if<std::string>(&row->front().is);
    if (text == nullptr) continue;
    const std::string value(trimmed(*text, " "));
    const std::string name = portable_name(value);
    if (value.empty() || value.size() > kLongestValue || name.starts_with('.')) continue;
    values.emplace(name, value);
  }
  return BrowseValues(std::make_shared<const std::map<std::string, std::string>>(std::move(values)));
}

// Read once for each snapshot.
Result<BrowseValues> kept_values(BrowseState& browse, const ListingPtr& listing) {
  {
    auto kept = browse.values.lock();
    if (const auto found = kept->find(listing->id()); found != kept->end()) return found->second;
  }
  auto values = values_of(*listing);
  if (!values) return values;
  constexpr std::size_t most_kept = 64;
  auto kept = browse.values.lock();
  if (kept->size() >= most_kept) kept->clear();
  kept->insert_or_assign(listing->id(), *values);
  return values;
}

}  // namespace

Cancel browse_values(BrowseState& browse, const std::string& adql, std::chrono::milliseconds wait,
                     Done<BrowseValues> done) {
  Context& context = browse.context;
  return with_deadline<ListingPtr>(
      context.timer(), wait, Error(EAGAIN, "the archive has not listed the names yet; look again"),
      [&](Done<ListingPtr> answered) {
        return context.catalog().listing(spec_of(adql), std::move(answered));
      },
      AskedBy(done.cause(), [&browse, done = done.take()](const Result<ListingPtr>& listing) {
        if (!listing) return done(listing.error());
        done(kept_values(browse, *listing));
      }));
}

std::optional<std::string> known_browse_value(BrowseState& browse, const std::string& adql,
                                              const std::string& name) {
  const auto listing = browse.context.catalog().known_listing(spec_of(adql));
  const auto values =
      listing ? kept_values(browse, listing) : Result<BrowseValues>(Error(ENOENT, "not known"));
  if (!values) return std::nullopt;
  const auto found = (*values)->find(name);
  if (found != (*values)->end()) return found->second;
  const auto same = std::find_if((*values)->begin(), (*values)->end(),
                                 [&name](const auto& value) { return value.second == name; });
  return same == (*values)->end() ? std::nullopt : std::optional(same->second);
}

}  // namespace esofs::fs
