// Soda: cutouts, made by an archive's SODA service when they are asked for.
//
//   shapes   a FileSource whose request makes the file anew each time: no two answers are alike, none has a part
//   errors   ENOTSUP: there is no service; EINVAL: it does not take such a request; ENODATA: the dataset does not reach there
//            (HTTP 204, or by the descriptor without asking); EACCES, ENOENT, ETIMEDOUT, EIO as for files
//   threads  thread-safe: holds no state of its own. offer() and source() do not wait
//   source   SODA 1.0; DataLink 1.1 section 4; client/ESO.md, "Cutouts"
#pragma once

#include <string>

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/model/cutout_spec.h"
#include "client/model/model.h"
#include "client/model/requests.h"

namespace esofs::client {

class Soda {
 public:
  // fallback_url: a synchronous service for datasets whose DataLink answer describes none although it names one, or that
  // have no DataLink; "" none. http outlives it.
  Soda(HttpClient& http, std::string fallback_url) : http_(http), fallback_url_(std::move(fallback_url)) {}

  CutoutOffer offer(const Dataset& dataset, const Links* links) const;
  // REQUIRES: dataset.cutout is a canonical spec.
  Result<FileSource> source(const Dataset& dataset, const Links* links) const;

  // Until the answer begins, HttpSettings::cutout is the time for all attempts: a service that is busy is asked again.
  // A body is never asked for twice.
  Result<FileHead> fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn) const;

 private:
  bool falls_back(const Links* links) const;

  HttpClient& http_;
  const std::string fallback_url_;
};

// What a service says instead of a cutout.
Error soda_error(const HttpHead& head, const std::string& text);

}  // namespace esofs::client
