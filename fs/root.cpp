#include "fs/root.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "client/base/safe_name.h"
#include "fs/browse/browse_nodes.h"
#include "fs/datasets/dataset_nodes.h"
#include "fs/jobs/job_nodes.h"
#include "fs/queries/query_nodes.h"
#include "fs/queries/query_store.h"
#include "fs/readme.h"
#include "fs/tables/table_nodes.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

std::string line(std::string text) { return text.ends_with('\n') ? std::move(text) : std::move(text) + "\n"; }

// Other users' programs and failures are not for everybody.
void keep_own(nlohmann::ordered_json& activity, uid_t user) {
  auto own = nlohmann::ordered_json::array();
  for (auto& one : activity) {
    if (one.value("uid", static_cast<uid_t>(-1)) == user) own.push_back(std::move(one));
  }
  activity = std::move(own);
}

// users: of a shared mount, or nullptr.
nlohmann::ordered_json running_queries(const Context& context, SavedQueries& queries, const UserPlaces* users,
                                       std::optional<uid_t> reader) {
  auto all = queries.known();
  if (users != nullptr) {
    for (auto& query : users->queries(reader)) all.push_back(std::move(query));
  }
  auto running = nlohmann::ordered_json::array();
  for (const auto& query : all) {
    const auto spec = query->spec();
    if (!spec || spec->adql.empty()) continue;
    const auto state = context.catalog().state(*spec);
    if (!state.running) continue;
    nlohmann::ordered_json one{
        {"path", query->path()}, {"since", iso_time(state.started_at)}, {"rows", state.rows_so_far}};
    if (query->owner()) one["uid"] = *query->owner();
    running.push_back(std::move(one));
  }
  return running;
}

std::string status_text(Context& context, BrowseState& browse, SavedQueries& queries, const UserPlaces* users,
                        std::optional<uid_t> reader) {
  const Config& config = context.config();
  nlohmann::ordered_json status = nlohmann::ordered_json::object();
  status["archive"] = config.archive_name;
  status["version"] = config.version;
  status["mounted"] = iso_time(context.mounted_at());
  for (const auto& [key, value] : config.status) status[key] = value();
  if (reader) {
    keep_own(status["filesystem"]["activity"], *reader);
    status["filesystem"]["errors"] = context.errors().size(reader);
  }
  if (config.programs) status["programs"] = config.programs(reader);
  status["running_queries"] = running_queries(context, queries, users, reader);
  status["browse"] = browse_status(browse);
  return status.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string errors_text(Context& context, std::optional<uid_t> reader) {
  std::string text = context.errors().text(reader);
  const auto& notice = context.config().notice;
  if (const auto sentence = notice ? notice() : std::nullopt)
    text += iso_time(context.now()) + " now: " + *sentence + "\n";
  return text;
}

std::filesystem::path jobs_folder(const Config& config) {
  return std::filesystem::path("jobs") / portable_name(safe_name(config.archive_name));
}

std::unique_ptr<QueryStore> store_in(const std::filesystem::path& folder) {
  auto store = std::make_unique<QueryStore>(folder);
  store->remove_leftovers();
  return store;
}

std::unique_ptr<JobDirectories> make_jobs(const Context& context) {
  auto jobs = context.catalog().jobs();
  if (!jobs) return nullptr;
  const Config& config = context.config();
  const auto texts = config.queries_dir.parent_path() / jobs_folder(config);
  TextFolder folder;
  folder.services = config.tap_services;
  return std::make_unique<JobDirectories>(
      std::move(jobs), [&](const std::string& service) { return store_in(texts / service); }, config.now,
      context.query_defaults(), folder);
}

NodePtr make_control(Context& context, BrowseState& browse, SavedQueries& queries, const UserPlaces* users) {
  const std::int64_t time = context.mounted_at();
  const Config& config = context.config();
  const auto fixed = [time](const std::string& path, const std::string& text) {
    return std::make_shared<FixedText>(path, time, line(text));
  };
  // What other users' programs do is for the mounting user and root.
  const auto sees_all = [owner = config.uid](uid_t user) { return user == owner || user == 0; };
  using Reader = std::optional<uid_t>;
  const auto live = [&](const std::string& path, std::function<std::string(Reader)> render) {
    return std::make_shared<LiveText>(
        "text:" + path, path, LiveText::ByReader{sees_all, [time, render = std::move(render)](Reader reader) {
                                                   return LiveText::Rendered{render(reader), time};
                                                 }});
  };
  return std::make_shared<FixedDirectory>(
      "/.esofs", time,
      FixedDirectory::Entries{
          {"status.json", live("/.esofs/status.json",
                               [&context, &browse, &queries, users](Reader reader) {
                                 return status_text(context, browse, queries, users, reader);
                               })},
          {"errors",
           live("/.esofs/errors", [&context](Reader reader) { return errors_text(context, reader); })},
          {"config.json", fixed("/.esofs/config.json", config.config_json)},
          {"version", fixed("/.esofs/version", config.version)}});
}

}  // namespace

Root::Root(Context& context)
    : context_(context),
      queries_(store_in(context.config().queries_dir), context.config().now, context.query_defaults(),
               offered_folder()),
      users_(context.config().users_dir.empty() ? nullptr : std::make_unique<UserPlaces>(context, queries_)),
      jobs_(make_jobs(context)),
      user_jobs_(users_ && jobs_ ? std::make_unique<UserJobs>(context, *users_, jobs_folder(context.config()))
                                 : nullptr),
      browse_(context) {}

TextFolder Root::offered_folder() {
  TextFolder folder;
  folder.services = context_.config().tap_services;
  folder.asked_elsewhere = [this](const cache::QuerySpec& spec) { return users_ && users_->asks(spec); };
  return folder;
}

void Root::end() {
  if (users_) users_->end();
}

NodePtr Root::node() {
  const std::int64_t time = context_.mounted_at();
  FixedDirectory::Entries entries{
      {kReadmeName,
       std::make_shared<FixedText>(std::string("/") + kReadmeName, time, readme_text(context_.config()))},
      {"queries", std::make_shared<QueriesNode>(context_, queries_, users_.get())},
      {"browse", make_browse_node(browse_)},
      {"datasets", std::make_shared<DatasetsNode>(context_, queries_)}};
  if (jobs_) entries.emplace_back("jobs", make_jobs_node({context_, *jobs_, queries_, user_jobs_.get()}));
  if (!context_.config().tap_services.empty()) entries.emplace_back("tables", make_tables_node(context_));
  entries.emplace_back(".esofs", make_control(context_, browse_, queries_, users_.get()));
  return std::make_shared<FixedDirectory>("/", time, std::move(entries));
}

}  // namespace esofs::fs
