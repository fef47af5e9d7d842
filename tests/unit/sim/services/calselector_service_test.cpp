#include "tests/sim/services/calselector_service.h"

#include <expat.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

const std::string kFors = "FORS2.2021-01-02T00:59:12.533";
constexpr const char* kTreeType = "application/xml;content=calselector";

// Reads a tree with an XML library that the client does not use.
class TreeReader {
 public:
  static AssociationNode read(const std::string& xml) {
    TreeReader reader;
    XML_Parser parser = XML_ParserCreate(nullptr);
    XML_SetUserData(parser, &reader);
    XML_SetElementHandler(parser, &TreeReader::start, &TreeReader::end);
    EXPECT_EQ(XML_Parse(parser, xml.data(), static_cast<int>(xml.size()), 1), XML_STATUS_OK) << xml;
    XML_ParserFree(parser);
    return reader.root_.children.at(0);
  }

 private:
  static void start(void* self, const XML_Char* name, const XML_Char** attributes) {
    auto& reader = *static_cast<TreeReader*>(self);
    std::map<std::string, std::string> given;
    for (; *attributes != nullptr; attributes += 2) given[attributes[0]] = attributes[1];
    const std::string element = name;
    AssociationNode& here = *reader.open_.back();
    if (element == "file") here.files.push_back({given["category"], given["name"]});
    if (element == "message") here.messages.push_back(given["text"]);
    if (element != "association") return;
    AssociationNode node;
    node.category = given["category"];
    node.mode = given["mode"];
    node.match = given["match"];
    node.type = given["type"];
    node.certified = given["certified"] == "true";
    node.complete = given["complete"] == "true";
    here.children.push_back(node);
    reader.open_.push_back(&here.children.back());
  }
  static void end(void* self, const XML_Char* name) {
    auto& reader = *static_cast<TreeReader*>(self);
    if (std::string(name) == "association") reader.open_.pop_back();
  }

  AssociationNode root_;
  std::vector<AssociationNode*> open_{&root_};
};

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class CalSelectorServiceTest : public SimTest {
 protected:
  static std::string path(const std::string& id, const std::string& mode, const std::string& more = "") {
    return "/calselector/v1/associations?dp_id=" + id + "&mode=" + mode + more;
  }
  AssociationNode tree(const std::string& id, const std::string& mode) {
    const Reply reply = get(url(), path(id, mode));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-type"), kTreeType);
    return TreeReader::read(reply.body);
  }
  std::string table(const std::string& id, const std::string& mode) {
    const Reply reply = get(url(), path(id, mode, "&responseformat=votable"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-type"), "application/x-votable+xml");
    return reply.body;
  }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  }
};

TEST_F(CalSelectorServiceTest, TreesAreLaidOutAsTheRecordedOneByteForByte) {
  const auto recorded =
      contents(std::string(ESOFS_SOURCE_DIR) +
               "/../shared/samples/eso/astroquery/FORS2.2021-01-02T00_59_12.533_raw2raw.xml");
  if (recorded.empty()) GTEST_SKIP();
  EXPECT_EQ(association_xml(TreeReader::read(recorded)), recorded);
}

TEST_F(CalSelectorServiceTest, AScienceFrameHasATreeOfItsCalibrations) {
  const AssociationNode root = tree(kRawFz, "Raw2Master");
  EXPECT_EQ(root.mode, "Raw2Master");
  EXPECT_TRUE(root.complete && root.certified);
  EXPECT_EQ(root.files.at(0).name, kRawFz);
  EXPECT_EQ(root.children.size(), 8U);
  EXPECT_EQ(root.children.at(2).children.at(0).files.at(0).name, root.children.at(0).files.at(0).name);
  EXPECT_EQ(tree(kRawFz, "raw2raw").children.at(0).files.size(), 3U);
  const Reply reply = get(url(), path(kRawFz, "raw2raw"));
  EXPECT_EQ(reply.header("content-disposition"),
            "attachment; filename=\"" + std::string(kRawFz) + "_raw2raw.xml\"");
}

TEST_F(CalSelectorServiceTest, ATableHasTheRowsThatESOGives) {
  const auto text = table(kRawFz, "Raw2Master");
  EXPECT_EQ(count(text, "<TD>#calibration</TD>"), 8U) << "each file once";
  EXPECT_EQ(count(text, "<TD>#this</TD>"), 1U);
  EXPECT_EQ(count(text, "eso_origfile"), 0U);
  EXPECT_EQ(count(text,
                  "category=&quot;SCI&quot; certified=&quot;true&quot; complete=&quot;true&quot; "
                  "mode=&quot;Raw2Master&quot; type=&quot;main&quot; messages=&quot;&quot;"),
            1U)
      << text;
  EXPECT_EQ(count(text, url() + "/calselector/v1/associations?dp_id=" + kRawFz + "&amp;mode=Raw2Master</TD>"),
            1U);
}

TEST_F(CalSelectorServiceTest, CalibrationsAreFilesThatExist) {
  for (const char* mode : {"Raw2Raw", "Raw2Master"}) {
    for (const auto& child : tree(kRawFz, mode).children) {
      const Reply reply = get(url(), file(child.files.at(0).name), {{"Range", "bytes=0-8"}});
      EXPECT_EQ(reply.status, 206) << child.files.at(0).name;
    }
  }
}

TEST_F(CalSelectorServiceTest, WithoutMastersTheRawOnesAreGivenSilently) {
  const AssociationNode root = tree(kFors, "Raw2Master");
  EXPECT_EQ(root.mode, "Raw2Raw");
  EXPECT_TRUE(root.messages.empty());
  EXPECT_EQ(root.children.at(0).files.size(), 5U);
  EXPECT_EQ(count(table(kFors, "Raw2Master"), "mode=&quot;Raw2Raw&quot;"), 1U);
}

TEST_F(CalSelectorServiceTest, SomeFramesAreNotCertifiedOrIncomplete) {
  EXPECT_FALSE(tree("FORS2.2026-09-02T03:10:44.017", "Raw2Raw").certified);
  const AssociationNode root = tree("HAWKI.2015-06-07T06:20:31.133", "Raw2Raw");
  EXPECT_FALSE(root.complete);
  EXPECT_EQ(root.messages.size(), 1U);
  EXPECT_TRUE(root.children.empty());
}

TEST_F(CalSelectorServiceTest, ACalibrationFrameIsNotSupported) {
  const AssociationNode root = tree("FORS2.2021-01-02T11:02:00.101", "Raw2Raw");
  EXPECT_EQ(root.messages.at(0), "No association could be established: this file type is not supported");
  EXPECT_TRUE(root.children.empty());
}

TEST_F(CalSelectorServiceTest, SeveralFramesAreAMultipartAnswer) {
  const Reply reply = get(url(), path(kRawFz, "raw2raw", "&dp_id=" + kFors));
  EXPECT_EQ(reply.header("content-type"),
            "multipart/form-data; boundary=uFQlfs9nBIDEAIoz0_ZM-O2SXKsZ2iSd4h7H");
  EXPECT_EQ(count(reply.body, "--uFQlfs9nBIDEAIoz0_ZM-O2SXKsZ2iSd4h7H"), 3U);
  const auto single = get(url(), path(kFors, "raw2raw")).body;
  EXPECT_NE(reply.body.find("Content-Disposition: attachment; filename=\"" + kFors +
                            "_raw2raw.xml\"\nContent-Type: " + kTreeType +
                            "\nContent-Length: " + std::to_string(single.size()) + "\n\n" + single + "\n--"),
            std::string::npos);
}

TEST_F(CalSelectorServiceTest, MalformedRequestsAreRefused) {
  EXPECT_EQ(get(url(), "/calselector/v1/associations?mode=raw2raw").status, 400);
  EXPECT_EQ(get(url(), path(kRawFz, "raw2cooked")).status, 400);
  EXPECT_EQ(get(url(), path("MUSE.1999-01-01T00:00:00.000", "raw2raw")).status, 404);
  EXPECT_EQ(count(table("MUSE.1999-01-01T00:00:00.000", "raw2raw"), "NotFoundFault: "), 1U);
}

}  // namespace
}  // namespace esofs::sim
