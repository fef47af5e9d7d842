// The fixed fields of a request to a described service: constants of the descriptor, and references to the table beside it.
//
//   shapes   names and values as the descriptor has them, not encoded
//   errors   EIO for a reference to something that the table does not have
//   threads  pure functions
//   source   DataLink 1.1 section 4
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::client {

using Fields = std::vector<std::pair<std::string, std::string>>;

// A PARAM of a descriptor of this document, or one of its constants beside the inputs ("accessURL"); "" if there is none.
std::string param(const ServiceDescriptor& service, const std::string& name);

// Filters of the standard are set by the caller, whatever value the descriptor gives: astropy writes an empty one as "0 0 0".
bool is_filter(const ServiceParam& p);

// The value to send for an input that is not a filter; "" for none. link: the row of links.rows whose cells the references
// mean; nullptr: the first.
Result<std::string> fixed_value(const ServiceParam& p, const Link* link, const Links& links);

// The URL of the further DataLink answer that a row leads to: its own, or that of the service that it names (ALMA); "" for none.
std::string further_links(const Links& links, const Link& link);

}  // namespace esofs::client
