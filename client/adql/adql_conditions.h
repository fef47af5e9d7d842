// The conditions of a query with one SELECT, so that they can be asked for one by one.
//
//   shapes   the texts are as they are written, without blanks at their ends; a condition that holds an OR is one condition
//   threads  plain functions
//   source   ADQL 2.1 section 2.1 (query_specification, where_clause)
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esofs::client {

// What a condition COLUMN = 'TEXT' compares.
struct TextEquality {
  std::string column;  // as it is written: target_name, o."Name"
  std::string value;
};

struct Conditions {
  std::string tables;             // what is between FROM and WHERE
  std::vector<std::string> each;  // joined by AND; at least one
  bool grouped = false;           // GROUP BY or HAVING follow
  // Where in the query the conditions are: all that is behind WHERE.
  std::size_t begin = 0;
  std::size_t end = 0;
};

// nullopt: a query of another form: with UNION, without WHERE, not a SELECT.
std::optional<Conditions> conditions_of(std::string_view adql);

std::optional<TextEquality> text_equality(std::string_view condition);

// Conditions that are all to hold, joined.
std::string all_of(const std::vector<std::string>& conditions);

}  // namespace esofs::client
