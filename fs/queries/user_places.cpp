#include "fs/queries/user_places.h"

#include <algorithm>
#include <string>
#include <utility>

namespace esofs::fs {

UserPlace::UserPlace(const Context& context, uid_t of, TextFolder folder)
    : user(of),
      config(context.config()),
      account(std::make_shared<UserAccount>(of)),
      budget(std::make_shared<TextBudget>(UserPlaces::kMostTextBytes)),
      queries(store("queries"), config.now, context.query_defaults(), [&] {
        folder.owner = of;
        folder.home = &home;
        folder.most = UserPlaces::kMostQueries;
        folder.budget = budget;
        return std::move(folder);
      }()) {}

std::unique_ptr<const TextStore> UserPlace::store(const std::filesystem::path& folder) const {
  return std::make_unique<UserStore>(account, config.users_folder / folder,
                                     config.users_dir / std::to_string(user) / folder);
}

UserPlace& UserPlaces::of(uid_t user) {
  auto places = places_.lock();
  auto& place = (*places)[user];
  if (!place) {
    TextFolder folder;
    folder.services = context_.config().tap_services;
    folder.asked_elsewhere = [this, user](const cache::QuerySpec& spec) {
      return offered_.asks(spec) || asks(spec, user);
    };
    place = std::make_unique<UserPlace>(context_, user, std::move(folder));
  }
  return *place;
}

std::vector<UserPlace*> UserPlaces::all() const {
  std::vector<UserPlace*> all;
  auto places = places_.lock();
  all.reserve(places->size());
  for (const auto& [user, place] : *places) all.push_back(place.get());
  return all;
}

bool UserPlaces::asks(const cache::QuerySpec& spec, std::optional<uid_t> but) const {
  const auto places = all();
  return std::any_of(places.begin(), places.end(),
                     [&](const UserPlace* place) { return place->user != but && place->queries.asks(spec); });
}

std::vector<QueryDirectoryPtr> UserPlaces::queries(std::optional<uid_t> user) const {
  std::vector<QueryDirectoryPtr> queries;
  for (const UserPlace* place : all()) {
    if (user && place->user != *user) continue;
    for (auto& query : place->queries.in_memory()) queries.push_back(std::move(query));
  }
  return queries;
}

void UserPlaces::end() {
  for (UserPlace* place : all()) place->home.end();
}

}  // namespace esofs::fs
