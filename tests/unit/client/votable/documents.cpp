#include "tests/unit/client/votable/documents.h"

#include <cstdint>

namespace esofs::client::tests {
namespace {

constexpr const char* kFields =
    R"(<FIELD name="name" datatype="char" arraysize="6"/>
<FIELD name="n" datatype="short"><VALUES null="-99"/></FIELD>
<FIELD name="vec" datatype="int" arraysize="*"/>
<FIELD name="xy" datatype="float" arraysize="2"/>
<FIELD name="bits" datatype="bit" arraysize="10"/>
<FIELD name="ok" datatype="boolean"/>
<FIELD name="label" datatype="unicodeChar" arraysize="*"/>
<FIELD name="url" datatype="char" arraysize="20*"/>
<FIELD name="big" datatype="long"/>
)";

std::string first_row() {
  return std::string("NGC 1\0", 6) + be(std::int16_t{15}) + be(2) + be(1) + be(-2) + be(1.5F) + be(0.25F) +
         "\xB1\x80T" + be(2) + "\x03\xB1" + std::string("\0b", 2) + be(5) + "x?a=1" +
         be(std::int64_t{9007199254740993});
}
std::string second_row(std::int16_t n, char ok) {
  return std::string("M31\0\0\0", 6) + be(n) + be(0) + be(0.0F) + be(-1.0F) + std::string(2, '\0') + ok +
         be(0) + be(0) + be(std::int64_t{0});
}

}  // namespace

const char* const kFirstRow =
    R"(row "NGC 1"|15|[1,-2]|[1.5f,0.25f]|[1,0,1,1,0,0,0,1,1,0]|true|"αb"|"x?a=1"|9007199254740993)";
const char* const kSecondRow = R"(row "M31"|~|~|[0f,-1f]|[0,0,0,0,0,0,0,0,0,0]|~|~|~|0)";
const char* const kSecondRowFlagged = R"(row "M31"|~|~|[0f,-1f]|[0,0,0,0,0,0,0,0,0,0]|~|~|~|~)";

std::string as_tabledata() {
  return table(
      kFields,
      tabledata({{"NGC 1", "15", "1 -2", "1.5 0.25", "1011000110", "T", "αb", "x?a=1", "9007199254740993"},
                 {"M31", "-99", "", "0 -1", "0000000000", "?", "", "", "0"}}));
}
std::string as_binary() { return table(kFields, stream("BINARY", first_row() + second_row(-99, '?'))); }
std::string as_binary2() {
  return table(kFields,
               stream("BINARY2", std::string(2, '\0') + first_row() + "\x67\x80" + second_row(0, '\0')));
}

std::vector<std::string> row_lines(const Reading& reading) {
  std::vector<std::string> rows;
  for (const auto& line : reading.events.lines)
    if (line.starts_with("row ")) rows.push_back(line);
  return rows;
}

std::string datalink() {
  return votable(R"(<INFO name="QUERY_STATUS" value="OK">so far</INFO>
<PARAM name="around" datatype="char" arraysize="*" value="outer"/>
<TABLE name="links" ID="links"><GROUP name="g"><FIELDref ref="idcol"/></GROUP>
<FIELD name="ID" ID="idcol" datatype="char" arraysize="*" ucd="meta.id;meta.main"><DESCRIPTION> the id </DESCRIPTION></FIELD>
<FIELD name="size" datatype="long" unit="byte"/>
<PARAM name="inside" datatype="int" value="3"/>
<DATA><TABLEDATA><TR><TD>ivo://eso.org/ID?A&amp;B</TD><TD>8589934592</TD></TR><TR><TD/><TD/></TR></TABLEDATA></DATA>
</TABLE>
<INFO name="query_status" value="OVERFLOW"/>
</RESOURCE>
<RESOURCE type="meta" utype="adhoc:Service" ID="soda" name="cutout">
<PARAM name="standardID" datatype="char" arraysize="*" value="ivo://ivoa.net/std/SODA#sync-1.0"/>
<PARAM name="accessURL" datatype="char" arraysize="*" value="http://archive/soda?a=1&amp;b=2"/>
<GROUP name="inputParams">
<PARAM name="ID" datatype="char" arraysize="*" value="" ref="idcol"/>
<PARAM name="CIRCLE" datatype="double" arraysize="3" xtype="circle" unit="deg" value=""><VALUES><MAX value="12 -34 0.5"/></VALUES></PARAM>
<PARAM name="BAND" datatype="double" arraysize="2" unit="m"><VALUES><MIN value="3e-7"/><MAX value="8e-7"/></VALUES></PARAM>
<PARAM name="POL" datatype="char" arraysize="*" value=""><VALUES><OPTION name="Stokes I" value="I"/><OPTION value="Q"/></VALUES></PARAM>
</GROUP></RESOURCE>
<RESOURCE type="meta" utype="adhoc:this"><PARAM name="accessURL" datatype="char" arraysize="*" value="http://archive/links"/>)");
}

}  // namespace esofs::client::tests
