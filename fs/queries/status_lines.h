// The lines of status texts that describe a query: one "key: value" each.
//
//   threads  plain functions
#pragma once

#include <string>

#include "cache/catalog.h"

namespace esofs::fs {

// Nothing if the value is empty; control characters become blanks.
void status_line(std::string& text, const char* key, const std::string& value);

// The service that answered, else the one that is to be asked.
void service_lines(std::string& text, const cache::QueryState& state, const cache::QuerySpec& query);

// Why the last attempt failed, if it did.
void error_lines(std::string& text, const cache::QueryState& state);

}  // namespace esofs::fs
