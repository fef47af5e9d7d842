// DataLink answers: asked for, and searched for the file that they are about.
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

// The failure that an answer of nothing but error rows is; success for every other.
Result<void> links_error(const Links& links, const std::string& url);

// True for "application/x-votable+xml;content=datalink" with parameters in any order, case and quoting.
bool is_datalink_type(std::string_view content_type);

// True where `semantics` is the core term: "#this", "this", or the full URI of the vocabulary.
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
  // The #this file of the DataLink answer at `url`, through answers that only lead to another. id: whose file, where the
  // answer tells of several. FITS is preferred, also where only a further answer names it beside a package of it (ALMA).
  // A URL that cannot be fetched, by its scheme, is given only where there is no other of the id.
  // ENOENT where it names no file. What is FITS though it was announced as DataLink is the file.
  Result<Found> file(const std::string& url, const std::string& id, Lane::Turn& turn) const;

  // As file(), where `url` may be the file itself: one request tells, of which no more than the beginning is read.
  Result<Found> file_or_links(const std::string& url, const std::string& id, Lane::Turn& turn) const;

 private:
  struct Asked {
    std::optional<Links> links;  // none: it is a FITS file
    FileSource file;
  };
  Result<Asked> ask(const std::string& url, Lane::Turn& turn) const;  // EBADMSG for what is neither
  Result<Found> follow(Links links, const std::string& url, const std::string& id, Lane::Turn& turn) const;
  // seen: the URLs of the answers that have led here.
  Result<FileSource> file_of(const Links& links, const std::string& url, const std::string& id,
                             std::set<std::string>& seen, Lane::Turn& turn) const;
  Result<FileSource> file_behind(const Link& link, const std::string& url, const std::string& id,
                                 std::set<std::string>& seen, Lane::Turn& turn) const;

  HttpClient& http_;
  const std::vector<std::uint64_t>& placeholder_lengths_;
};

}  // namespace esofs::client
