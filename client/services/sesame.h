// Sesame: from the name of an object to its position, by the name resolver of CDS.
//
//   errors   ENOENT: every catalogue asked says that it knows no such object; EIO: one of them failed, or the answer is
//            not Sesame's; else as HttpClient. A failure never means that the name is unknown
//   threads  thread-safe: holds no state of its own
//   source   "Sesame name resolver", CDS: GET <service>/-ox/SNV?<name>, XML of sesame_4x.xsd; SNV asks SIMBAD, NED, VizieR
//            in turn until one knows the name
#pragma once

#include <string>

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/model/model.h"

namespace esofs::client {

class Sesame {
 public:
  // url: of the service with its options, to which "?<name>" is appended; "" if the profile has none. http outlives it.
  Sesame(HttpClient& http, std::string url) : http_(http), url_(std::move(url)) {}

  // name: as in a catalogue, with blanks.
  Result<SkyPosition> resolve(const std::string& name, Lane::Turn& turn) const;

 private:
  HttpClient& http_;
  const std::string url_;
};

// The position in a Sesame document. Errors as above; `name` is for their sentence.
Result<SkyPosition> parse_sesame(const std::string& document, const std::string& name);

}  // namespace esofs::client
