// calSelector: the calibrations of a raw observation, asked for and read from each form that such answers come in.
//
//   shapes   a VOTable of DataLink's columns, an association tree (XML), or several of them in a multipart body; where an
//            answer is of several observations, the one asked for is taken
//   errors   EACCES, ENOENT, EIO … by http_error.h; EBADMSG: no such answer; EFBIG above kMost….
//            "No association could be established: …" is an answer, without files
//   threads  thread-safe: holds no state of its own
//   source   client/ESO.md, "calSelector"
#pragma once

#include <cstdint>
#include <string>

#include "client/http/http.h"
#include "client/model/identifiers.h"
#include "client/services/associations.h"

namespace esofs::client {

constexpr std::uint64_t kMostAssociationsBytes = 32ULL << 20U;
constexpr std::size_t kMostCalibrations = 20'000;
constexpr int kMostAssociationDepth = 64;

// "Raw2Raw", "Raw2Master".
std::string mode_name(CalibrationMode mode);

// The URL that asks `base` (profile's calselector_url) for the calibrations of an id, as ESO's DataLink writes it.
std::string calselector_url(const std::string& base, const std::string& id, CalibrationMode mode);

// The access_url of the row that leads from an observation to its calibrations; "" where the answer has none.
std::string calselector_url(const Links& links, CalibrationMode mode);

// document: an answer's body; content_type: its header. url: what was asked. id: of the observation.
Result<Associations> parse_associations(const std::string& document, const std::string& content_type,
                                        const std::string& url, const std::string& id,
                                        const Identifiers& ids);

class CalSelector {
 public:
  // Both outlive it.
  CalSelector(HttpClient& http, const Identifiers& ids) : http_(http), ids_(ids) {}

  Result<Associations> associations(const std::string& url, const std::string& id, Lane::Turn& turn) const;

 private:
  HttpClient& http_;
  const Identifiers& ids_;
};

}  // namespace esofs::client
