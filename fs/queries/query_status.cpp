#include "fs/queries/query_status.h"

#include <cerrno>
#include <cstdint>
#include <string>

#include "client/base/text.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/services/adql.h"
#include "fs/positions/positions.h"
#include "fs/queries/near_misses.h"
#include "fs/queries/position_table.h"
#include "fs/queries/saved_query.h"
#include "fs/queries/status_lines.h"
#include "fs/tree/error_log.h"

namespace esofs::fs {
namespace {

std::string mode_name(client::QueryMode mode) {
  switch (mode) {
    case client::QueryMode::kSync:
      return "sync";
    case client::QueryMode::kAsync:
      return "async";
    default:
      return "auto";
  }
}

std::string phase(const cache::QueryState& state) {
  if (state.running) return state.known ? "REFRESHING" : "RUNNING";
  if (state.error)
    return state.known ? "COMPLETED (the refresh failed, this is the answer before it)" : "FAILED";
  return state.known ? "COMPLETED" : "NOT RUN YET";
}

constexpr const char* kAskWhy = "run `esofs why` with this directory: it asks the archive what is near";

// Whether the archive has not yet said what is near to the query (near_misses.h).
bool may_be_mistaken(Context& context, const cache::QueryState& state, const cache::QuerySpec& spec,
                     const QueryDirectory& directory) {
  if (directory.is_fixed() || state.running) return false;
  return (state.error || (state.known && state.rows == 0)) && awaits_near_misses(context, spec);
}

constexpr const char* kMendQuery = "correct query.adql; when it is saved the archive is asked again";

// What the user can do if there is no new answer.
std::string hint(const cache::QueryState& state, const cache::QuerySpec& spec,
                 const QueryDirectory& directory, const std::string& remark) {
  if (state.running) return state.known ? "" : "the query continues; list this directory again";
  if (!state.error) return state.known ? remark : "list this directory to run the query";
  if (state.error->code() == EINVAL && directory.is_fixed()) return "";
  if (state.error->what().find("-o offline") != std::string::npos)
    return "mount without -o offline, and list this directory";
  if (state.error->code() == EINVAL) {
    std::string advised = advice(spec.adql);
    const bool table = lower(state.error->what()).find("unknown table") != std::string::npos;
    if (advised.empty() && table) {
      advised = "the directories of tables/ name the tables that there are";
      if (!spec.service.empty())
        advised += "; without '-- service: " + spec.service + "' the service is found from the table";
    }
    return advised.empty() ? kMendQuery : advised + "; " + kMendQuery;
  }
  return "list this directory again after some seconds, or touch query.adql to ask at once";
}

// Some services silently stop at a limit of their own, whatever was requested; these limits are round.
bool may_be_cut(const cache::QueryState& state, const cache::QuerySpec& spec) {
  return state.rows > 0 && state.rows % 1000 == 0 && state.rows != spec.maxrec &&
         !client::has_top(spec.adql, state.rows);
}

// How to change a query whose answer is complete but of less use than it looks.
std::string remark(Context& context, const cache::QuerySpec& spec, const QueryDirectory& directory) {
  std::string unnamed = unnamed_datasets(context, spec);
  const auto listing = unnamed.empty() ? context.catalog().known_listing(spec) : nullptr;
  if (!listing || directory.positions().empty()) return unnamed;
  const auto fault = position_fault(context, spec, *listing);
  return fault ? "table/" + std::string(kPositionTableName) + ": " + fault->what() : std::string();
}

std::string completeness(const cache::QueryState& state, const cache::QuerySpec& spec,
                         const std::string& more) {
  const std::string rows = std::to_string(state.rows) + " rows";
  if (state.truncated && state.rows < spec.maxrec)
    return "truncated: the service stopped at " + rows + ", which is its limit; there may be more";
  if (state.truncated) return "truncated: there are more than " + rows + "; " + more;
  if (may_be_cut(state, spec)) return "complete, unless " + rows + " are the most that the service gives";
  return "complete";
}

void snapshot_lines(std::string& text, const cache::QueryState& state, const cache::QuerySpec& spec,
                    const QueryDirectory& directory) {
  if (!state.known) return;
  status_line(text, "rows", std::to_string(state.rows));
  const std::string more = directory.is_fixed()
                               ? "for more of them copy query.adql to queries/NAME/ and begin it with "
                                 "'-- maxrec: NUMBER'"
                               : "ask for more with '-- maxrec: NUMBER'";
  status_line(text, "datasets",
              state.names_datasets ? std::to_string(state.datasets) : "the answer names none; see table/");
  status_line(text, "answer", completeness(state, spec, more));
  status_line(text, "fetched", iso_time(state.fetched_at));
  status_line(text, "good until", iso_time(state.fetched_at + spec.ttl.count()));
  if (state.result_bytes > 0) status_line(text, "result_bytes", std::to_string(state.result_bytes));
}

}  // namespace

std::string query_status(Context& context, const QueryDirectory& directory) {
  std::string text;
  const auto not_saved = directory.save_error();
  const auto spec = directory.spec();
  if (!spec) {
    status_line(text, "phase", "FAILED");
    status_line(text, "last error", errno_name(spec.error().code()) + " " + spec.error().what());
    const bool of_list = spec.error().what().starts_with(kPositionsFile);
    status_line(text, "hint", of_list ? "correct positions.csv" : kMendQuery);
  } else if (spec->adql.empty()) {
    status_line(text, "phase", "EMPTY");
    status_line(text, "hint", "write an ADQL query into query.adql, then list this directory");
  } else {
    const cache::QueryState state = context.catalog().state(*spec);
    status_line(text, "phase", phase(state));
    service_lines(text, state, *spec);
    status_line(text, "mode", mode_name(spec->mode));
    if (const auto positions = directory.positions().size(); positions > 0)
      status_line(text, "positions",
                  std::to_string(positions) + "; table/positions.csv says which files belong to which");
    if (state.running) {
      status_line(text, "running since", iso_time(state.started_at));
      status_line(text, "rows so far", std::to_string(state.rows_so_far));
    }
    snapshot_lines(text, state, *spec, directory);
    status_line(text, "job", client::shown_url(state.job_url));
    error_lines(text, state);
    const auto near = near_misses(context, *spec);
    for (const auto& sentence : near) status_line(text, "near", sentence);
    std::string hinted = hint(state, *spec, directory, remark(context, *spec, directory));
    if (near.empty() && may_be_mistaken(context, state, *spec, directory))
      hinted += (hinted.empty() ? "" : "; ") + std::string(kAskWhy);
    status_line(text, "hint", hinted);
  }
  if (not_saved) status_line(text, "not saved", errno_name(not_saved->code()) + " " + not_saved->what());
  return text;
}

}  // namespace esofs::fs
