// SodaDescriptor: a cutout service as the DataLink answer of a dataset describes it: which parameters it takes, which are
// fixed, and how far the dataset reaches.
//
//   shapes   refers to a Links, which outlives it
//   units    those of the PARAMs; converted
//   errors   EIO for a descriptor that cannot be used as it is written
//   threads  pure functions
//   source   DataLink 1.1 section 4, SODA 1.0 section 3.2; client/ESO.md, "Service descriptor"
#pragma once

#include <optional>
#include <string>

#include "client/base/result.h"
#include "client/model/cutout_spec.h"
#include "client/model/model.h"
#include "client/services/service_fields.h"

namespace esofs::client {

struct SodaDescriptor {
  const ServiceDescriptor* service = nullptr;
  const Link* link = nullptr;  // the row that names it; nullptr: none does
  bool by_job = false;
};

// The service to cut `id` with. A service with a constant ID that is neither this dataset's nor its file's comes last (it may
// cut another dataset); else synchronous before asynchronous, #cutout rows of this id before others, and of equal ones one
// whose constant ID is the #this row's file. nullopt: none.
std::optional<SodaDescriptor> find_cutout_service(const Links& links, const std::string& id);

CutoutOffer offer_of(const SodaDescriptor& descriptor);

// All that is to be sent, names as the descriptor spells them. REQUIRES: check_cutout(spec, offer_of(descriptor)).
Result<Fields> cutout_fields(const SodaDescriptor& descriptor, const Links& links, const CutoutSpec& spec);

// The same for a service without descriptor: ID and the standard's own parameters.
Fields plain_cutout_fields(const std::string& id, const CutoutSpec& spec);

}  // namespace esofs::client
