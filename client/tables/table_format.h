// TableFormat: the forms in which a table can be had beside the VOTable that a service sent.
//
//   threads  plain functions
//   source   client/README.md, "Tables in other forms"
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esofs::client {

enum class TableFormat : std::uint8_t { kCsv, kTsv, kJson, kFits, kText };

inline constexpr std::array kTableFormats{TableFormat::kCsv, TableFormat::kTsv, TableFormat::kJson,
                                          TableFormat::kFits, TableFormat::kText};

// ".csv", ".tsv", ".json", ".fits", ".txt".
constexpr std::string_view extension(TableFormat format) {
  switch (format) {
    case TableFormat::kCsv:
      return ".csv";
    case TableFormat::kTsv:
      return ".tsv";
    case TableFormat::kJson:
      return ".json";
    case TableFormat::kFits:
      return ".fits";
    case TableFormat::kText:
      break;
  }
  return ".txt";
}

// The format of an extension; nullopt for any other.
constexpr std::optional<TableFormat> format_of_extension(std::string_view text) {
  for (const TableFormat format : kTableFormats) {
    if (extension(format) == text) return format;
  }
  return std::nullopt;
}

}  // namespace esofs::client
