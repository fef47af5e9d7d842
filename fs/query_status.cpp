// status.txt: what a saved query is, was and will be, one "key: value" a line.
#include <cerrno>
#include <string>

#include "fs/error_log.h"
#include "fs/query_nodes.h"

namespace esofs::fs {
namespace {

void line(std::string& text, const char* key, const std::string& value) {
  if (value.empty()) return;
  text += key;
  text += ": ";
  for (const char c : value) text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  text += '\n';
}

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

void snapshot_lines(std::string& text, const cache::QueryState& state, const cache::QuerySpec& spec,
                    const QueryDirectory& directory) {
  if (!state.known) return;
  line(text, "rows", std::to_string(state.rows));
  const std::string more = directory.is_fixed()
                               ? "for more of them copy query.adql to queries/NAME/ and begin it with "
                                 "'-- maxrec: NUMBER'"
                               : "ask for more with '-- maxrec: NUMBER'";
  line(text, "datasets",
       state.names_datasets ? std::to_string(state.datasets) : "the answer names none; see table/");
  line(text, "answer",
       state.truncated ? "truncated: there are more than " + std::to_string(state.rows) + " rows; " + more
                       : "complete");
  line(text, "fetched", iso_time(state.fetched_at));
  line(text, "good until", iso_time(state.fetched_at + spec.ttl.count()));
  if (state.result_bytes > 0) line(text, "result_bytes", std::to_string(state.result_bytes));
}

}  // namespace

std::string query_status(Tree& tree, const QueryDirectory& directory) {
  std::string text;
  const auto not_saved = directory.save_error();
  const auto spec = directory.spec();
  if (!spec) {
    line(text, "phase", "FAILED");
    line(text, "last error", errno_name(spec.error().code()) + " " + spec.error().what());
  } else if (spec->adql.empty()) {
    line(text, "phase", "EMPTY");
    line(text, "hint", "write an ADQL query into query.adql, then list this directory");
  } else {
    const cache::QueryState state = tree.catalog().state(*spec);
    line(text, "phase", phase(state));
    line(text, "service", state.service.empty() ? spec->service : state.service);
    line(text, "service_url", state.service_url);
    line(text, "mode", mode_name(spec->mode));
    if (state.running) {
      line(text, "running since", iso_time(state.started_at));
      line(text, "rows so far", std::to_string(state.rows_so_far));
    }
    snapshot_lines(text, state, *spec, directory);
    line(text, "job", state.job_url);
    if (state.error) {
      line(text, "last error", errno_name(state.error->code()) + " " + state.error->what());
      line(text, "last error at", iso_time(state.error_at));
    }
  }
  if (not_saved) line(text, "not saved", errno_name(not_saved->code()) + " " + not_saved->what());
  return text;
}

}  // namespace esofs::fs
