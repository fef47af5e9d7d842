// What a service descriptor asks for without asking anybody: its constants, and its references into the table beside it.
//
//   shapes   names and values as the descriptor has them, not encoded
//   errors   EIO for a reference to what the table does not have
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

// A PARAM of a descriptor of this document, or one of its constants beside the inputs ("accessURL"); "" where there is none.
std::string param(const ServiceDescriptor& service, const std::string& name);

// The standard's filters are the asker's, even where a writer gave them a value: astropy writes an empty one as "0 0 0".
bool is_filter(const ServiceParam& p);

// What is to be sent for an input that is no filter; "" nothing. link: the row whose cells references mean; nullptr: the
// first. It is one of links.rows.
Result<std::string> fixed_value(const ServiceParam& p, const Link* link, const Links& links);

// The further DataLink answer that a row leads to: by its own URL, or by the service that it names (ALMA); "" where it leads
// to none.
std::string further_links(const Links& links, const Link& link);

}  // namespace esofs::client
