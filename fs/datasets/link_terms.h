// The directory below datasets/<dp_id>/ that a DataLink row belongs in, by its semantics. Who decides what of a link:
//
//   link_terms       which directory, by the term of its semantics
//   link_file_names  the name and the extension of one file, by its type, original name or URL
//   link_table       which rows of an answer are files, further lists or errors; the names in one directory
//   link_directory   the node of such a directory: when the archive is asked
//   link_file        the node of such a file
//   links_json       the text of links.json
//
//   shapes   one directory for each kind of semantics
//   threads  pure functions
//   source   DataLink 1.1 section 3.2.6 and the vocabulary http://www.ivoa.net/rdf/datalink/core; ESO's terms:
//            client/ESO.md, "Terms"
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace esofs::fs {

// The directories of well-known terms, in the order in which they are listed.
inline constexpr std::array<std::string_view, 5> kLinkDirectories{"preview", "auxiliary", "progenitors",
                                                                  "derived", "documentation"};

// One of kLinkDirectories; for any other term a directory named after it. "": such a row has no directory, because
// its file is shown elsewhere (the dataset itself, calibrations, the night log, services).
std::string link_directory(std::string_view semantics);

// Whether `name` may be the directory of some term. False for the names that old tools try.
bool may_name_a_term(std::string_view name);

bool is_night_log(std::string_view semantics);

}  // namespace esofs::fs
