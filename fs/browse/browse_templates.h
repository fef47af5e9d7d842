// BrowseTemplates: the templates of the mount: those that esofs brings along, and the user's own in a directory, which is
// looked at again whenever it has changed.
//
//   shapes   a group is the templates of one first word, GROUP.LEAF.adql; all of them have the same path. A file of the
//            user replaces the one of the same name, and GROUP.adql the whole group; beside it his GROUP.LEAF.adql is refused
//   errors   a file that cannot be used is left out and told of in problems(); the others go on
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/base/guarded.h"
#include "fs/browse/browse_template.h"
#include "fs/tree/config.h"

namespace esofs::fs {

class BrowseTemplates {
 public:
  using TemplatePtr = std::shared_ptr<const BrowseTemplate>;
  using Group =
      std::map<std::string, TemplatePtr>;  // by leaf; one leaf "" where the arguments end at the query

  struct Set {
    std::map<std::string, Group> groups;
    std::map<std::string, std::string> texts;  // by file name, those that cannot be used too
    std::vector<std::string> problems;         // one sentence a file
  };

  // Told once, whenever the files have changed, of each that cannot be used. May be empty.
  using Report = std::function<void(const Error& problem)>;

  BrowseTemplates(BrowseConfig archive, Report report);

  // As the directory is now. Never null.
  std::shared_ptr<const Set> current();

 private:
  // What tells that a file changed.
  struct Seen {
    std::filesystem::file_time_type time;
    std::uintmax_t size = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  using Files = std::map<std::string, Seen>;  // by name

  Files files() const;
  std::shared_ptr<const Set> read(const Files& files) const;
  // whole: the groups that a GROUP.adql of the user makes.
  void add(Set& set, const std::string& file, const std::string& text,
           const std::set<std::string>& whole) const;

  const BrowseConfig archive_;
  const Report report_;
  struct State {
    Files files;
    std::shared_ptr<const Set> set;
  };
  Guarded<State> state_;
};

}  // namespace esofs::fs
