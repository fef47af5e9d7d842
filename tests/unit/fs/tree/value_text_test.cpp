#include "fs/tree/value_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace esofs::fs {
namespace {

using client::Value;
using client::ValueArray;

TEST(ValueText, NumbersAreInTheirShortestExactForm) {
  EXPECT_EQ(value_text(Value{0.1F}), "0.1");
  EXPECT_EQ(value_text(Value{0.1}), "0.1");
  EXPECT_EQ(value_text(Value{std::int64_t{-5}}), "-5");
  EXPECT_EQ(value_text(Value{true}), "true");
  EXPECT_EQ(value_text(Value{std::string("MUSE")}), "MUSE");
  EXPECT_EQ(value_text(Value{}), "");
  EXPECT_EQ(value_text(Value{ValueArray{Value{1.5}, Value{std::int64_t{2}}}}), "1.5 2");
  EXPECT_EQ(value_text(Value{std::complex<double>(1, -2)}), "1 -2");
}

TEST(RowJson, NumbersAreNumbersAndNullIsNull) {
  cache::NamedRow row;
  for (const char* name : {"dp_id", "s_ra", "t", "n", "none", "nan", "list", "ok"}) {
    row.columns.emplace_back();
    row.columns.back().name = name;
  }
  row.row = {Value{std::string("A\"B\xff")},         Value{83.82}, Value{0.1F},
             Value{std::int64_t{9007199254740993}},  Value{},      Value{std::nan("")},
             Value{ValueArray{Value{1.0}, Value{}}}, Value{false}};
  EXPECT_EQ(row_json(row),
            "{\n"
            "  \"dp_id\": \"A\\\"B\xef\xbf\xbd\",\n"
            "  \"s_ra\": 83.82,\n"
            "  \"t\": 0.1,\n"
            "  \"n\": 9007199254740993,\n"
            "  \"none\": null,\n"
            "  \"nan\": null,\n"
            "  \"list\": [\n    1.0,\n    null\n  ],\n"
            "  \"ok\": false\n"
            "}\n");
}

}  // namespace
}  // namespace esofs::fs
