// What the tests of VotableReader share: events written down as lines, documents made from parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/votable/votable.h"

namespace esofs::client::tests {

// Writes every event down, one a line; cells are separated by '|', null is "~", array items by ','.
class Recorder : public VotableEvents {
 public:
  std::vector<std::string> lines;
  std::vector<VotableTable> tables;
  std::vector<std::vector<Value>> rows;
  std::vector<QueryStatus> statuses;
  std::vector<ServiceDescriptor> services;
  std::optional<VotableInfo> info;
  std::uint64_t refuse_row = 0;  // from 1: this row is answered with ECANCELED

  Result<void> document(const VotableInfo& what) override;
  Result<void> table(const VotableTable& what) override;
  Result<void> row(std::span<const Value> row) override;
  Result<void> table_end(Serialization serialization, std::uint64_t row_count) override;
  Result<void> status(const QueryStatus& what) override;
  Result<void> service(const ServiceDescriptor& what) override;
};

std::string shown(const Value& value);
std::string shown(std::span<const Value> row);

struct Reading {
  Recorder events;
  std::optional<Error> error;
  std::uint64_t unparsable = 0;
};

// Reads a whole document, pushed in pieces of `piece` bytes.
Reading read(std::string_view document, std::size_t piece = 1U << 20U, VotableReader::Options options = {},
             std::uint64_t refuse_row = 0);

// `body` inside VOTABLE and RESOURCE type="results".
std::string votable(const std::string& body);
// `fields` and `data` inside a TABLE of such a document.
std::string table(const std::string& fields, const std::string& data);
// Cells of TABLEDATA; "" is an empty TD.
std::string tabledata(const std::vector<std::vector<std::string>>& rows);
// serialization: BINARY, BINARY2 or FITS.
std::string stream(const std::string& serialization, std::string_view bytes, std::size_t line_length = 76);

std::string base64(std::string_view bytes, std::size_t line_length = 76);
std::string gzip(std::string_view bytes);
// Big-endian.
template <class Number>
std::string be(Number number) {
  std::string bytes(sizeof(Number), '\0');
  std::uint64_t bits = static_cast<std::uint64_t>(number);
  for (std::size_t i = sizeof(Number); i-- > 0; bits >>= 8U) bytes[i] = static_cast<char>(bits & 0xFFU);
  return bytes;
}
std::string be(float number);
std::string be(double number);

}  // namespace esofs::client::tests
