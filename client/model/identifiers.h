// Identifiers: which names are identifiers of an archive, and what follows from one alone, by the patterns of its profile.
//
//   shapes   an id may come in the portable form, with '_' for the ':' of its time; canonical() maps it back
//   threads  thread-safe
//   source   client/ESO.md, "Identifiers"
#pragma once

#include <regex>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/base/guarded.h"
#include "client/model/model.h"
#include "client/model/profile.h"

namespace esofs::client {

class Identifiers {
 public:
  explicit Identifiers(Profile profile);

  bool valid(const std::string& id) const;
  // Whether an id can be told from other names by its form: there are patterns, and they do not accept just any name.
  bool known_by_form() const noexcept { return known_by_form_; }
  bool raw(const std::string& id) const;  // lives in the profile's raw_table
  // "ADP.2018-06-21T20:32:57.736" of "ADP.2018-06-21T20_32_57.736"; other texts unchanged.
  static std::string canonical(std::string id);

  // What the form of an id shows: its extension.
  static Dataset named(const std::string& id);
  // What the patterns make of an id, valid or not: its URL is "" without a pattern.
  Dataset dataset(const std::string& id) const;
  std::string links_url(const std::string& id) const;  // "" if there is none

  // The file of a dataset whose DataLink is the one of the pattern, by the file's pattern; "" for others.
  std::string likely_url(const Dataset& dataset) const;

  // What an access_url is by the patterns' beginnings, http and https alike; kUnknown if they do not match.
  AccessKind kind_of_url(const std::string& url) const;

  // What a URL is by the patterns, and whose: the id is set if it is valid.
  KnownUrl known_url(const std::string& url) const;

  // The access_url of a dataset. If a pattern makes that URL of the id, http and https alike, the URL by the first pattern: all
  // of these lead to one file.
  std::string canonical_url(const Dataset& dataset) const;

  const Profile& profile() const noexcept { return profile_; }

 private:
  const Profile profile_;
  const std::vector<std::regex> ids_;
  const std::vector<std::regex> raw_ids_;
  const std::vector<std::regex> file_ids_;
  // What valid() said of ids lately: a listing of many files asks for each name, and std::regex is slow.
  mutable Guarded<std::unordered_map<std::string, bool>> seen_;
  const bool known_by_form_;
};

// The name of a dataset's file without its extension: the id itself, or of a URI the last part of its path or query:
// "z" of "ivo://auth/path?x/y/z.fits". A FITS extension is left out.
std::string file_stem(const std::string& id);

}  // namespace esofs::client
