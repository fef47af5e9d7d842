#include "fs/tables/table_nodes.h"

#include <cerrno>
#include <functional>
#include <utility>

#include "client/base/text.h"
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

// What is the same for every directory below a service.
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
  // A lookup that the tables of the service answer. find may outlive this node.
  Cancel find_in_tables(const std::string& name, std::function<Found(const ServiceTables&)> find,
                        Done<Found> done) const {
    if (never_a_name(name)) {
      done(Found{nullptr, kAbsentByGrammar});
      return {};
    }
    if (const auto known = schemas_->known_tables(service_)) {
      done(find(*known));
      return {};
    }
    return with_deadline<ServiceTablesPtr>(
        context_.timer(), context_.config().lookup_wait, not_yet(),
        [&](Done<ServiceTablesPtr> answered) { return schemas_->tables(service_, std::move(answered)); },
        [find = std::move(find), done = std::move(done)](Result<ServiceTablesPtr> tables) {
          if (!tables) return done(tables.error());
          done(find(**tables));
        });
  }
  // A listing made of them. list may outlive this node.
  Cancel list_tables(std::function<Result<FixedDirectory::Entries>(const ServiceTables&)> list,
                     Done<HandlePtr> done) const {
    return with_deadline<ServiceTablesPtr>(
        context_.timer(), context_.config().query_wait, not_yet(),
        [&](Done<ServiceTablesPtr> answered) { return schemas_->tables(service_, std::move(answered)); },
        [list = std::move(list), done = std::move(done)](Result<ServiceTablesPtr> tables) {
          if (!tables) return done(tables.error());
          auto entries = list(**tables);
          if (!entries) return done(entries.error());
          done(HandlePtr(std::make_shared<EntriesHandle>(*std::move(entries))));
        });
  }
  Error not_yet() const { return {EAGAIN, path_ + ": the service has not answered yet; look again"}; }
  std::string below(const std::string& name) const { return path_ + '/' + name; }

  Context& context_;
  const SchemasPtr schemas_;
  const std::string service_;
  const std::string path_;
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
    const auto answer = [&context = context_, schemas = schemas_, parted = parted(), key = key(), part,
                         done = std::move(done)](Result<ServiceAxesPtr> axes) mutable {
      if (!axes) return done(axes.error());
      NodePtr node = part_node(context, schemas, std::move(parted), key, **axes, part);
      done(node ? Found{std::move(node)} : Found{nullptr, kAbsentInListing});
    };
    if (const auto known = schemas_->known_axes(service_)) {
      auto now = answer;
      now(known);
      return {};
    }
    return with_deadline<ServiceAxesPtr>(
        context_.timer(), context_.config().lookup_wait, not_yet(),
        [&](Done<ServiceAxesPtr> answered) { return schemas_->axes(service_, std::move(answered)); }, answer);
  }

  Cancel open_directory(Done<HandlePtr> done) override {
    return with_deadline<ServiceAxesPtr>(
        context_.timer(), context_.config().query_wait, not_yet(),
        [&](Done<ServiceAxesPtr> answered) { return schemas_->axes(service_, std::move(answered)); },
        [&context = context_, schemas = schemas_, entries = files(), parted = parted(), key = key(),
         done = std::move(done)](Result<ServiceAxesPtr> axes) mutable {
          if (!axes) return done(axes.error());
          for (const auto& [name, part] :
               {std::pair("cone", TablePart::kCone), std::pair("night", TablePart::kNight)}) {
            if (NodePtr node = part_node(context, schemas, parted, key, **axes, part))
              entries.emplace_back(name, std::move(node));
          }
          done(HandlePtr(std::make_shared<EntriesHandle>(std::move(entries))));
        });
  }

 private:
  std::string key() const { return lower(table_.table_name); }
  PartedTable parted() const { return {service_, path_, table_.adql, {}}; }

  static NodePtr part_node(Context& context, const SchemasPtr& schemas, PartedTable parted,
                           const std::string& key, const ServiceAxes& axes, TablePart part) {
    const auto found = axes.find(key);
    if (found == axes.end()) return nullptr;
    const bool there = part == TablePart::kCone ? !found->second.ra.empty() : !found->second.time.empty();
    if (!there) return nullptr;
    parted.axes = found->second;
    return make_part_node(context, schemas, std::move(parted), part);
  }

  NodePtr file(const std::string& name) const {
    if (name == kColumnsName) return columns();
    if (name == kDescriptionName) return description();
    if (name == kSampleName)
      return make_table_answer(context_,
                               schemas_->query(service_, "SELECT TOP 20 * FROM " + table_.adql, kSampleRows),
                               below(kSampleName), client::TableFormat::kCsv);
    return nullptr;
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
    return std::make_shared<MadeText>(
        "columns:" + path_, below(kColumnsName), context_.mounted_at(),
        [&context = context_, query](Done<std::string> done) {
          using ListingPtr = std::shared_ptr<const cache::Listing>;
          return with_deadline<ListingPtr>(
              context.timer(), context.config().query_wait,
              Error(EAGAIN, "the service has not described its columns yet; look again"),
              [&](Done<ListingPtr> listed) { return context.catalog().listing(query, std::move(listed)); },
              [done = std::move(done)](Result<ListingPtr> listing) {
                if (!listing) return done(listing.error());
                done(columns_csv(**listing));
              });
        });
  }

  NodePtr description() const {
    return std::make_shared<MadeText>(
        "description:" + path_, below(kDescriptionName), context_.mounted_at(),
        [&context = context_, schemas = schemas_, service = service_, path = path_, table = table_,
         key = key()](Done<std::string> done) {
          return with_deadline<ServiceAxesPtr>(
              context.timer(), context.config().query_wait,
              Error(EAGAIN, "the service has not described its columns yet; look again"),
              [&](Done<ServiceAxesPtr> answered) { return schemas->axes(service, std::move(answered)); },
              [service, path, table, key, done = std::move(done)](Result<ServiceAxesPtr> axes) {
                if (!axes) return done(axes.error());
                const auto found = (*axes)->find(key);
                done(table_description(service, path, table,
                                       found == (*axes)->end() ? TableAxes() : found->second));
              });
        });
  }

  const TableInfo table_;
};

class SchemaDirectory : public ServicePart {
 public:
  SchemaDirectory(Context& context, SchemasPtr schemas, std::string service, const std::string& service_path,
                  std::string shown)
      : ServicePart(context, std::move(schemas), std::move(service), service_path + '/' + shown),
        shown_(std::move(shown)) {}

  Cancel lookup(const std::string& name, Done<Found> done) override {
    auto find = [&context = context_, schemas = schemas_, service = service_, path = path_, shown = shown_,
                 name](const ServiceTables& tables) -> Found {
      const SchemaTables* schema = tables.find(shown);
      if (schema == nullptr) return {nullptr, kAbsentInListing};
      if (const TableInfo* table = schema->find(name))
        return {std::make_shared<TableDirectory>(context, schemas, service, path, *table)};
      if (const TableInfo* table = schema->find_ignoring_case(name))
        return {std::make_shared<OtherCase>(context, path + '/' + name, table->shown)};
      return {nullptr, kAbsentInListing};
    };
    return find_in_tables(name, std::move(find), std::move(done));
  }

  Cancel open_directory(Done<HandlePtr> done) override {
    return list_tables(
        [&context = context_, schemas = schemas_, service = service_, path = path_,
         shown = shown_](const ServiceTables& tables) -> Result<FixedDirectory::Entries> {
          const SchemaTables* schema = tables.find(shown);
          if (schema == nullptr) return Error(ENOENT, path + ": the service has no such schema any more");
          FixedDirectory::Entries entries;
          for (const TableInfo& table : schema->tables)
            entries.emplace_back(table.shown,
                                 std::make_shared<TableDirectory>(context, schemas, service, path, table));
          return entries;
        },
        std::move(done));
  }

 private:
  const std::string shown_;
};

class ServiceDirectory : public ServicePart {
 public:
  ServiceDirectory(Context& context, SchemasPtr schemas, const std::string& service)
      : ServicePart(context, std::move(schemas), service, "/tables/" + service) {}

  Cancel lookup(const std::string& name, Done<Found> done) override {
    auto find = [&context = context_, schemas = schemas_, service = service_, path = path_,
                 name](const ServiceTables& tables) -> Found {
      if (tables.find(name) != nullptr)
        return {std::make_shared<SchemaDirectory>(context, schemas, service, path, name)};
      if (const SchemaTables* schema = tables.find_ignoring_case(name))
        return {std::make_shared<OtherCase>(context, path + '/' + name, schema->shown)};
      return {nullptr, kAbsentInListing};
    };
    return find_in_tables(name, std::move(find), std::move(done));
  }

  Cancel open_directory(Done<HandlePtr> done) override {
    return list_tables(
        [&context = context_, schemas = schemas_, service = service_,
         path = path_](const ServiceTables& tables) -> Result<FixedDirectory::Entries> {
          FixedDirectory::Entries entries;
          for (const SchemaTables& schema : tables.schemas)
            entries.emplace_back(schema.shown, std::make_shared<SchemaDirectory>(context, schemas, service,
                                                                                 path, schema.shown));
          return entries;
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
