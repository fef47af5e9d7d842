#include "fs/kernel/size_ahead.h"

#include <algorithm>

namespace esofs::fs {

void SizeAhead::begin(std::uint64_t directory) {
  auto listings = listings_.lock();
  std::erase_if(*listings, [directory](const Listing& listing) { return listing.directory == directory; });
  listings->push_front({directory, {}});
  if (listings->size() > kMostDirectories) listings->pop_back();
}

void SizeAhead::listed(std::uint64_t directory, std::uint64_t ino) {
  auto listings = listings_.lock();
  const auto found = std::find_if(listings->begin(), listings->end(), [directory](const Listing& listing) {
    return listing.directory == directory;
  });
  if (found != listings->end()) found->files.push_back(ino);
}

bool SizeAhead::find(const Listings& listings, std::uint64_t ino, Place& place) {
  for (std::size_t i = 0; i < listings.size(); ++i) {
    const auto& [directory, files, expected, looks, asked] = listings[i];
    if (expected < files.size() && files[expected] == ino) {
      place = {i, expected};
      return true;
    }
    const auto found = std::find(files.begin(), files.end(), ino);
    if (found == files.end()) continue;
    place = {i, static_cast<std::size_t>(found - files.begin())};
    return true;
  }
  return false;
}

std::vector<std::uint64_t> SizeAhead::looked_at(std::uint64_t ino) {
  auto listings = listings_.lock();
  Place place{};
  if (!find(*listings, ino, place)) return {};
  Listing& listing = (*listings)[place.listing];
  if (listing.looks > 0 && listing.expected == place.file + 1) return {};  // again
  const std::size_t ahead = listing.looks == 0 ? 0
                            : listing.looks < 16
                                ? std::min<std::size_t>(std::size_t{1} << listing.looks, most_)
                                : most_;
  ++listing.looks;
  listing.expected = place.file + 1;
  // A jump begins again behind the file that was jumped to.
  const bool jump = listing.asked < place.file || listing.asked > place.file + 1 + most_;
  const std::size_t from = jump ? place.file + 1 : std::max(listing.asked, place.file + 1);
  const std::size_t to = std::min(place.file + 1 + ahead, listing.files.size());
  listing.asked = std::max(from, to);
  if (from >= to) return {};
  const auto begin = listing.files.begin();
  return {begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to)};
}

std::vector<std::uint64_t> SizeAhead::neighbours(std::uint64_t ino, std::size_t most) const {
  auto listings = listings_.lock();
  Place place{};
  if (!find(*listings, ino, place)) return {ino};
  const auto& files = (*listings)[place.listing].files;
  std::vector<std::uint64_t> found;
  for (std::size_t i = place.file; i < files.size() && found.size() < most; ++i) found.push_back(files[i]);
  for (std::size_t i = place.file; i-- > 0 && found.size() < most;) found.push_back(files[i]);
  return found;
}

}  // namespace esofs::fs
