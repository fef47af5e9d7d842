#include "fs/browse/browse_readme.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "client/base/iso_time.h"
#include "fs/tree/error_log.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

using RecentListing = std::shared_ptr<const cache::Listing>;

constexpr std::uint64_t kMostRecent = 5000;
constexpr std::chrono::hours kRecentTtl{1};
constexpr std::int64_t kNoon = 43'200;  // seconds of a day

std::string introduction(const BrowseTemplate& made, std::size_t level) {
  return made.title() + "\n\nA name here is " + made.form_at(level) + ", such as " + made.example(level) +
         ". Any such name can be opened; listed are those that were\nopened lately.\n";
}

// The night of a time, from noon to noon UT.
std::optional<std::string> night_of(const client::Value& value) {
  std::optional<std::int64_t> time;
  if (const auto* mjd = std::get_if<double>(&value.is)) time = client::time_of_mjd(*mjd);
  if (!time) time = client::parse_iso_time(value_text(value));
  if (!time) return std::nullopt;
  return client::iso_time_text(*time - kNoon).substr(0, std::string_view("2018-06-04").size());
}

std::string nights_text(const cache::Listing& latest) {
  std::set<std::string, std::greater<>> nights;
  for (std::uint64_t i = 0; i < latest.rows(); ++i) {
    const auto row = latest.row(i);
    const auto night = row && !row->empty() ? night_of(row->front()) : std::nullopt;
    if (night) nights.insert(*night);
  }
  if (nights.empty()) return "\nThe archive has no data here.\n";
  const bool all = latest.rows() < kMostRecent;
  std::string text = all ? "\nAll nights that have data, the latest first:\n\n"
                         : "\nThe nights of the latest " + std::to_string(latest.rows()) +
                               " datasets, the latest first; earlier ones have data, too:\n\n";
  constexpr std::size_t in_a_line = 6;
  std::size_t column = 0;
  for (const auto& night : nights) {
    text += (column == 0 ? "    " : " ") + night;
    column = (column + 1) % in_a_line;
    if (column == 0) text += '\n';
  }
  return column == 0 ? text : text + '\n';
}

}  // namespace

NodePtr make_browse_readme(BrowseState& browse, const BrowseTemplates::TemplatePtr& made,
                           const std::string& path, std::size_t level,
                           const BrowseTemplate::Arguments& arguments) {
  const std::string file = path + "/" + kReadmeName;
  cache::QuerySpec recent;
  recent.adql = made->recent(level, arguments);
  recent.maxrec = kMostRecent;
  recent.ttl = kRecentTtl;
  return std::make_shared<MadeText>(
      "text:" + file, file, browse.context.mounted_at(),
      [&context = browse.context, beginning = introduction(*made, level),
       recent = std::move(recent)](Done<std::string> done) -> Cancel {
        if (recent.adql.empty()) {
          done(beginning);
          return {};
        }
        return with_deadline<RecentListing>(
            context.timer(), context.config().lookup_wait,
            Error(EAGAIN, "the archive has not answered yet; open this file again"),
            [&](Done<RecentListing> answered) {
              return context.catalog().listing(recent, std::move(answered));
            },
            AskedBy(done.cause(), [beginning, done = done.take()](const Result<RecentListing>& latest) {
              if (latest) return done(beginning + nights_text(**latest));
              if (latest.error().code() == EINTR) return done(latest.error());
              done(beginning + "\nWhich nights have data is not known: " + latest.error().what() + "\n");
            }));
      });
}

}  // namespace esofs::fs
