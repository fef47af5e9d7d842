// BrowseTemplate: a query with typed placeholders, read from a file, and the directories that its arguments make.
//
//   # cone.raw.adql: browse/cone/<ra>_<dec>_<radius>/raw/
//   -- Raw frames whose footprint touches a circle.
//   -- path: {ra:ra}_{dec:dec}_{radius:radius}
//   SELECT * FROM dbo.raw WHERE INTERSECTS(s_region, CIRCLE('ICRS', {ra}, {dec}, {radius})) = 1
//
//   shapes   the file's name is GROUP.adql or GROUP.LEAF.adql. Comments at the beginning may hold directives:
//            `-- path:` names the placeholders with their types, one directory for each part between '/'; without it each
//            placeholder is a directory of its own, in the order of the text. The last one may have a default,
//            `{radius:radius=3arcmin}`: then it and the text before it may be left out of the name, and if it is given,
//            it has its unit.
//            `-- list NAME: ADQL` lists the values of a text placeholder: the first column of the answer.
//            `-- near NAME: ADQL` lists values near the argument; if the answer is empty, it decides whether the argument
//            exists at all. `-- without NAME: ADQL` is the query if the directory of NAME is left out of the path.
//            `-- recent NAME: ADQL` gives the latest times for which there are data, for the README.txt above a night.
//            `-- narrow: COLUMN` makes directories below that of the query: NAME/ is the same query with AND COLUMN = 'NAME'. It
//            must end in conditions that are joined by AND.
//            The directives of saved queries are allowed; with `-- service: ssap` the text is the parameters of an SSAP query.
//            Placeholders: {name}, {name:type}, {name.member}; types in fs/browse/browse_arguments.h
//   safety   a number is written as a number, a text as an ADQL literal with doubled quotes; for SSAP both are
//            percent-encoded. A placeholder inside a literal or a quoted name is refused, so no argument can change the
//            structure of the query
//   errors   EINVAL with the file's name, the line and the nearest valid word
//   threads  immutable
//   source   fs/SEMANTICS.md, "Templates"
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"
#include "fs/browse/browse_arguments.h"

namespace esofs::fs {

class BrowseTemplate {
 public:
  using Arguments = std::map<std::string, Argument>;  // by placeholder

  // file: "cone.raw.adql". The text is untrusted.
  static Result<BrowseTemplate> parse(const std::string& file, const std::string& text);

  const std::string& file() const noexcept { return file_; }
  const std::string& text() const noexcept { return text_; }
  const std::string& group() const noexcept { return group_; }
  const std::string& leaf() const noexcept {
    return leaf_;
  }  // "": the last argument is the query's directory
  const std::string& title() const noexcept { return title_; }  // the first comment; ""
  std::string form() const;                                     // "<ra>_<dec>_<radius>"
  // The part of the form that is one directory, and a name of this form. REQUIRES: level < depth().
  std::string form_at(std::size_t level) const;
  std::string example(std::size_t level) const;
  std::string path_text() const { return path_; }  // two leaves of one group have one path
  bool names_objects() const noexcept { return names_objects_; }
  // The column that a directory below the query's chooses a value of; "": there are no such directories.
  const std::string& narrow() const noexcept { return narrow_; }

  std::size_t depth() const noexcept { return components_.size(); }
  // The arguments in the name of a directory of this depth, or nullopt. REQUIRES: level < depth().
  std::optional<Arguments> match(std::size_t level, const std::string& name) const;
  // Why match() does not take the name, in words for the user who typed it; "" if it does. REQUIRES: level < depth().
  std::string fault(std::size_t level, const std::string& name) const;
  // How a list of visited names shows the arguments that match() gave; "": not at all.
  std::string shown_name(std::size_t level, const Arguments& arguments) const;

  // The placeholder that is the whole name at this depth, and the ADQL that lists its values.
  struct ListedValues {
    std::string placeholder;
    std::string adql;
  };
  std::optional<ListedValues> list(std::size_t level) const;

  // For an answer without rows: the values that exist, and the argument that should be among them.
  struct ExistingValues {
    std::string placeholder;
    std::string adql;
    std::string wanted;  // the argument; of a programme, what the value must begin with
    bool programme = false;
  };
  std::vector<ExistingValues> existing(const Arguments& arguments) const;
  // The query for the latest times of a night at this depth; "": the template has none. REQUIRES: the arguments above it.
  std::string recent(std::size_t level, const Arguments& arguments) const;
  // The template that takes over if the directory of this depth is left out; nullptr: it must be there.
  std::shared_ptr<const BrowseTemplate> without(std::size_t level) const;

  // The text of query.adql. REQUIRES: all arguments, objects resolved.
  std::string fill(const Arguments& arguments) const;

 private:
  struct Placeholder {
    ArgumentType type = ArgumentType::kText;
    std::string default_value;  // ""
  };
  // A text, or a placeholder's value.
  struct Piece {
    std::string text;
    std::string placeholder;  // "": text
    std::string member;
  };
  struct Component {
    std::vector<Piece> pieces;
    std::regex pattern;
  };
  class Reader;

  BrowseTemplate() = default;

  std::string file_, text_, group_, leaf_, title_, path_, narrow_;
  std::map<std::string, Placeholder> placeholders_;
  std::vector<Component> components_;
  std::map<std::string, std::string> lists_;                                     // placeholder → ADQL
  using Derived = std::map<std::string, std::shared_ptr<const BrowseTemplate>>;  // by placeholder
  Derived near_;
  Derived without_;
  Derived recent_;
  std::vector<std::string> head_;  // comment lines that query.adql begins with
  std::vector<Piece> body_;
  bool url_parameters_ = false;  // the text is for SSAP
  bool names_objects_ = false;
};

}  // namespace esofs::fs
