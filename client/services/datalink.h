// Requests DataLink answers, and finds the file that they are about.
//
//   shapes   rows in the order of the answer; texts verbatim, URLs made absolute
//   errors   links_error() has the table for error rows; EFBIG above kMostLinksBytes; else as parse_links()
//   threads  thread-safe: holds no state of its own
//   source   DataLink 1.1; client/ESO.md, "DataLink"
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/http/http.h"
#include "client/model/model.h"

namespace esofs::client {

constexpr std::uint64_t kMostLinksBytes =
    64ULL << 20U;  // a raw frame of a survey has some thousand progenitors: 2 MB

// The error of an answer that has only error rows; success for every other answer.
Result<void> links_error(const Links& links, const std::string& url);

// True for "application/x-votable+xml;content=datalink" with parameters in any order, case and quoting.
bool is_datalink_type(std::string_view content_type);

// True if `semantics` is the core term: "#this", "this", or the full URI of the vocabulary.
bool has_semantics(const Link& link, std::string_view core_term);

class DataLink {
 public:
  // http and placeholder_lengths outlive it.
  DataLink(HttpClient& http, const std::vector<std::uint64_t>& placeholder_lengths)
      : http_(http), placeholder_lengths_(placeholder_lengths) {}

  // The URL is sent as it is given.
  Result<Links> links(const std::string& url, Lane::Turn& turn) const;

  struct Found {
    FileSource source;
    std::optional<Links> links;  // the first answer met on the way
  };
  // The #this file of the DataLink answer at `url`, also if it only leads to another answer. id: whose file, if the
  // answer describes several. FITS is preferred, even if only a further answer names it beside a package of it (ALMA).
  // A URL that cannot be fetched, because of its scheme, is returned only if the id has no other.
  // ENOENT if it names no file. A FITS file that was announced as DataLink is taken as the file.
  Result<Found> file(const std::string& url, const std::string& id, Lane::Turn& turn) const;

  // The #this file that an answer names itself; nullopt if it leads to another answer first, or to nothing that can be fetched.
  static std::optional<FileSource> direct_file(const Links& links, const std::string& id);

  // Like file(), but `url` may be the file itself: one request decides, and only the beginning of its answer is read.
  Result<Found> file_or_links(const std::string& url, const std::string& id, Lane::Turn& turn) const;

 private:
  struct Asked {
    std::optional<Links> links;  // none: it is a FITS file
    FileSource file;
  };
  Result<Asked> ask(const std::string& url, Lane::Turn& turn) const;  // EBADMSG: it is neither
  Result<Found> follow(Links links, const std::string& url, const std::string& id, Lane::Turn& turn) const;
  // seen: the URLs of the answers that led here.
  Result<FileSource> file_of(const Links& links, const std::string& url, const std::string& id,
                             std::set<std::string>& seen, Lane::Turn& turn) const;
  Result<FileSource> file_behind(const Link& link, const std::string& url, const std::string& id,
                                 std::set<std::string>& seen, Lane::Turn& turn) const;

  HttpClient& http_;
  const std::vector<std::uint64_t>& placeholder_lengths_;
};

}  // namespace esofs::client
