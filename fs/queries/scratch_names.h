// Which names can be written in the directory of a query: query.adql, positions.csv, and what editors make beside them while
// they save.
// All other names are read-only there, so that programs which work in such a directory meet what they meet on a read-only disk.
//
//   source   the manuals of the editors: vim (swap-file, backup, and its test file 4913), nano (-B, emergency save), GNU Emacs
//            (Auto Save Files, Interlocking), sed -i, Qt's QSaveFile and Kate's swap files, GIO's g_file_replace(), mcedit
//   threads  pure functions
#pragma once

#include <string>
#include <string_view>

namespace esofs::fs {

inline constexpr std::string_view kQueryFile = "query.adql";

// A name that an editor of these files gives to a file or symbolic link of its own; not the files themselves.
bool scratch_name(std::string_view name);

// The query that is meant by the name of a file that cannot be made: "uves9" by "uves9.sql". "": none.
std::string query_meant(const std::string& name);

// "write queries/uves9.adql, or mkdir queries/uves9 and …", for a name as above.
std::string how_to_make_query(const std::string& name);

}  // namespace esofs::fs
