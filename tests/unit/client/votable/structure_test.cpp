// VotableReader: elements, namespaces, statuses, descriptors, tables in resources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/client/votable/documents.h"

namespace esofs::client::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr const char* kOneTable =
    "<TABLE><FIELD name='a' datatype='int'/><DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE>";

TEST(VotableStructure, AStatusIsTakenWhereverItStands) {
  const auto reading = read(
      "<VOTABLE><INFO name='QUERY_STATUS' value='OK'>root</INFO><INFO name='other' value='x'/><RESOURCE>"
      "<INFO name='Query_Status' value='OK'/><PARAM name='QUERY_STATUS' datatype='char' arraysize='*' "
      "value='no'/>"
      "<TABLE><INFO name='QUERY_STATUS' value='OK'/><FIELD name='a' datatype='int'/>"
      "<DATA><TABLEDATA/><INFO name='QUERY_STATUS' value='OVERFLOW'/></DATA><INFO name='QUERY_STATUS' "
      "value='ERROR'>\n"
      " it &lt;broke&gt;\n</INFO></TABLE><INFO name='QUERY_STATUS' value='ERROR'/></RESOURCE>"
      "<INFO name='QUERY_STATUS' value='ERROR'/></VOTABLE>");
  ASSERT_FALSE(reading.error) << reading.error->what();
  std::vector<std::string> statuses;
  for (const auto& line : reading.events.lines)
    if (line.starts_with("status")) statuses.push_back(line);
  EXPECT_THAT(statuses, ElementsAre("status VOTABLE before OK root", "status RESOURCE before OK ",
                                    "status TABLE before OK ", "status TABLE after OVERFLOW ",
                                    "status TABLE after ERROR it <broke>", "status RESOURCE after ERROR ",
                                    "status VOTABLE after ERROR "));
}

TEST(VotableStructure, AServiceDescriptorHasItsParamsAndInputs) {
  const auto reading = read(datalink());
  ASSERT_THAT(reading.events.services, SizeIs(2));
  const auto& soda = reading.events.services[0];
  EXPECT_EQ(soda.id, "soda");
  EXPECT_EQ(soda.name, "cutout");
  EXPECT_EQ(soda.utype, "adhoc:Service");
  ASSERT_THAT(soda.inputs, SizeIs(4));
  EXPECT_EQ(soda.inputs[0].column.ref, "idcol");
  EXPECT_TRUE(soda.inputs[0].has_value);
  EXPECT_EQ(soda.inputs[1].column.xtype, "circle");
  EXPECT_EQ(soda.inputs[1].max, "12 -34 0.5");
  EXPECT_EQ(soda.inputs[2].min, "3e-7");
  EXPECT_FALSE(soda.inputs[2].has_value);
  EXPECT_THAT(soda.inputs[3].options, ElementsAre(Pair("Stokes I", "I"), Pair("", "Q")));
  EXPECT_EQ(reading.events.services[1].utype, "adhoc:this");
}

TEST(VotableStructure, AnOrdinaryMetaResourceIsNoService) {
  EXPECT_THAT(read("<VOTABLE><RESOURCE type='meta' utype='mivot'><PARAM name='accessURL' datatype='char' "
                   "arraysize='*' value='x'/></RESOURCE></VOTABLE>")
                  .events.services,
              IsEmpty());
}

TEST(VotableStructure, ElementsAreKnownInAnyNamespaceAndUnderAnyPrefix) {
  const std::string prefixed =
      "<v:VOTABLE xmlns:v='http://www.ivoa.net/xml/VOTable/v1.1'><v:RESOURCE><v:TABLE><v:FIELD name='a' "
      "datatype='int'/>"
      "<v:DATA><v:TABLEDATA><v:TR><v:TD>1</v:TD></v:TR></v:TABLEDATA></v:DATA></v:TABLE></v:RESOURCE></"
      "v:VOTABLE>";
  for (const auto& document :
       {prefixed, std::string("<VOTABLE><RESOURCE>") + kOneTable + "</RESOURCE></VOTABLE>",
        std::string("<VOTABLE xmlns='urn:odd'><RESOURCE>") + kOneTable + "</RESOURCE></VOTABLE>",
        std::string("<!DOCTYPE VOTABLE SYSTEM \"http://us-vo.org/xml/VOTable.dtd\"><VOTABLE "
                    "version='1.0'><RESOURCE>") +
            kOneTable + "</RESOURCE></VOTABLE>"}) {
    const auto reading = read(document);
    EXPECT_FALSE(reading.error);
    EXPECT_THAT(row_lines(reading), ElementsAre("row 1")) << document;
  }
}

TEST(VotableStructure, ElementsOfOtherNamespacesAreLeftOutWithTheirContents) {
  const std::string foreign = std::string("<VODML xmlns='http://www.ivoa.net/xml/mivot'><RESOURCE>") +
                              kOneTable + "</RESOURCE></VODML><m:RESOURCE>" + kOneTable + "</m:RESOURCE>";
  const auto reading =
      read("<VOTABLE xmlns='http://www.ivoa.net/xml/VOTable/v1.3' xmlns:m='http://www.ivoa.net/xml/mivot'>" +
           foreign + "<RESOURCE>" + foreign + kOneTable + "</RESOURCE></VOTABLE>");
  ASSERT_FALSE(reading.error) << reading.error->what();
  EXPECT_THAT(reading.events.tables, SizeIs(1));
  EXPECT_EQ(reading.events.tables[0].resource.path, std::vector{0});
}

TEST(VotableStructure, TablesKnowWhereTheyStand) {
  const auto reading =
      read(std::string("<VOTABLE><RESOURCE type='meta'/><RESOURCE name='out' ID='o' type='results' "
                       "utype='u'><RESOURCE/><RESOURCE name='in'>") +
           kOneTable + "</RESOURCE>" + kOneTable + "</RESOURCE></VOTABLE>");
  ASSERT_THAT(reading.events.tables, SizeIs(2));
  const auto& inner = reading.events.tables[0];
  EXPECT_EQ(inner.index, 0U);
  EXPECT_EQ(inner.resource.name, "in");
  EXPECT_EQ(inner.resource.path, (std::vector{1, 1}));
  const auto& outer = reading.events.tables[1];
  EXPECT_EQ(outer.index, 1U);
  EXPECT_EQ(outer.resource.id, "o");
  EXPECT_EQ(outer.resource.type, "results");
  EXPECT_EQ(outer.resource.utype, "u");
  EXPECT_EQ(outer.resource.path, std::vector{1});
}

TEST(VotableStructure, ATableWithoutRowsIsAnnouncedAllTheSame) {
  const std::string fields = "<FIELD name='a' datatype='int'/>";
  for (const auto& [data, end] : std::vector<std::pair<std::string, std::string>>{
           {"", "end 0 0"},
           {"<DATA><TABLEDATA/></DATA>", "end 1 0"},
           {"<DATA><BINARY><STREAM encoding='base64'/></BINARY></DATA>", "end 2 0"},
           {"<DATA><BINARY2><STREAM encoding='base64'> \n</STREAM></BINARY2></DATA>", "end 3 0"},
           {"<DATA><FITS><STREAM encoding='base64'/></FITS></DATA>", "end 4 0"}}) {
    const auto reading = read("<VOTABLE><RESOURCE><TABLE>" + fields + data + "</TABLE></RESOURCE></VOTABLE>");
    ASSERT_FALSE(reading.error) << reading.error->what();
    EXPECT_THAT(reading.events.lines, ElementsAre("document - -", "table 0  a:int", end));
  }
}

TEST(VotableStructure, ATableMayTakeTheFieldsOfAnother) {
  const auto reading = read(
      "<VOTABLE><RESOURCE><TABLE ID='proto'><FIELD name='a' datatype='int'/></TABLE><TABLE ref='proto'><DATA>"
      "<TABLEDATA><TR><TD>7</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>");
  EXPECT_EQ(reading.events.tables[1].columns[0].name, "a");
  EXPECT_THAT(row_lines(reading), ElementsAre("row 7"));
}

TEST(VotableStructure, AFieldKeepsItsAttributesVerbatim) {
  const auto reading = read(
      table("<FIELD name=' n ' ID='i' datatype='char' arraysize='8x*' unit='km.s-1' ucd='u;v' utype='w' "
            "xtype='x' ref='r' width='9' precision='E3'><DESCRIPTION>\n what &amp; <![CDATA[why]]> "
            "</DESCRIPTION><VALUES null='-'/><LINK href='h'/><IGNORE><FIELD name='no'/></IGNORE></FIELD>",
            "<TABLEDATA/>"));
  ASSERT_THAT(reading.events.tables, SizeIs(1));
  ASSERT_THAT(reading.events.tables[0].columns, SizeIs(1));
  const auto& column = reading.events.tables[0].columns[0];
  EXPECT_EQ(column.name, " n ");
  EXPECT_EQ(column.id, "i");
  EXPECT_EQ(column.arraysize, "8x*");
  EXPECT_EQ(column.unit, "km.s-1");
  EXPECT_EQ(column.ucd, "u;v");
  EXPECT_EQ(column.utype, "w");
  EXPECT_EQ(column.xtype, "x");
  EXPECT_EQ(column.ref, "r");
  EXPECT_EQ(column.width, "9");
  EXPECT_EQ(column.precision, "E3");
  EXPECT_EQ(column.null_value, "-");
  EXPECT_EQ(column.description, "what & why");
}

TEST(VotableStructure, AFieldAfterTheDataIsRefused) {
  const auto reading =
      read(std::string("<VOTABLE><RESOURCE><TABLE><DATA><TABLEDATA/></DATA><FIELD name='a' "
                       "datatype='int'/></TABLE></RESOURCE></VOTABLE>"));
  ASSERT_TRUE(reading.error);
  EXPECT_THAT(reading.error->what(), HasSubstr("FIELD after the DATA"));
}

}  // namespace
}  // namespace esofs::client::tests
