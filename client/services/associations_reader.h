// Reads the calibrations of a raw observation from every form of answer: a VOTable with DataLink's columns, an association
// tree (XML), or several of them in a multipart body.
//
//   shapes   if an answer is about several observations, only the requested one is read
//   errors   EBADMSG: not such an answer; EFBIG above kMostCalibrations. "No association could be established: …" is an answer,
//            without files
//   threads  pure functions
//   source   client/ESO.md, "calSelector"
#pragma once

#include <cstddef>
#include <string>

#include "client/base/result.h"
#include "client/model/identifiers.h"
#include "client/services/associations.h"

namespace esofs::client {

constexpr std::size_t kMostCalibrations = 20'000;
constexpr int kMostAssociationDepth = 64;

// document: an answer's body; content_type: its header. url: what was asked. id: of the observation.
Result<Associations> parse_associations(const std::string& document, const std::string& content_type,
                                        const std::string& url, const std::string& id,
                                        const Identifiers& ids);

}  // namespace esofs::client
