#include "fs/tables/table_nodes.h"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/in_turn.h"
#include "client/services/adql.h"
#include "fs/tables/table_answers.h"
#include "fs/tables/table_schemas.h"
#include "fs/tables/table_texts.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using HandlePtr = std::shared_ptr<DirectoryHandle>;
using SchemasPtr = std::shared_ptr<TableSchemas>;

constexpr const char* kColumnsName = "columns.csv";
constexpr const char* kDescriptionName = "description.txt";
constexpr const char* kSampleName = "sample.csv";
constexpr std::uint64_t kSampleRows = 20;
constexpr std::uint64_t kMostColumns = 100'000;

// "ObsCore" for "obscore": the kernel must not see one directory under two names.
class OtherCase : public Node {
 public:
  OtherCase(Context& context, std::string path, std::string target)
      : context_(context), path_(std::move(path)), target_(std::move(target)) {}
  std::string identity() const override { return "link:" + path_; }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kSymlink; }
  Attributes attributes() override {
    return {NodeType::kSymlink,    0777,         target_.size(), true,
            context_.mounted_at(), kLongTimeout, kLongTimeout};
  }
  Result<std::string> symlink_target() const override { return target_; }

 private:
  Context& context_;
  const std::string path_;
  const std::string target_;
};

constexpr const char* kTruncated = "user.esofs.truncated";

// What all directories of a service have in common.
class ServicePart : public Node {
 public:
  ServicePart(Context& context, SchemasPtr schemas, std::string service, std::string path)
      : context_(context),
        schemas_(std::move(schemas)),
        service_(std::move(service)),
        path_(std::move(path)) {}
  std::string identity() const override { return "dir:" + path_; }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    return {NodeType::kDirectory, 0555, 0, true, context_.mounted_at(), kLongTimeout, kLongTimeout};
  }

 protected:
  // A list that a service cuts says so.
  static void report_cut(Context& context, const std::string& path, const std::string& what) {
    context.errors().add(context.now(), path, Error(EOVERFLOW, "the service cuts its list of " + what));
  }
  static Error behind_cut(const std::string& path) {
    return {EIO,
            path + ": the service cuts its list of tables, also if asked for this name, so it may exist"};
  }
  Error not_yet() const { return {EAGAIN, path_ + ": the service has not answered yet; look again"}; }
  std::string below(const std::string& name) const { return path_ + '/' + name; }
  static std::optional<std::string> truncated(const std::string& name, const ServiceTablesPtr& tables) {
    if (name != kTruncated || !tables) return std::nullopt;
    return tables->cut ? "true" : "false";
  }

  Context& context_;
  const SchemasPtr schemas_;
  const std::string service_;
  const std::string path_;
};

Error no_columns_yet() { return {EAGAIN, "the service has not described its columns yet; look again"}; }

// columns.csv. Attributes: user.esofs.truncated.
class ColumnsText : public MadeText {
 public:
  ColumnsText(Context& context, const std::string& table_path, cache::QuerySpec query)
      : MadeText("columns:" + table_path, table_path + '/' + kColumnsName, context.mounted_at(),
                 [&context, path = table_path + '/' + kColumnsName, query](Done<std::string> done) {
                   return ask(context, path, query, std::move(done));
                 }),
        context_(context),
        query_(std::move(query)) {}
  std::optional<std::string> xattr(const std::string& name) override {
    if (name != kTruncated) return std::nullopt;
    const auto state = context_.catalog().state(query_);
    return state.known ? std::optional<std::string>(state.truncated ? "true" : "false") : std::nullopt;
  }
  std::vector<std::string> xattr_names() override {
    return xattr(kTruncated) ? std::vector<std::string>{kTruncated} : std::vector<std::string>();
  }

 private:
  static Cancel ask(Context& context, const std::string& path, const cache::QuerySpec& query,
                    Done<std::string> done) {
    using ListingPtr = std::shared_ptr<const cache::Listing>;
    return with_deadline<ListingPtr>(
        context.timer(), context.config().query_wait, no_columns_yet(),
        [&](Done<ListingPtr> listed) { return context.catalog().listing(query, std::move(listed)); },
        AskedBy(done.cause(), [&context, path, query, done = done.take()](Result<ListingPtr> listing) {
          if (!listing) return done(listing.error());
          if (context.catalog().state(query).truncated)
            context.errors().add(context.now(), path,
                                 Error(EOVERFLOW, "the service cuts its list of columns after the first " +
                                                      std::to_string((*listing)->rows())));
          done(columns_csv(**listing));
        }));
  }

  Context& context_;
  const cache::QuerySpec query_;
};

class TableDirectory : public ServicePart {
 public:
  TableDirectory(Context& context, SchemasPtr schemas, std::string service, const std::string& schema_path,
                 TableInfo table)
      : ServicePart(context, std::move(schemas), std::move(service), schema_path + '/' + table.shown),
        table_(std::move(table)) {}

  Cancel lookup(const std::string& name, Done<Found> done) override {
    if (NodePtr file = this->file(name)) {
      done(Found{std::move(file)});
      return {};
    }
    if (name != "cone" && name != "night") {
      done(Found{nullptr, kAbsentByGrammar});
      return {};
    }
    const TablePart part = name == "cone" ? TablePart::kCone : TablePart::kNight;
    const Done<TableAxes> answer =
        AskedBy(done.cause(), [&context = context_, schemas = schemas_, parted = parted(), part,
                               done = done.take()](Result<TableAxes> axes) {
          if (!axes) return done(axes.error());
          NodePtr node = part_node(context, schemas, parted, *axes, part);
          if (!node && axes->cut) return done(behind_cut(parted.path));
          done(node ? Found{std::move(node)} : Found{nullptr, kAbsentInListing});
        });
    if (const auto known = schemas_->known_axes(service_, table_.table_name)) {
      answer(*known);
      return {};
    }
    return with_deadline<TableAxes>(
        context_.timer(), context_.config().lookup_wait, not_yet(),
        [&](Done<TableAxes> answered) {
          return schemas_->axes(service_, table_.table_name, std::move(answered));
        },
        answer);
  }

  Absence absence(const std::string& name) override {
    if (name == "cone") return {"no pair of columns of this table is marked as its position", true};
    if (name == "night")
      return {"no column of this table is marked as the time at which an observation began", true};
    return {absence_among(name, {kColumnsName, kDescriptionName, kSampleName, "cone", "night"}).sentence,
            true};
  }

  Cancel open_directory(Done<HandlePtr> done) override {
    return with_deadline<TableAxes>(
        context_.timer(), context_.config().query_wait, not_yet(),
        [&](Done<TableAxes> answered) {
          return schemas_->axes(service_, table_.table_name, std::move(answered));
        },
        AskedBy(done.cause(), [&context = context_, schemas = schemas_, entries = files(), parted = parted(),
                               done = done.take()](Result<TableAxes> axes) mutable {
          if (!axes) return done(axes.error());
          if (axes->cut)
            report_cut(context, parted.path, "the columns of this table: cone/ and night/ may be missing");
          for (const auto& [name, part] :
               {std::pair("cone", TablePart::kCone), std::pair("night", TablePart::kNight)}) {
            if (NodePtr node = part_node(context, schemas, parted, *axes, part))
              entries.emplace_back(name, std::move(node));
          }
          done(HandlePtr(std::make_shared<EntriesHandle>(std::move(entries))));
        }));
  }

 private:
  PartedTable parted() const { return {service_, path_, table_.adql, table_.qualified, {}}; }

  static NodePtr part_node(Context& context, const SchemasPtr& schemas, PartedTable parted,
                           const TableAxes& axes, TablePart part) {
    const bool there = part == TablePart::kCone ? !axes.ra.empty() : !axes.time.empty();
    if (!there) return nullptr;
    parted.axes = axes;
    return make_part_node(context, schemas, std::move(parted), part);
  }

  NodePtr file(const std::string& name) const {
    if (name == kColumnsName) return columns();
    if (name == kDescriptionName) return description();
    if (name == kSampleName)
      return make_table_answer(context_, {sample(table_.adql), sample(table_.qualified)}, below(kSampleName),
                               client::TableFormat::kCsv);
    return nullptr;
  }
  cache::QuerySpec sample(const std::string& adql) const {
    return schemas_->query(service_, adql.empty() ? "" : "SELECT TOP 20 * FROM " + adql, kSampleRows);
  }
  FixedDirectory::Entries files() const {
    FixedDirectory::Entries entries;
    for (const char* name : {kColumnsName, kDescriptionName, kSampleName})
      entries.emplace_back(name, file(name));
    return entries;
  }

  NodePtr columns() const {
    const auto query = schemas_->query(
        service_,
        "SELECT * FROM TAP_SCHEMA.columns WHERE table_name = " + client::adql_literal(table_.table_name),
        kMostColumns);
    return std::make_shared<ColumnsText>(context_, path_, query);
  }

  NodePtr description() const {
    return std::make_shared<MadeText>(
        "description:" + path_, below(kDescriptionName), context_.mounted_at(),
        [&context = context_, schemas = schemas_, service = service_, path = path_,
         table = table_](Done<std::string> done) {
          return with_deadline<TableAxes>(
              context.timer(), context.config().query_wait, no_columns_yet(),
              [&](Done<TableAxes> answered) {
                return schemas->axes(service, table.table_name, std::move(answered));
              },
              AskedBy(done.cause(),
                      [service, path, table, done = done.take()](const Result<TableAxes>& axes) {
                        if (!axes) return done(axes.error());
                        done(table_description(service, path, table, *axes));
                      }));
        });
  }

  const TableInfo table_;
};

class SchemaDirectory : public ServicePart {
 public:
  // name: as TAP_SCHEMA has it.
  SchemaDirectory(Context& context, SchemasPtr schemas, std::string service, const std::string& service_path,
                  const std::string& shown, std::string name)
      : ServicePart(context, std::move(schemas), std::move(service), service_path + '/' + shown),
        name_(std::move(name)) {}

  Cancel lookup(const std::string& name, Done<Found> done) override {
    if (never_a_name(name)) {
      done(Found{nullptr, kAbsentByGrammar});
      return {};
    }
    const auto known = schemas_->known_tables_of(service_, name_);
    if (known && (find(*known, name).node || !known->cut)) {
      done(find(*known, name));
      return {};
    }
    const auto self = copy();
    return with_deadline<Found>(
        context_.timer(), context_.config().lookup_wait, not_yet(),
        [&](Done<Found> answered) { return self->ask_for(name, std::move(answered)); }, std::move(done));
  }

  Cancel open_directory(Done<HandlePtr> done) override {
    return with_deadline<ServiceTablesPtr>(
        context_.timer(), context_.config().query_wait, not_yet(),
        [&](Done<ServiceTablesPtr> answered) {
          return schemas_->tables_of(service_, name_, std::move(answered));
        },
        AskedBy(done.cause(), [self = copy(), done = done.take()](Result<ServiceTablesPtr> tables) {
          if (!tables) return done(tables.error());
          const SchemaTables* schema = (*tables)->named(self->name_);
          if (schema == nullptr && (*tables)->cut) return done(behind_cut(self->path_));
          if (schema == nullptr)
            return done(Error(ENOENT, self->path_ + ": the service has no such schema any more"));
          if ((*tables)->cut)
            report_cut(self->context_, self->path_, "tables; other tables of this schema can be looked up");
          FixedDirectory::Entries entries;
          for (const TableInfo& table : schema->tables) entries.emplace_back(table.shown, self->table(table));
          done(HandlePtr(std::make_shared<EntriesHandle>(std::move(entries))));
        }));
  }

  Absence absence(const std::string& name) override {
    const auto known = schemas_->known_tables_of(service_, name_);
    const SchemaTables* schema = known ? known->named(name_) : nullptr;
    std::vector<std::string> names;
    if (schema != nullptr) {
      for (const TableInfo& table : schema->tables) names.push_back(table.shown);
    }
    return {absence_among(name, names).sentence, true};
  }

  std::optional<std::string> xattr(const std::string& name) override {
    return truncated(name, schemas_->known_tables_of(service_, name_));
  }

 private:
  // For continuations, which may outlive this node.
  std::shared_ptr<const SchemaDirectory> copy() const {
    const std::string service_path = path_.substr(0, path_.rfind('/'));
    return std::make_shared<const SchemaDirectory>(context_, schemas_, service_, service_path,
                                                   path_.substr(service_path.size() + 1), name_);
  }
  NodePtr table(const TableInfo& info) const {
    return std::make_shared<TableDirectory>(context_, schemas_, service_, path_, info);
  }
  Found find(const ServiceTables& tables, const std::string& name) const {
    const SchemaTables* schema = tables.named(name_);
    if (schema == nullptr) return {nullptr, kAbsentInListing};
    if (const TableInfo* found = schema->find(name)) return {table(*found)};
    if (const TableInfo* found = schema->find_ignoring_case(name))
      return {std::make_shared<OtherCase>(context_, below(name), found->shown)};
    return {nullptr, kAbsentInListing};
  }
  // Among the tables of the schema; if the service cuts them too, by the table's own name.
  Cancel ask_for(const std::string& name, Done<Found> done) const {
    const auto self = copy();
    return in_turn<ServiceTablesPtr, Found>(
        [&](Done<ServiceTablesPtr> answered) {
          return schemas_->tables_of(service_, name_, std::move(answered));
        },
        [self, name](const ServiceTablesPtr& tables, Done<Found> found) {
          Found here = self->find(*tables, name);
          if (here.node || !tables->cut) {
            found(std::move(here));
            return Cancel();
          }
          return self->schemas_->table_of(
              self->service_, self->name_, name,
              AskedBy(found.cause(), [self, name, found = found.take()](Result<ServiceTablesPtr> own) {
                if (!own) return found(own.error());
                Found named = self->find(**own, name);
                if (!named.node && (*own)->cut) return found(behind_cut(self->below(name)));
                found(std::move(named));
              }));
        },
        std::move(done));
  }

  const std::string name_;
};

class ServiceDirectory : public ServicePart {
 public:
  ServiceDirectory(Context& context, SchemasPtr schemas, const std::string& service)
      : ServicePart(context, std::move(schemas), service, "/tables/" + service) {}

  Cancel lookup(const std::string& name, Done<Found> done) override {
    if (never_a_name(name)) {
      done(Found{nullptr, kAbsentByGrammar});
      return {};
    }
    const Place place{context_, schemas_, service_, path_};
    const auto known = schemas_->known_tables(service_);
    if (known && (place.find(*known, name).node || !known->cut)) {
      done(place.find(*known, name));
      return {};
    }
    return with_deadline<Found>(
        context_.timer(), context_.config().lookup_wait, not_yet(),
        [&](Done<Found> answered) { return ask_for(place, name, std::move(answered)); }, std::move(done));
  }

  Cancel open_directory(Done<HandlePtr> done) override {
    const Place place{context_, schemas_, service_, path_};
    return with_deadline<FixedDirectory::Entries>(
        context_.timer(), context_.config().query_wait, not_yet(),
        [&](Done<FixedDirectory::Entries> answered) { return ask_schemas(place, std::move(answered)); },
        AskedBy(done.cause(), [done = done.take()](Result<FixedDirectory::Entries> entries) {
          if (!entries) return done(entries.error());
          done(HandlePtr(std::make_shared<EntriesHandle>(*std::move(entries))));
        }));
  }

  Absence absence(const std::string& name) override {
    const auto known = schemas_->known_tables(service_);
    std::vector<std::string> names;
    if (known) {
      for (const SchemaTables& schema : known->schemas) names.push_back(schema.shown);
    }
    return {absence_among(name, names).sentence, true};
  }

  std::optional<std::string> xattr(const std::string& name) override {
    return truncated(name, schemas_->known_tables(service_));
  }

 private:
  // What continuations need of this node, which they may outlive.
  struct Place {
    Context& context;
    SchemasPtr schemas;
    std::string service;
    std::string path;

    NodePtr schema(const std::string& shown, const std::string& name) const {
      return std::make_shared<SchemaDirectory>(context, schemas, service, path, shown, name);
    }
    Found find(const ServiceTables& tables, const std::string& name) const {
      if (const SchemaTables* found = tables.find(name)) return {schema(found->shown, found->name)};
      if (const SchemaTables* found = tables.find_ignoring_case(name))
        return {std::make_shared<OtherCase>(context, path + '/' + name, found->shown)};
      return {nullptr, kAbsentInListing};
    }
  };

  // If the service cuts its tables, by the name of the schema.
  static Cancel ask_for(const Place& place, const std::string& name, Done<Found> done) {
    return in_turn<ServiceTablesPtr, Found>(
        [&](Done<ServiceTablesPtr> all) { return place.schemas->tables(place.service, std::move(all)); },
        [place, name](const ServiceTablesPtr& all, Done<Found> found) {
          Found here = place.find(*all, name);
          if (here.node || !all->cut) {
            found(std::move(here));
            return Cancel();
          }
          return place.schemas->tables_of(
              place.service, name,
              AskedBy(found.cause(), [place, name, found = found.take()](Result<ServiceTablesPtr> own) {
                if (!own) return found(own.error());
                Found named = place.find(**own, name);
                if (!named.node && (*own)->cut) return found(behind_cut(place.path + '/' + name));
                found(std::move(named));
              }));
        },
        std::move(done));
  }

  static FixedDirectory::Entries entries_of(const Place& place, const ServiceTables& tables) {
    FixedDirectory::Entries entries;
    for (const SchemaTables& schema : tables.schemas)
      entries.emplace_back(schema.shown, place.schema(schema.shown, schema.name));
    return entries;
  }

  // If the service cuts its tables, with the schemas that TAP_SCHEMA.schemas names.
  static Cancel ask_schemas(const Place& place, Done<FixedDirectory::Entries> done) {
    return in_turn<ServiceTablesPtr, FixedDirectory::Entries>(
        [&](Done<ServiceTablesPtr> all) { return place.schemas->tables(place.service, std::move(all)); },
        [place](const ServiceTablesPtr& all, Done<FixedDirectory::Entries> listed) {
          if (!all->cut) {
            listed(entries_of(place, *all));
            return Cancel();
          }
          report_cut(place.context, place.path, "tables; other schemas and tables can be looked up");
          return place.schemas->schema_names(
              place.service, AskedBy(listed.cause(), [place, all, listed = listed.take()](
                                                         Result<std::vector<std::string>> names) {
                auto entries = entries_of(place, *all);
                if (!names && names.error().code() == EINTR) return listed(names.error());
                for (const auto& name : names ? *names : std::vector<std::string>()) {
                  if (all->named(name) == nullptr && !never_a_name(name) &&
                      all->find_ignoring_case(name) == nullptr)
                    entries.emplace_back(name, place.schema(name, name));
                }
                listed(std::move(entries));
              }));
        },
        std::move(done));
  }
};

}  // namespace

NodePtr make_tables_node(Context& context) {
  auto schemas = std::make_shared<TableSchemas>(context);
  FixedDirectory::Entries services;
  for (const std::string& service : context.config().tap_services)
    services.emplace_back(service, std::make_shared<ServiceDirectory>(context, schemas, service));
  return std::make_shared<FixedDirectory>("/tables", context.mounted_at(), std::move(services));
}

}  // namespace esofs::fs
