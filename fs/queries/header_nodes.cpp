#include "fs/queries/header_nodes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "client/base/in_turn.h"
#include "fs/queries/header_collector.h"
#include "fs/queries/header_table.h"
#include "fs/queries/saved_query.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using HeaderListing = std::shared_ptr<const cache::Listing>;

constexpr std::array<std::string_view, 3> kHeaderFiles{"headers.csv", "headers.fits", "headers.vot"};

std::string header_visits(const QueryDirectory& directory) {
  const auto& owner = directory.owner();
  return "headers of " + (owner ? "uid " + std::to_string(*owner) + " " : std::string()) + directory.path();
}

Result<std::string> in_form(const HeaderTable& table, const std::string& name) {
  if (name.ends_with(".fits")) return header_fits(table);
  return name.ends_with(".vot") ? header_votable(table) : header_csv(table);
}

Result<HeaderRequest> request_for(Context& context, const QueryDirectory& directory,
                                  const cache::Listing& listing, std::optional<uid_t> user) {
  HeaderWish wish = header_wish(directory.saved_text());
  HeaderRequest request{user, {}, std::move(wish.keywords), wish.all_units, wish.chosen};
  const auto visited = listing.entries(0, [&](const cache::Listing::Entry& entry) {
    if (entry.dataset.extension == ".fits")
      request.files.push_back({context.names().shown(listing, entry), entry.dataset});
    return true;
  });
  if (!visited) return visited.error();
  if (request.files.empty()) return Error(ENODATA, directory.path() + ": the answer names no FITS file");
  return request;
}

Cancel make_headers(Context& context, const QueryDirectoryPtr& directory, const std::string& name,
                    std::optional<uid_t> user, Done<MadeText::Made> done) {
  const auto spec = directory->spec();
  if (!spec || spec->adql.empty()) {
    done(spec ? Error(ENODATA, directory->path() + ": there is no query") : spec.error());
    return {};
  }
  return in_turn<HeaderListing, MadeText::Made>(
      [&](Done<HeaderListing> listed) {
        return with_deadline<HeaderListing>(
            context.timer(), context.config().query_wait,
            Error(EAGAIN, directory->path() + "/table/" + name + ": the query has not been answered yet"),
            [&](Done<HeaderListing> answered) {
              return context.catalog().listing(*spec, std::move(answered));
            },
            std::move(listed));
      },
      [&context, directory, name, user](const HeaderListing& listing, Done<MadeText::Made> made) -> Cancel {
        auto request = request_for(context, *directory, *listing, user);
        if (!request) {
          made(request.error());
          return {};
        }
        return collect_headers(
            context, *std::move(request),
            AskedBy(made.cause(),
                    [&context, directory, name, made = made.take()](Result<CollectedHeaders> collected) {
                      if (!collected) return made(collected.error());
                      auto text = in_form(collected->table, name);
                      if (!text) return made(text.error());
                      context.catalog().visited(header_visits(*directory), name);
                      made(MadeText::Made{*std::move(text), collected->restricted, collected->note});
                    }));
      },
      std::move(done));
}

}  // namespace

NodePtr make_headers_node(Context& context, const QueryDirectoryPtr& directory, const std::string& name) {
  if (std::find(kHeaderFiles.begin(), kHeaderFiles.end(), name) == kHeaderFiles.end()) return nullptr;
  MadeText::MakeFor make = [&context, directory, name](std::optional<uid_t> user, Done<MadeText::Made> done) {
    return make_headers(context, directory, name, user, std::move(done));
  };
  return std::make_shared<MadeText>(name + ":" + directory->identity(), directory->path() + "/table/" + name,
                                    std::max(directory->mtime(), context.mounted_at()), std::move(make));
}

std::vector<std::string> headers_used(Context& context, const QueryDirectory& directory) {
  auto names = context.catalog().visits(header_visits(directory), kHeaderFiles.size());
  std::erase_if(names, [](const std::string& name) {
    return std::find(kHeaderFiles.begin(), kHeaderFiles.end(), name) == kHeaderFiles.end();
  });
  return names;
}

}  // namespace esofs::fs
