// BrowseTemplates: the built-in templates and the user's own, which are read again whenever their directory has changed.
//
//   shapes   a group is all templates GROUP.LEAF.adql of one first word; they have the same path. A file of the user
//            replaces the built-in one of the same name, and GROUP.adql replaces the whole group; then GROUP.LEAF.adql is
//            refused
//   errors   a file that cannot be used is left out and reported in Set::problems; the others are used
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
    std::map<std::string, std::string> texts;  // by file name, also of files that cannot be used
    std::vector<std::string> problems;         // one sentence a file
  };

  // Called for each file that cannot be used, whenever the files have changed. May be empty.
  using Report = std::function<void(const Error& problem)>;

  BrowseTemplates(BrowseConfig archive, Report report);

  // The templates as the directory is now. Never null.
  std::shared_ptr<const Set> current();

 private:
  // Differs if a file has changed.
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
