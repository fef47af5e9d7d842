// Documents that several tests of VotableReader read.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/client/votable/support.h"

namespace esofs::client::tests {

// One table of two rows with a cell of every layout and a null of each kind, in three serialisations.
std::string as_tabledata();
std::string as_binary();
std::string as_binary2();

// Its rows as Recorder writes them down; BINARY2 makes the last cell of the second row null, too.
extern const char* const kFirstRow;
extern const char* const kSecondRow;
extern const char* const kSecondRowFlagged;

// A DataLink answer: a results table and two service descriptors, statuses before and after.
std::string datalink();

std::vector<std::string> row_lines(const Reading& reading);

}  // namespace esofs::client::tests
