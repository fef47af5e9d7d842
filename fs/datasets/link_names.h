// Where a DataLink row has its place below datasets/<dp_id>/, and under which names.
//
//   shapes   one directory for each kind of semantics; the files of a directory have names that differ, also in their
//            portable form
//   threads  pure functions
//   source   DataLink 1.1 section 3.2.6 and the vocabulary http://www.ivoa.net/rdf/datalink/core; ESO's terms:
//            client/ESO.md, "Terms"
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "client/model/model.h"

namespace esofs::fs {

// The directories of well-known semantics, in the order in which they are listed.
inline constexpr std::array<std::string_view, 5> kLinkDirectories{"preview", "auxiliary", "progenitors",
                                                                  "derived", "documentation"};

// The directory of a link's file: one of kLinkDirectories, one named after the term where it is another, or "" where its
// file has its place elsewhere (the dataset itself, what calSelector tells, its night log, services).
std::string link_directory(std::string_view semantics);

// Whether `name` may be the directory of a term that is not well known: what old tools try is not.
bool may_name_a_term(std::string_view name);

bool is_night_log(std::string_view semantics);

// The extension of a link's file, by its content type, else its original name, else its URL: ".fits", ".png"; "" unknown.
std::string link_extension(const client::Link& link);

// The last part of a URL's path, decoded, where it is a file name with an extension; "" where it is none (…/preview?format=…).
std::string name_in_url(std::string_view url);

// The same where it is no file name, but tells one file of many apart: there is a number in it, and no query behind it.
std::string id_in_url(std::string_view url);

}  // namespace esofs::fs
