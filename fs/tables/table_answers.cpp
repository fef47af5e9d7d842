#include "fs/tables/table_answers.h"

#include <cerrno>
#include <chrono>
#include <set>
#include <utility>

#include "client/base/angle.h"
#include "client/base/angle_fault.h"
#include "client/base/in_turn.h"
#include "client/base/iso_time.h"
#include "client/base/safe_name.h"
#include "fs/queries/result_nodes.h"
#include "fs/queries/status_lines.h"
#include "fs/tree/error_log.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kMostVisits = 1000;
constexpr std::size_t kLongestName = 115;
constexpr std::chrono::sys_days kFirstDay{std::chrono::year(1900) / 1 / 1};
constexpr std::chrono::sys_days kLastDay{std::chrono::year(9000) / 12 / 31};
constexpr std::string_view kStatusEnd = ".status.txt";

const char* name_of(TablePart part) { return part == TablePart::kCone ? "cone" : "night"; }

std::optional<std::string> cone_adql(const PartedTable& table, std::string_view stem) {
  const auto first = stem.find('_');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = stem.find('_', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto ra = parse_right_ascension(stem.substr(0, first));
  const auto dec = parse_declination(stem.substr(first + 1, second - first - 1));
  const auto radius = parse_radius(stem.substr(second + 1));
  if (!ra || !dec || !radius) return std::nullopt;
  // The only spatial form that tap_cat knows.
  return "SELECT * FROM " + table.adql + " WHERE CONTAINS(POINT('', " + table.axes.ra + ", " +
         table.axes.dec + "), CIRCLE('', " + angle_text(*ra) + ", " + angle_text(*dec) + ", " +
         angle_text(*radius) + ")) = 1";
}

std::string noon(std::chrono::sys_days day) { return "'" + client::day_text(day) + "T12:00:00'"; }

// Times of the archive are texts, with and without fractions and 'Z', that sort as they are.
std::optional<std::string> night_adql(const PartedTable& table, std::string_view stem) {
  const auto day = client::parse_day(stem);
  if (!day || *day < kFirstDay || *day > kLastDay) return std::nullopt;
  const std::string& time = table.axes.time;
  return "SELECT * FROM " + table.adql + " WHERE " + time + " >= " + noon(*day) + " AND " + time + " < " +
         noon(*day + std::chrono::days(1)) + " ORDER BY " + time;
}

std::string status_text(Context& context, const TableQuery& asked) {
  const cache::QuerySpec& query = asked.now(context.catalog());
  const auto state = context.catalog().state(query);
  std::string text;
  status_line(text, "phase",
              state.running ? state.known ? "REFRESHING" : "RUNNING"
              : state.known ? "COMPLETED"
              : state.error ? "FAILED"
                            : "NOT RUN YET");
  service_lines(text, state, query);
  status_line(text, "query", query.adql);
  if (state.known) {
    status_line(text, "rows", std::to_string(state.rows));
    status_line(text, "answer",
                state.truncated
                    ? "truncated: there are more than " + std::to_string(state.rows) +
                          " rows; ask for a smaller part, or save the query with '-- maxrec: NUMBER'"
                    : "complete");
    status_line(text, "fetched", iso_time(state.fetched_at));
  }
  error_lines(text, state);
  return text;
}

class TableAnswer : public AnswerFile {
 public:
  TableAnswer(Context& context, TableQuery query, std::string path, AnswerForm form,
              std::pair<std::string, std::string> visit = {})
      : AnswerFile(context, form),
        query_(std::move(query)),
        path_(std::move(path)),
        form_(form),
        visit_(std::move(visit)) {}
  std::string identity() const override { return "answer:" + path_; }
  std::string path() const override { return path_; }
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override {
    if (query_.qualified.adql.empty()) return AnswerFile::open(user, truncate, std::move(done));
    auto by_schema =
        std::make_shared<TableAnswer>(context_, TableQuery{query_.qualified, {}}, path_, form_, visit_);
    using Opened = std::optional<FileHandle>;
    return in_turn<Opened, FileHandle>(
        [&](Done<Opened> opened) {
          return AnswerFile::open(user, truncate,
                                  AskedBy(opened.cause(), [opened = opened.take()](Result<FileHandle> file) {
                                    if (!file && file.error().code() != EINVAL) return opened(file.error());
                                    opened(file ? Opened(*std::move(file)) : Opened());
                                  }));
        },
        [by_schema, user, truncate](Opened opened, Done<FileHandle> answered) {
          if (!opened) return by_schema->open(user, truncate, std::move(answered));
          answered(*std::move(opened));
          return Cancel();
        },
        std::move(done));
  }

 protected:
  Result<cache::QuerySpec> spec() const override { return query_.now(context_.catalog()); }
  std::function<void()> when_opened() const override {
    if (visit_.second.empty()) return {};
    return [&catalog = context_.catalog(), visit = visit_] { catalog.visited(visit.first, visit.second); };
  }

 private:
  const TableQuery query_;
  const std::string path_;
  const AnswerForm form_;
  const std::pair<std::string, std::string> visit_;  // kind and name
};

std::string cone_fault(const std::string& stem) {
  const auto first = stem.find('_');
  const auto second = first == std::string::npos ? first : stem.find('_', first + 1);
  if (second == std::string::npos)
    return "'" + safe_name(stem) + "' is not of the form <ra>_<dec>_<radius>, such as 53.1_-27.8_30arcsec";
  std::string fault = right_ascension_fault(stem.substr(0, first));
  if (fault.empty()) fault = declination_fault(stem.substr(first + 1, second - first - 1));
  return fault.empty() ? radius_fault(stem.substr(second + 1)) : fault;
}

// What is wrong with a name that is no answer of this part.
std::string part_name_fault(TablePart part, const std::string& name) {
  const auto split = split_answer_name(name);
  const bool status = name.ends_with(kStatusEnd);
  const std::string stem = split    ? split->first
                           : status ? name.substr(0, name.size() - kStatusEnd.size())
                                    : name;
  const std::string fault = part == TablePart::kCone ? cone_fault(stem) : night_fault(stem);
  if (split || status) return fault.empty() ? "'" + safe_name(name) + "' cannot be a name here" : fault;
  // Without a known extension: what stands before another one may be right.
  std::string forms;
  for (const auto& [extension, form] : answer_forms()) forms += (forms.empty() ? "" : " ") + extension;
  const std::string bare = stem.substr(0, stem.rfind('.'));
  const bool other_form = (part == TablePart::kCone ? cone_fault(bare) : night_fault(bare)).empty();
  if (fault.empty() || other_form)
    return "an answer is a file with one of the extensions " + forms + ": write " +
           (fault.empty() ? stem : bare) + ".csv";
  return fault;
}

class PartNode : public Node {
 public:
  PartNode(Context& context, std::shared_ptr<TableSchemas> schemas, PartedTable table, TablePart part)
      : context_(context), schemas_(std::move(schemas)), table_(std::move(table)), part_(part) {}
  std::string identity() const override { return "dir:" + path(); }
  std::string path() const override { return table_.path + '/' + name_of(part_); }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    return {NodeType::kDirectory, 0555, 0, true, context_.mounted_at(), kLongTimeout, kLongTimeout};
  }
  Cancel lookup(const std::string& name, Done<Found> done) override {
    NodePtr found = find(name);
    done(found ? Found{std::move(found)} : Found{nullptr, kAbsentByGrammar});
    return {};
  }
  Absence absence(const std::string& name) override { return {part_name_fault(part_, name), true}; }
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    FixedDirectory::Entries entries;
    std::set<std::string> statuses;
    for (const std::string& name : context_.catalog().visits(visit_kind(), kMostVisits)) {
      NodePtr node = find(name);
      if (!node) continue;
      entries.emplace_back(name, std::move(node));
      const std::string status = split_answer_name(name)->first + std::string(kStatusEnd);
      if (statuses.insert(status).second) entries.emplace_back(status, find(status));
    }
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
    return {};
  }

 private:
  // Also of another version of esofs: it is part of what is kept.
  std::string visit_kind() const { return path(); }

  std::optional<TableQuery> query(std::string_view stem) const {
    const auto adql = part_adql(table_, part_, stem);
    if (!adql) return std::nullopt;
    const auto spec = [this](const std::string& text) {
      return schemas_->query(table_.service, text, context_.config().default_maxrec);
    };
    if (table_.qualified.empty()) return TableQuery{spec(*adql), {}};
    PartedTable qualified = table_;
    qualified.adql = table_.qualified;
    return TableQuery{spec(*adql), spec(*part_adql(qualified, part_, stem))};
  }
  NodePtr find(const std::string& name) const {
    if (name.size() > kLongestName || never_a_name(name)) return nullptr;
    if (name.ends_with(kStatusEnd)) {
      const auto asked = query(std::string_view(name).substr(0, name.size() - kStatusEnd.size()));
      return asked ? status(*asked, name) : nullptr;
    }
    const auto split = split_answer_name(name);
    auto asked = split ? query(split->first) : std::nullopt;
    if (!asked) return nullptr;
    return std::make_shared<TableAnswer>(context_, *std::move(asked), path() + '/' + name, split->second,
                                         std::pair(visit_kind(), name));
  }
  NodePtr status(const TableQuery& asked, const std::string& name) const {
    const std::string place = path() + '/' + name;
    return std::make_shared<LiveText>("status:" + place, place, [&context = context_, asked] {
      return LiveText::Rendered{status_text(context, asked), context.mounted_at()};
    });
  }

  Context& context_;
  const std::shared_ptr<TableSchemas> schemas_;
  const PartedTable table_;
  const TablePart part_;
};

}  // namespace

const cache::QuerySpec& TableQuery::now(cache::Catalog& catalog) const {
  if (qualified.adql.empty()) return bare;
  const auto error = catalog.state(bare).error;
  return error && error->code() == EINVAL ? qualified : bare;
}

std::optional<std::string> part_adql(const PartedTable& table, TablePart part, std::string_view stem) {
  return part == TablePart::kCone ? cone_adql(table, stem) : night_adql(table, stem);
}

NodePtr make_part_node(Context& context, std::shared_ptr<TableSchemas> schemas, PartedTable table,
                       TablePart part) {
  return std::make_shared<PartNode>(context, std::move(schemas), std::move(table), part);
}

NodePtr make_table_answer(Context& context, TableQuery query, std::string path,
                          std::optional<client::TableFormat> form) {
  return std::make_shared<TableAnswer>(context, std::move(query), std::move(path), form);
}

}  // namespace esofs::fs
