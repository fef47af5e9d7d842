#include "cache/listings/listing.h"

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

Result<std::optional<Listing::Entry>> Listing::find_id(const std::string& id) const {
  return only(find(entry_stem(id) + ".fits"), [&](const Entry& entry) { return entry.dataset.id == id; });
}

Result<std::optional<Listing::Entry>> Listing::find_directory(const std::string& name) const {
  return only(find(name + ".fits"), [&](const Entry& entry) { return in_directory(entry, name); });
}

}  // namespace esofs::cache
