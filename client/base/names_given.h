// NamesGiven: names that differ from all that were given before. The second file of one name is X-2.fits.
//
//   threads  for one thread at a time
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace esofs {

class NamesGiven {
 public:
  // Which names are the same (they have one key), and what the second of a name is called.
  struct Rule {
    std::string (*key)(std::string_view name);
    std::string (*numbered)(std::string_view name, unsigned number);
  };

  // Names differ also in their portable form and are numbered as client/base/safe_name.h says.
  NamesGiven();
  explicit NamesGiven(Rule rule) : rule_(rule) {}

  // Nothing is called `name` from here on.
  void reserve(std::string_view name) { given_.try_emplace(rule_.key(name), 1U); }

  // The safe form of what a server says, with a number if that is given already.
  std::string give(std::string_view wanted);

 private:
  Rule rule_;
  std::unordered_map<std::string, unsigned> given_;  // key → the number given last
};

}  // namespace esofs
