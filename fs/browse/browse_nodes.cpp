#include "fs/browse/browse_nodes.h"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/base/in_turn.h"
#include "fs/browse/browse_existing.h"
#include "fs/browse/browse_leaf.h"
#include "fs/browse/browse_readme.h"
#include "fs/browse/browse_state.h"
#include "fs/browse/browse_values.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using Group = BrowseTemplates::Group;
using Arguments = BrowseTemplate::Arguments;
using HandlePtr = std::shared_ptr<DirectoryHandle>;

constexpr const char* kTemplatesName = ".templates";
constexpr std::size_t kMostVisits = 1000;

Attributes directory_attributes(const Context& context) {
  return {NodeType::kDirectory, 0555, 0, true, context.mounted_at(), kShortTimeout, kShortTimeout};
}

std::string leaves_of(const Group& group) {
  std::string text;
  for (const auto& [leaf, used] : group) text += (text.empty() ? "" : ",") + leaf;
  if (text.empty()) return "";
  return group.size() == 1 ? text + "/" : "{" + text + "}/";
}

// Which parts of a template are divided by instruments; "" none.
std::string narrow_forms(const Group& group) {
  std::string text;
  std::string first;
  for (const auto& [leaf, used] : group) {
    if (used->narrow().empty()) continue;
    const std::string below = leaf.empty() ? "" : leaf + "/";
    if (text.empty()) first = below;
    text += (text.empty() ? "" : " and ") + below + "NAME/";
  }
  if (text.empty()) return text;
  const bool several = text.find(" and ") != std::string::npos;
  return "    below it " + text + (several ? " are the parts" : " is the part") +
         " of one instrument, such as " + first + "UVES/\n";
}

// The forms of a template in which a directory is left out.
std::string shorter_forms(const std::string& group, const BrowseTemplate& used) {
  std::string text;
  for (std::size_t level = 0; level < used.depth(); ++level) {
    const auto rest = used.without(level);
    if (!rest) continue;
    const auto list = used.list(level);
    text += group + "/" + rest->form() + "/\n    the same for every " + (list ? list->placeholder : "value") +
            "\n";
  }
  return text;
}

bool administered(const BrowseState& browse) { return !browse.context.config().users_dir.empty(); }

// Why the templates of a group make no directory; "": there are none.
std::string template_fault(const BrowseTemplates::Set& set, const std::string& group) {
  for (const auto& problem : set.problems) {
    if (problem.starts_with("template " + group + ".")) return problem;
  }
  return {};
}

// On a mount that gives each user queries of his own.
constexpr const char* kOfAdministrator =
    "templates in your home are not read: those of this mount are the administrator's";

Absence no_template(const BrowseState& browse, const std::string& name,
                    const std::vector<std::string>& names) {
  std::string sentence = absence_among(name, names).sentence;
  if (administered(browse)) sentence += "; " + std::string(kOfAdministrator);
  return {std::move(sentence), true};
}

// of_administrator: kOfAdministrator holds.
std::string readme(const BrowseTemplates::Set& set, bool of_administrator) {
  std::string text =
      "Queries made from the names of directories; each is a directory like those in queries/,\n"
      "and its query.adql may be copied there.\n\n";
  for (const auto& [name, group] : set.groups) {
    text += name + "/" + group.begin()->second->form() + "/" + leaves_of(group) + "\n";
    for (const auto& [leaf, used] : group)
      text += "    " + (leaf.empty() ? "" : leaf + ": ") + used->title() + "\n";
    text += narrow_forms(group);
    text += shorter_forms(name, *group.begin()->second);
  }
  text +=
      "\nAngles are degrees unless deg, arcmin, arcsec or mas is appended; also 05h35m17.3s, -05d23m28s.\n"
      "In the name of an object '_' stands for a blank (NGC_253, NGC_253_10arcmin); without a radius\n"
      "the template's default is taken. A programme 195.B-0283(A) is listed as 195.B-0283.A.\n"
      "Directories that could have endless names list what was visited lately.\n\n"
      "Templates are the files of .templates/; ";
  text += of_administrator ? kOfAdministrator + std::string(".\n")
                           : "your own go into the directory browse/ of your\n"
                             "configuration (NAME.adql or NAME.PART.adql).\n";
  if (!set.problems.empty()) text += "\nTemplates that cannot be used:\n";
  for (const auto& problem : set.problems) text += "    " + problem + "\n";
  return text;
}

// A directory on the way to a query; `level` directories with arguments are above it.
class ArgumentsNode : public Node {
 public:
  ArgumentsNode(BrowseState& browse, Group group, std::string path, std::string kind, Arguments arguments,
                std::size_t level)
      : browse_(browse),
        group_(std::move(group)),
        path_(std::move(path)),
        kind_(std::move(kind)),
        arguments_(std::move(arguments)),
        level_(level) {}

  std::string identity() const override { return "browse:" + path_; }
  Knowledge knowledge() const override {
    return {.renewed = true};
  }  // the later one has the present templates
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override { return directory_attributes(browse_.context); }
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Absence absence(const std::string& name) override { return {any().fault(level_, name), true}; }

 private:
  const BrowseTemplate& any() const { return *group_.begin()->second; }  // all have one path
  std::optional<BrowseTemplate::ListedValues> listed() const;
  // The directory of a name, by its arguments.
  NodePtr below(const std::string& name, Arguments own) const;
  // The templates that take over if the directory of this level is left out; empty: it cannot be.
  Group shorter() const;
  FixedDirectory::Entries visited_entries() const;
  // Below a value that was chosen, `ls` must not be empty without a word.
  bool has_readme() const { return level_ > 0 && !listed(); }
  NodePtr readme() const;
  Cancel open_listed(const BrowseTemplate::ListedValues& list, Done<HandlePtr> done);
  std::vector<std::string> visited() const { return browse_.context.catalog().visits(kind_, kMostVisits); }

  BrowseState& browse_;
  const Group group_;
  const std::string path_;
  const std::string kind_;  // of visited names below
  const Arguments arguments_;
  const std::size_t level_;
};

// The directory below the last argument, with one directory for each leaf of the group.
class LeavesNode : public Node {
 public:
  LeavesNode(BrowseState& browse, Group group, BrowsePlace place)
      : browse_(browse), context_(browse.context), group_(std::move(group)), place_(std::move(place)) {}

  std::string identity() const override { return "browse:" + place_.path; }
  Knowledge knowledge() const override { return {.renewed = true}; }
  std::string path() const override { return place_.path; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override { return directory_attributes(context_); }
  Cancel lookup(const std::string& name, Done<Found> done) override {
    const auto found = group_.find(name);
    done(found == group_.end() ? Found{nullptr, kAbsentByGrammar} : Found{leaf(found->first, found->second)});
    return {};
  }
  Absence absence(const std::string& name) override {
    std::vector<std::string> names;
    for (const auto& [leaf, made] : group_) names.push_back(leaf);
    return no_template(browse_, name, names);
  }
  // Opening it, not looking it up, asks whether the object exists.
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    FixedDirectory::Entries entries;
    for (const auto& [name, made] : group_) entries.emplace_back(name, leaf(name, made));
    return with_positions(
        context_, place_, context_.config().query_wait,
        AskedBy(done.cause(), [&context = context_, place = place_, entries = std::move(entries),
                               done = done.take()](const Result<Arguments>& known) {
          if (!known) return done(known.error());
          note_visit(context, place);
          done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(entries)));
        }));
  }

 private:
  NodePtr leaf(const std::string& name, const BrowseTemplates::TemplatePtr& made) const {
    BrowsePlace place = place_;
    place.path += "/" + name;
    return make_browse_leaf(browse_, made, std::move(place));
  }

  BrowseState& browse_;
  Context& context_;
  const Group group_;
  const BrowsePlace place_;
};

std::optional<BrowseTemplate::ListedValues> ArgumentsNode::listed() const {
  for (const auto& [leaf, made] : group_) {
    if (auto list = made->list(level_)) return list;
  }
  return std::nullopt;
}

NodePtr ArgumentsNode::below(const std::string& name, Arguments own) const {
  const std::string shown = any().shown_name(level_, own);
  Arguments all = arguments_;
  all.merge(own);
  const std::string path = path_ + "/" + name;
  if (level_ + 1 < any().depth())
    return std::make_shared<ArgumentsNode>(
        browse_, group_, path, kind_ + "/" + (shown.empty() ? name : shown), std::move(all), level_ + 1);
  BrowsePlace place{path, std::move(all), kind_, listed() ? "" : shown};
  if (const auto only = group_.find(""); only != group_.end())
    return make_browse_leaf(browse_, only->second, std::move(place));
  return std::make_shared<LeavesNode>(browse_, group_, std::move(place));
}

NodePtr ArgumentsNode::readme() const {
  return make_browse_readme(browse_, group_.begin()->second, path_, level_, arguments_);
}

Cancel ArgumentsNode::lookup(const std::string& name, Done<Found> done) {
  if (name == kReadmeName && has_readme()) {
    done(Found{readme()});
    return {};
  }
  if (const auto list = listed()) {
    if (const auto value = known_browse_value(browse_, list->adql, name)) {
      done(Found{below(name, {{list->placeholder, listed_argument(*value)}})});
      return {};
    }
  }
  const Group rest = shorter();
  if (!rest.empty() && rest.begin()->second->match(level_, name))
    return ArgumentsNode(browse_, rest, path_, kind_, arguments_, level_).lookup(name, std::move(done));
  auto own = any().match(level_, name);
  done(own ? Found{below(name, std::move(*own))} : Found{nullptr, kAbsentByGrammar});
  return {};
}

Group ArgumentsNode::shorter() const {
  Group rest;
  for (const auto& [leaf, made] : group_) {
    if (auto without = made->without(level_)) rest.emplace(leaf, std::move(without));
  }
  return rest;
}

FixedDirectory::Entries ArgumentsNode::visited_entries() const {
  FixedDirectory::Entries entries;
  for (const auto& name : visited()) {
    if (auto own = any().match(level_, name)) entries.emplace_back(name, below(name, std::move(*own)));
  }
  return entries;
}

Cancel ArgumentsNode::open_directory(Done<HandlePtr> done) {
  if (const auto list = listed()) return open_listed(*list, std::move(done));
  FixedDirectory::Entries entries = visited_entries();
  if (has_readme()) entries.insert(entries.begin(), {kReadmeName, readme()});
  auto handle = [entries = std::move(entries)] {
    return HandlePtr(std::make_shared<EntriesHandle>(entries));
  };
  // What was opened below it shows that its arguments exist.
  auto wanted =
      visited().empty() ? any().existing(arguments_) : std::vector<BrowseTemplate::ExistingValues>();
  return missing_argument(browse_, std::move(wanted),
                          AskedBy(done.cause(), [path = path_, handle = std::move(handle),
                                                 done = done.take()](Result<std::string> missing) {
                            if (!missing) return done(missing.error());
                            if (!missing->empty()) return done(Error(ENOENT, path + ": " + *missing));
                            done(handle());
                          }));
}

Cancel ArgumentsNode::open_listed(const BrowseTemplate::ListedValues& list, Done<HandlePtr> done) {
  auto here = std::make_shared<ArgumentsNode>(browse_, group_, path_, kind_, arguments_, level_);
  return browse_values(
      browse_, list.adql, browse_.context.config().query_wait,
      AskedBy(done.cause(),
              [here, placeholder = list.placeholder, done = done.take()](const Result<BrowseValues>& values) {
                if (!values) return done(values.error().at(here->path()));
                FixedDirectory::Entries entries;
                if (const Group rest = here->shorter(); !rest.empty())
                  entries = ArgumentsNode(here->browse_, rest, here->path_, here->kind_, here->arguments_,
                                          here->level_)
                                .visited_entries();
                for (const auto& [name, value] : **values)
                  entries.emplace_back(name, here->below(name, {{placeholder, listed_argument(value)}}));
                done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
              }));
}

class BrowseNode : public Node {
 public:
  explicit BrowseNode(BrowseState& browse) : browse_(browse) {}
  std::string identity() const override { return "dir:/browse"; }
  std::string path() const override { return "/browse"; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override { return directory_attributes(browse_.context); }

  Cancel lookup(const std::string& name, Done<Found> done) override {
    const auto set = browse_.templates.current();
    if (name == kReadmeName) {
      done(Found{readme_node()});
    } else if (name == kTemplatesName) {
      done(Found{std::make_shared<TemplatesNode>(browse_)});
    } else if (const auto group = set->groups.find(name); group != set->groups.end()) {
      done(Found{group_node(name, group->second)});
    } else {
      done(Found{nullptr, kShortTimeout});  // the user may add a template
    }
    return {};
  }
  Absence absence(const std::string& name) override {
    const auto set = browse_.templates.current();
    if (std::string fault = template_fault(*set, name); !fault.empty()) return {std::move(fault), true};
    std::vector<std::string> names;
    for (const auto& [group, templates] : set->groups) names.push_back(group);
    return no_template(browse_, name, names);
  }

  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    const auto set = browse_.templates.current();
    FixedDirectory::Entries entries{{kReadmeName, readme_node()},
                                    {kTemplatesName, std::make_shared<TemplatesNode>(browse_)}};
    for (const auto& [name, group] : set->groups) entries.emplace_back(name, group_node(name, group));
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
    return {};
  }

 private:
  class TemplatesNode : public Node {
   public:
    explicit TemplatesNode(BrowseState& browse) : browse_(browse) {}
    std::string identity() const override { return "dir:/browse/.templates"; }
    std::string path() const override { return std::string("/browse/") + kTemplatesName; }
    NodeType type() const override { return NodeType::kDirectory; }
    Attributes attributes() override { return directory_attributes(browse_.context); }
    Cancel lookup(const std::string& name, Done<Found> done) override {
      const bool known = browse_.templates.current()->texts.contains(name);
      done(known ? Found{text_node(name)} : Found{nullptr, kShortTimeout});
      return {};
    }
    Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
      FixedDirectory::Entries entries;
      for (const auto& [name, text] : browse_.templates.current()->texts)
        entries.emplace_back(name, text_node(name));
      done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
      return {};
    }

   private:
    NodePtr text_node(const std::string& name) const {
      const std::string file = path() + "/" + name;
      return std::make_shared<LiveText>("text:" + file, file, [&browse = browse_, name] {
        const auto set = browse.templates.current();
        const auto found = set->texts.find(name);
        return LiveText::Rendered{found == set->texts.end() ? "" : found->second,
                                  browse.context.mounted_at()};
      });
    }

    BrowseState& browse_;
  };

  NodePtr readme_node() const {
    const std::string path = this->path() + "/" + kReadmeName;
    return std::make_shared<LiveText>("text:" + path, path, [&browse = browse_] {
      return LiveText::Rendered{readme(*browse.templates.current(), administered(browse)),
                                browse.context.mounted_at()};
    });
  }
  NodePtr group_node(const std::string& name, const Group& group) const {
    return std::make_shared<ArgumentsNode>(browse_, group, "/browse/" + name, "browse/" + name, Arguments(),
                                           0);
  }

  BrowseState& browse_;
};

}  // namespace

NodePtr make_browse_node(BrowseState& browse) { return std::make_shared<BrowseNode>(browse); }

nlohmann::ordered_json browse_status(BrowseState& browse) {
  const auto set = browse.templates.current();
  nlohmann::ordered_json status = nlohmann::ordered_json::object();
  status["templates"] = nlohmann::ordered_json::array();
  for (const auto& [name, group] : set->groups) {
    for (const auto& [leaf, made] : group) status["templates"].push_back(made->file());
  }
  status["problems"] = set->problems;
  return status;
}

}  // namespace esofs::fs
