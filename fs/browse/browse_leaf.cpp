#include "fs/browse/browse_leaf.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>
#include <utility>

#include "client/base/angle.h"
#include "client/base/angle_fault.h"
#include "client/base/guarded.h"
#include "client/base/in_turn.h"
#include "client/services/adql.h"
#include "fs/browse/browse_existing.h"
#include "fs/queries/query_nodes.h"
#include "fs/queries/scratch_names.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using Arguments = BrowseTemplate::Arguments;
using HandlePtr = std::shared_ptr<DirectoryHandle>;

// The first object whose position the arguments lack; nullptr: none.
const Argument* unresolved(const Arguments& arguments) {
  for (const auto& [name, argument] : arguments) {
    if (!argument.object.empty() && !argument.values.contains("ra")) return &argument;
  }
  return nullptr;
}

void set_positions(Arguments& arguments, const std::string& object, const client::SkyPosition& position) {
  for (auto& [name, argument] : arguments) {
    if (argument.object == object) set_position(argument, position.ra_deg, position.dec_deg);
  }
}

// The arguments with the positions that are known already.
Arguments with_known_positions(Context& context, Arguments arguments) {
  Arguments known = std::move(arguments);
  for (auto& [name, argument] : known) {
    if (argument.object.empty()) continue;
    if (const auto position = context.catalog().known_position(argument.object))
      set_position(argument, position->ra_deg, position->dec_deg);
  }
  return known;
}

// Says in query.adql where its numbers come from.
std::string adql_of(Context& context, const BrowseTemplate& made, const Arguments& arguments) {
  std::string text;
  for (const auto& [name, argument] : arguments) {
    if (argument.object.empty()) continue;
    const auto position = context.catalog().known_position(argument.object);
    if (!position) continue;
    text += "-- the position of " + argument.object + " is " + angle_text(position->ra_deg) + " " +
            angle_text(position->dec_deg);
    std::string by;
    for (const char c : position->resolver) by += c >= ' ' && c != ':' ? c : ' ';
    text += by.empty() ? "\n" : ", says " + by + "\n";
  }
  return text + made.fill(arguments);
}

class BrowseLeaf : public Node, public std::enable_shared_from_this<BrowseLeaf> {
 public:
  // narrowed_to: a value of the template's narrow() column; "": all.
  BrowseLeaf(BrowseState& browse, BrowseTemplates::TemplatePtr made, BrowsePlace place,
             std::string narrowed_to = {})
      : browse_(browse),
        context_(browse.context),
        made_(std::move(made)),
        place_(std::move(place)),
        narrowed_to_(std::move(narrowed_to)) {}

  std::string identity() const override { return "browse:" + place_.path; }
  Knowledge knowledge() const override {
    return {.renewed = true};
  }  // the later one has the present template
  std::string path() const override { return place_.path; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    return {NodeType::kDirectory, 0555, 0, true, context_.mounted_at(), kShortTimeout, kShortTimeout};
  }

  Cancel lookup(const std::string& name, Done<Found> done) override {
    if (narrows_to(name)) {
      BrowsePlace place = place_;
      place.path += "/" + name;
      done(Found{std::make_shared<BrowseLeaf>(browse_, made_, std::move(place), name)});
      return {};
    }
    if (const auto query = known_query()) return query->node.lookup(name, std::move(done));
    if (name == kStatusName) {
      done(Found{waiting_status()});
      return {};
    }
    const bool own = name == kQueryFile || name == kTableName || name == kCutoutName;
    if (!own && !may_name_a_dataset(name)) {
      done(Found{nullptr, never_a_name(name) ? kAbsentByGrammar : kAbsentInListing});
      return {};
    }
    return in_turn<QueryPtr, Found>(
        [this](Done<QueryPtr> query) { return resolved(context_.config().lookup_wait, std::move(query)); },
        [name](const QueryPtr& query, Done<Found> found) {
          return query->node.lookup(name, std::move(found));
        },
        std::move(done));
  }

  Absence absence(const std::string& name) override {
    std::string capitals = name;
    std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (capitals != name && name.find('.') == std::string::npos && narrows_to(capitals))
      return {"names of instruments are in capitals: did you mean " + capitals + "?", false};
    if (const std::string other = narrowed_beside(name); !other.empty())
      return {"only " + other + " is divided by instruments: did you mean ../" + other + name + "/?", false};
    if (const auto query = known_query()) return query->node.absence(name);
    return {"the position of the object is not known yet; list the directory first", false};
  }

  std::optional<std::string> xattr(const std::string& name) override {
    const auto query = known_query();
    return query ? query->node.xattr(name) : Node::xattr(name);
  }

  Cancel open_directory(Done<HandlePtr> done) override {
    return in_turn<QueryPtr, HandlePtr>(
        [this](Done<QueryPtr> query) { return resolved(context_.config().query_wait, std::move(query)); },
        [self = shared_from_this()](const QueryPtr& query, Done<HandlePtr> opened) {
          return self->open_query(query, std::move(opened));
        },
        AskedBy(done.cause(),
                [&context = context_, place = place_, done = done.take()](Result<HandlePtr> handle) {
                  if (handle) note_visit(context, place);
                  done(std::move(handle));
                }));
  }

 private:
  struct Query {
    Query(Context& context, QueryDirectoryPtr made) : directory(std::move(made)), node(context, directory) {}
    const QueryDirectoryPtr directory;
    QueryNode node;
  };
  using QueryPtr = std::shared_ptr<Query>;

  // Names of instruments begin with a capital letter or a digit; those that programs try hardly ever do.
  bool narrows_to(const std::string& name) const {
    return !made_->narrow().empty() && narrowed_to_.empty() && may_be_an_instrument(name);
  }
  // "phase3/" of a part without instruments beside one that has them; "" none.
  std::string narrowed_beside(const std::string& name) const {
    if (!made_->narrow().empty() || !may_be_an_instrument(name)) return {};
    const auto set = browse_.templates.current();
    const auto group = set->groups.find(made_->group());
    if (group == set->groups.end()) return {};
    for (const auto& [leaf, other] : group->second) {
      if (!leaf.empty() && !other->narrow().empty()) return leaf + "/";
    }
    return {};
  }
  static bool may_be_an_instrument(const std::string& name) {
    if (name.size() < 2 || tried_by_programs(name)) return false;
    const auto first = static_cast<unsigned char>(name.front());
    if (std::isupper(first) == 0 && std::isdigit(first) == 0) return false;
    const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
    return plain && parse_argument(ArgumentType::kText, name).has_value();
  }

  std::string query_text(const Arguments& arguments) const {
    std::string text = adql_of(context_, *made_, arguments);
    if (narrowed_to_.empty()) return text;
    text.erase(text.find_last_not_of(" \n") + 1);
    return text + "\n  AND " + made_->narrow() + " = " + client::adql_literal(narrowed_to_) + "\n";
  }

  // nullptr while an object's position is not known.
  QueryPtr known_query() {
    if (auto known = *query_.lock()) return known;
    const Arguments arguments = with_known_positions(context_, place_.arguments);
    return unresolved(arguments) == nullptr ? keep(arguments) : nullptr;
  }

  QueryPtr keep(const Arguments& arguments) {
    auto directory = std::make_shared<QueryDirectory>(identity(), place_.path, query_text(arguments),
                                                      context_.mounted_at(), context_.query_defaults());
    auto query = std::make_shared<Query>(context_, std::move(directory));
    auto kept = query_.lock();
    if (!*kept) *kept = std::move(query);
    return *kept;
  }

  Cancel open_query(const QueryPtr& query, Done<HandlePtr> done) {
    return in_turn<HandlePtr, HandlePtr>(
        [&query](Done<HandlePtr> opened) { return query->node.open_directory(std::move(opened)); },
        [self = shared_from_this(), query](HandlePtr handle, Done<HandlePtr> confirmed) {
          return self->confirm(*query, std::move(handle), std::move(confirmed));
        },
        std::move(done));
  }

  // An answer without rows may mean that an argument does not exist.
  Cancel confirm(const Query& query, HandlePtr handle, Done<HandlePtr> done) {
    const auto spec = query.directory->spec();
    const auto listing = spec ? context_.catalog().known_listing(*spec) : nullptr;
    if (!listing || listing->rows() > 0) {
      done(std::move(handle));
      return {};
    }
    if (!narrowed_to_.empty()) {
      const std::string parent = place_.path.substr(0, place_.path.rfind('/'));
      done(Error(ENOENT, place_.path + ": no dataset in " + parent + " has " + made_->narrow() + " '" +
                             narrowed_to_ + "'; table/summary.txt there lists those that it has"));
      return {};
    }
    return missing_argument(browse_, made_->existing(place_.arguments),
                            AskedBy(done.cause(), [path = place_.path, handle = std::move(handle),
                                                   done = done.take()](Result<std::string> missing) {
                              if (!missing) return done(missing.error());
                              if (!missing->empty()) return done(Error(ENOENT, path + ": " + *missing));
                              done(handle);
                            }));
  }

  Cancel resolved(std::chrono::milliseconds wait, Done<QueryPtr> done) {
    if (auto known = known_query()) {
      done(std::move(known));
      return {};
    }
    return with_positions(context_, place_, wait,
                          AskedBy(done.cause(), [self = shared_from_this(),
                                                 done = done.take()](const Result<Arguments>& known) {
                            if (!known) return done(known.error());
                            done(self->keep(*known));
                          }));
  }

  NodePtr waiting_status() const {
    const Argument* object = unresolved(place_.arguments);
    return std::make_shared<LiveText>(
        "status:" + identity(), place_.path + "/" + kStatusName,
        [&context = context_, name = object == nullptr ? "" : object->object] {
          return LiveText::Rendered{"phase: NOT RUN YET\nhint: list this directory; the position of " + name +
                                        " is asked for then\n",
                                    context.mounted_at()};
        });
  }

  BrowseState& browse_;
  Context& context_;
  const BrowseTemplates::TemplatePtr made_;
  const BrowsePlace place_;
  const std::string narrowed_to_;
  Guarded<QueryPtr> query_;
};

// What is wrong with the last word of an object's name, if it is a mistyped radius ("NGC 253 5min"); "" it is none.
std::string mistyped_radius(const std::string& object) {
  const std::string word = object.substr(object.rfind(' ') + 1);
  if (word.empty()) return {};
  std::string fault = std::isdigit(static_cast<unsigned char>(word.front())) != 0 ? radius_fault(word) : "";
  return fault.find("did you mean") == std::string::npos ? std::string() : fault;
}

// Resolves one object after the other: a template hardly names two.
Cancel resolve_rest(Context& context, Arguments arguments, const Done<Arguments>& done) {
  const Argument* next = unresolved(arguments);
  if (next == nullptr) {
    done(std::move(arguments));
    return {};
  }
  const std::string object = next->object;
  return in_turn<client::SkyPosition, Arguments>(
      [&context, object](Done<client::SkyPosition> position) {
        return context.catalog().resolve(
            object, AskedBy(position.cause(), [object, done = position.take()](
                                                  const Result<client::SkyPosition>& found) {
              if (found || found.error().code() != ENOENT) return done(found);
              const std::string slip = mistyped_radius(object);
              done(slip.empty() ? found.error() : Error(ENOENT, found.error().what() + "; " + slip));
            }));
      },
      [&context, object, arguments = std::move(arguments)](const client::SkyPosition& position,
                                                           const Done<Arguments>& rest) mutable {
        set_positions(arguments, object, position);
        return resolve_rest(context, std::move(arguments), rest);
      },
      done);
}

}  // namespace

NodePtr make_browse_leaf(BrowseState& browse, BrowseTemplates::TemplatePtr made, BrowsePlace place) {
  return std::make_shared<BrowseLeaf>(browse, std::move(made), std::move(place));
}

Cancel with_positions(Context& context, const BrowsePlace& place, std::chrono::milliseconds wait,
                      Done<Arguments> done) {
  Arguments arguments = with_known_positions(context, place.arguments);
  if (unresolved(arguments) == nullptr) {
    done(std::move(arguments));
    return {};
  }
  return with_deadline<Arguments>(
      context.timer(), wait, Error(EAGAIN, place.path + ": the name has not been resolved yet; look again"),
      [&context, &arguments](const Done<Arguments>& answered) {
        return resolve_rest(context, std::move(arguments), answered);
      },
      std::move(done));
}

void note_visit(Context& context, const BrowsePlace& place) {
  if (!place.visit_name.empty()) context.catalog().visited(place.visit_kind, place.visit_name);
}

}  // namespace esofs::fs
