#include "cache/listings/listing.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "cache/listings/entry_name.h"
#include "client/base/safe_name.h"

namespace esofs::cache {

bool Listing::in_directory(const Entry& entry, const std::string& name) {
  const std::string own = directory_name(entry.name, entry.dataset.extension);
  return own == name || portable_name(own) == name;
}

Result<std::optional<Listing::Entry>> Listing::only(Result<std::optional<Entry>> found,
                                                    const std::function<bool(const Entry&)>& right) {
  if (found && *found && !right(**found)) found->reset();
  return found;
}

Error Listing::not_kept() const {
  const int code = keeping_failure();
  const std::string why = code == 0
                              ? "the cache disk was full or read-only"
                              : "writing to the cache disk failed: " + std::generic_category().message(code);
  const std::string first = code == EROFS    ? "set cache_dir to a disk that can be written"
                            : code == ENOSPC ? "make room on it, or set another cache_dir"
                                             : "mend that, or set another cache_dir";
  return {ENODATA, "the answer of this query was not kept, because " + why + "; " + first +
                       ", then `touch query.adql`"};
}

Result<std::vector<std::uint64_t>> Listing::rows_after(std::string_view name, std::size_t most) const {
  std::vector<std::pair<std::string, std::uint64_t>> names;
  const std::string after = portable_name(name);
  auto visited = entries(0, [&](const Entry& entry) {
    std::string portable = portable_name(entry.name);
    if (portable > after) names.emplace_back(std::move(portable), entry.row);
    return true;
  });
  if (!visited) return visited.error();
  std::sort(names.begin(), names.end());
  std::vector<std::uint64_t> rows;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) rows.push_back(names[i].second);
  return rows;
}

Result<std::optional<Listing::Entry>> Listing::find_id(const std::string& id) const {
  return only(find(entry_stem(id) + ".fits"), [&](const Entry& entry) { return entry.dataset.id == id; });
}

Result<std::optional<Listing::Entry>> Listing::find_directory(const std::string& name) const {
  return only(find(name + ".fits"), [&](const Entry& entry) { return in_directory(entry, name); });
}

}  // namespace esofs::cache
