// Requests the calibrations of a raw observation from calSelector.
//
//   errors   EACCES, ENOENT, EIO … by http_error.h; else as parse_associations(); EFBIG above kMostAssociationsBytes.
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

// "Raw2Raw", "Raw2Master".
std::string mode_name(CalibrationMode mode);

// The URL that asks `base` (profile's calselector_url) for the calibrations of an id, as ESO's DataLink writes it.
std::string calselector_url(const std::string& base, const std::string& id, CalibrationMode mode);

// The access_url of the row that leads from an observation to its calibrations; "" if the answer has none.
std::string calselector_url(const Links& links, CalibrationMode mode);

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
