// BrowseTemplate::Reader: reads the text of one template. Each function returns what is wrong: EINVAL with the file and line.
//
//   threads  used by one thread
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"
#include "fs/browse/browse_template.h"

namespace esofs::fs {

class BrowseTemplate::Reader {
 public:
  explicit Reader(BrowseTemplate& made) : made_(made) {}
  Result<void> read();

 private:
  struct Query {
    std::string adql;
    std::size_t line = 0;
  };
  struct Queries {
    std::string word;
    std::map<std::string, Query> by_placeholder;
  };

  Error wrong(std::size_t line, const std::string& what) const;
  Result<void> read_name();
  // The comments at the beginning.
  Result<void> read_head();
  Result<void> read_comment(std::string_view whole);
  // Reads "name", "name:type", "name:type=default" or "name.member" up to the }. `at` is behind the {.
  Result<Piece> read_placeholder(std::string_view text, std::size_t& at, std::size_t line, bool in_path);
  static std::string nearest_type(const std::string& word);
  Result<void> read_path();
  Result<void> read_component(std::string_view text, Component& component, std::vector<std::string>& seen);
  Result<void> make_pattern(Component& component);
  bool has_default(const Piece& piece) const;
  // The ADQL: texts and placeholders. Comments stay as they are.
  Result<void> read_body();
  // Without -- path: each placeholder is a directory.
  void path_of_each_placeholder();
  Result<void> check();
  bool is_of_type(const std::string& name, const std::vector<ArgumentType>& types) const;
  // The queries of -- near and -- without are templates of the same placeholders.
  Result<void> derive();
  std::string path_without(std::size_t level) const;
  Result<std::shared_ptr<const BrowseTemplate>> derived(const std::string& path,
                                                        const std::string& directives, const Query& query,
                                                        const std::string& what) const;
  BrowseTemplate& made_;
  std::size_t line_ = 1;
  std::size_t body_at_ = 0;
  std::size_t body_line_ = 1;
  std::optional<std::size_t> path_line_;
  Queries list_{"list", {}};
  Queries near_{"near", {}};
  Queries without_{"without", {}};
  Queries recent_{"recent", {}};
  std::string directives_;          // lines
  std::vector<std::string> order_;  // of placeholders, as they first came
};

}  // namespace esofs::fs
