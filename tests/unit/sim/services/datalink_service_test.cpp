#include "tests/sim/services/datalink_service.h"

#include <expat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

using Row = std::map<std::string, std::string>;

// A DataLink document: names of its columns, its rows, and the service descriptors' PARAMs ("name=value").
struct Document {
  std::vector<std::string> columns;
  std::vector<Row> rows;
  std::vector<std::string> services;          // IDs of descriptors
  std::map<std::string, std::string> limits;  // "CIRCLE MAX" -> value
  std::string status;
};

class Reader {
 public:
  static Document read(const std::string& xml) {
    Reader reader;
    XML_Parser parser = XML_ParserCreate(nullptr);
    XML_SetUserData(parser, &reader);
    XML_SetElementHandler(parser, &Reader::start, &Reader::end);
    XML_SetCharacterDataHandler(parser, &Reader::text);
    EXPECT_EQ(XML_Parse(parser, xml.data(), static_cast<int>(xml.size()), 1), XML_STATUS_OK) << xml;
    XML_ParserFree(parser);
    return reader.document_;
  }

 private:
  static void start(void* self, const XML_Char* name, const XML_Char** attributes) {
    auto& reader = *static_cast<Reader*>(self);
    std::map<std::string, std::string> given;
    for (; *attributes != nullptr; attributes += 2) given[attributes[0]] = attributes[1];
    const std::string element = name;
    reader.text_.clear();
    if (element == "FIELD") reader.document_.columns.push_back(given["name"]);
    if (element == "TR") reader.cells_.clear();
    if (element == "RESOURCE" && given["utype"] == "adhoc:service")
      reader.document_.services.push_back(given["ID"]);
    if (element == "INFO" && given["name"] == "QUERY_STATUS") reader.document_.status = given["value"];
    if (element == "PARAM") reader.param_ = given["name"];
    if (element == "MIN" || element == "MAX")
      reader.document_.limits[reader.param_ + " " + element] = given["value"];
  }
  static void end(void* self, const XML_Char* name) {
    auto& reader = *static_cast<Reader*>(self);
    const std::string element = name;
    if (element == "TD") reader.cells_.push_back(reader.text_);
    if (element == "TR") {
      Row& row = reader.document_.rows.emplace_back();
      for (std::size_t i = 0; i < reader.cells_.size(); ++i)
        row[reader.document_.columns.at(i)] = reader.cells_[i];
    }
  }
  static void text(void* self, const XML_Char* text, int size) {
    static_cast<Reader*>(self)->text_.append(text, static_cast<std::size_t>(size));
  }

  Document document_;
  std::string text_;
  std::string param_;
  std::vector<std::string> cells_;
};

class DataLinkServiceTest : public SimTest {
 protected:
  Document links(const std::string& query) {
    const Reply reply = get(url(), "/datalink/links?" + query);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-type"), "application/x-votable+xml;content=datalink");
    return Reader::read(reply.body);
  }
  static std::vector<std::string> semantics(const Document& document) {
    std::vector<std::string> out;
    for (const Row& row : document.rows)
      out.push_back(row.at("semantics").substr(row.at("semantics").find('#')));
    return out;
  }
};

TEST_F(DataLinkServiceTest, AReducedCubeHasTheKindsOfLinksThatESOGives) {
  const Document document = links("ID=ivo://eso.org/ID?" + std::string(kGiant));
  EXPECT_EQ(document.status, "OK");
  EXPECT_EQ(semantics(document),
            (std::vector<std::string>{"#this", "#cutout", "#preview", "#preview", "#auxiliary", "#auxiliary",
                                      "#auxiliary", "#auxiliary", "#progenitor", "#progenitor", "#progenitor",
                                      "#data_documentation"}));
  EXPECT_EQ(document.rows[0].at("ID"), "ivo://eso.org/ID?" + std::string(kGiant));
  EXPECT_EQ(document.rows[0].at("access_url"), url() + file(kGiant));
  EXPECT_EQ(document.rows[0].at("content_length"), std::to_string(content(kGiant).size()));
  EXPECT_EQ(document.rows[0].at("eso_category"), "SCIENCE.CUBE.IFS");
  EXPECT_EQ(document.rows[2].at("content_length"), "1000000");
  EXPECT_EQ(document.rows[11].at("content_length"), "1000000");
}

TEST_F(DataLinkServiceTest, ACubeDescribesItsCutouts) {
  const Document document = links("ID=" + std::string(kGiant));
  ASSERT_EQ(document.services, std::vector<std::string>{std::string(kGiant) + "_soda"});
  EXPECT_EQ(document.rows[1].at("service_def"), document.services[0]);
  EXPECT_EQ(document.rows[1].at("access_url"), "");
  EXPECT_EQ(document.limits.at("CIRCLE MAX").substr(0, 20), "11.8880583 -25.2888 ");
  EXPECT_EQ(document.limits.at("BAND MIN"), "4.75E-07");
  EXPECT_EQ(document.limits.at("BAND MAX"), "9.35E-07");
}

TEST_F(DataLinkServiceTest, AnImageOffersCirclesOnly) {
  const Document document = links("ID=" + std::string(kImage));
  EXPECT_EQ(document.limits.count("CIRCLE MAX"), 1U);
  EXPECT_EQ(document.limits.count("BAND MAX"), 0U);
}

TEST_F(DataLinkServiceTest, ARawFrameLeadsToProductsCalibrationsAndNightLog) {
  const Document document = links("ID=ivo://eso.org/ID?" + std::string(kRawFz));
  const auto kinds = semantics(document);
  EXPECT_EQ(kinds.front(), "#this");
  EXPECT_GE(std::count(kinds.begin(), kinds.end(), "#derivation"), 3);
  EXPECT_EQ(std::vector<std::string>(kinds.end() - 3, kinds.end()),
            (std::vector<std::string>{"#calSelector_raw2raw", "#calSelector_raw2master", "#night_log"}));
  EXPECT_EQ(document.rows[0].at("content_type"), "application/x-fits-hcompress");
  EXPECT_EQ(document.rows[0].at("eso_origfile"), std::string(kRawFz) + ".fits.fz");
  EXPECT_EQ(document.rows.back().at("content_length"), "10000");
  EXPECT_EQ(document.rows.back().at("access_url"), url() + file(kRawFz) + ".NL");
}

TEST_F(DataLinkServiceTest, CalibrationFramesHaveNoCalibrations) {
  for (const std::string& kind : semantics(links("ID=MUSE.2018-06-04T11:20:10.512"))) {
    EXPECT_EQ(kind.find("calSelector"), std::string::npos);
  }
}

TEST_F(DataLinkServiceTest, TheMenagerieHasEveryKindOfRow) {
  const Document document = links("ID=ivo://eso.org/ID?ADP.2022-03-03T03:03:03.003");
  const auto having = [&document](const std::string& field, const std::string& value) {
    return std::count_if(document.rows.begin(), document.rows.end(),
                         [&](const Row& row) { return row.at(field) == value; });
  };
  EXPECT_EQ(having("semantics", "http://example.org/rdf/terms#light-curve"), 1);
  EXPECT_EQ(having("semantics", "http://www.ivoa.net/rdf/datalink/core#preview-image"), 1);
  EXPECT_EQ(having("semantics", "#wavelength-map"), 1);
  EXPECT_EQ(having("error_message", "NotFoundFault: the weight map of this image was lost"), 1);
  EXPECT_EQ(having("content_type", "application/x-votable+xml;content=datalink"), 2);
  EXPECT_EQ(having("eso_origfile", "r.MENAGERIE_same"), 2);
  for (const Row& row : document.rows) {
    if (row.at("eso_origfile") != "r.MENAGERIE_same") continue;
    EXPECT_EQ(row.at("content_type") + row.at("content_length"), "");
  }
}

TEST_F(DataLinkServiceTest, ProvenanceIsThreeDeep) {
  const auto progenitors = [this](const std::string& id) {
    std::vector<std::string> ids;
    for (const Row& row : links("ID=" + id).rows) {
      const std::string& at = row.at("access_url");
      if (row.at("semantics") == "#progenitor") ids.push_back(at.substr(at.rfind('/') + 1));
    }
    return ids;
  };
  EXPECT_EQ(progenitors("ADP.2022-05-05T05:05:05.005"),
            std::vector<std::string>{"ADP.2022-04-04T04:04:04.004"});
  const auto cubes = progenitors("ADP.2022-04-04T04:04:04.004");
  ASSERT_EQ(cubes.size(), 3U);
  const auto raws = progenitors(cubes.front());
  ASSERT_FALSE(raws.empty());
  EXPECT_EQ(raws.front().substr(0, 5), "MUSE.");
}

TEST_F(DataLinkServiceTest, AnUnknownIdIsARowWithAFault) {
  const Document document = links("ID=ivo://eso.org/ID?ADP.1999-01-01T00:00:00.000");
  ASSERT_EQ(document.rows.size(), 1U);
  EXPECT_EQ(document.rows[0].at("error_message").substr(0, 15), "NotFoundFault: ");
  EXPECT_EQ(document.rows[0].at("access_url") + document.rows[0].at("service_def"), "");
}

TEST_F(DataLinkServiceTest, IdsAreAcceptedInEveryForm) {
  const auto wanted = links("ID=ivo://eso.org/ID?" + std::string(kImage)).rows;
  EXPECT_EQ(links("ID=" + std::string(kImage)).rows, wanted);
  EXPECT_EQ(links("id=ivo%3A%2F%2Feso.org%2FID%3FADP.2014-11-12T16%3A17%3A07.630").rows, wanted);
  const Reply post =
      request(url(), "POST", "/datalink/links", {{"Content-Type", "application/x-www-form-urlencoded"}},
              "ID=ivo://eso.org/ID?" + std::string(kImage));
  EXPECT_EQ(Reader::read(post.body).rows, wanted);
}

TEST_F(DataLinkServiceTest, SeveralIdsGiveTheRowsOfEach) {
  const std::size_t one = links("ID=" + std::string(kImage)).rows.size();
  const std::size_t other = links("ID=" + std::string(kRawFz)).rows.size();
  const std::string ids = std::string(kImage) + "," + kRawFz;
  EXPECT_EQ(links("ID=" + ids).rows.size(), one + other);
  EXPECT_EQ(links("ID=" + std::string(kImage) + "&ID=" + kRawFz).rows.size(), one + other);
  EXPECT_EQ(links("").rows.size(), 0U);
}

TEST_F(DataLinkServiceTest, ManyProgenitorsAreOneLinkToAList) {
  const Document document = links("ID=" + std::string(kLargest));
  std::string list;
  for (const Row& row : document.rows) {
    if (row.at("semantics") == "#progenitor") list += row.at("access_url");
  }
  ASSERT_EQ(list,
            url() + "/datalink/links?ID=ivo://eso.org/ID?" + kLargest + "&EXCLUDE=ALL&INCLUDE=progenitor");
  const Document all = Reader::read(get(url(), list.substr(url().size())).body);
  ASSERT_EQ(all.rows.size(), 16U);
  for (const Row& row : all.rows) EXPECT_EQ(row.at("semantics"), "#progenitor");
}

TEST_F(DataLinkServiceTest, EveryNamedFileExists) {
  for (const char* id : {kGiant, kImage, kRawFz, kRawZ, "ADP.2014-09-16T11:04:45.123"}) {
    for (const Row& row : links("ID=" + std::string(id)).rows) {
      const std::string& there = row.at("access_url");
      if (there.find("/dataPortal/") == std::string::npos) continue;
      const Reply head =
          request(url(), "HEAD", there.substr(url().size()), {{"Authorization", "Bearer sim-token"}});
      EXPECT_EQ(head.status, 200) << there;
      if (row.at("content_length") == "10000") continue;  // the placeholder of night logs
      EXPECT_EQ(head.header("content-length"), row.at("content_length"));
    }
  }
}

TEST_F(DataLinkServiceTest, AncillaryFilesHaveLinksToo) {
  const Document document = links("ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.737");
  ASSERT_FALSE(document.rows.empty());
  EXPECT_EQ(document.rows[0].at("semantics"), "#this");
  EXPECT_EQ(document.rows[0].at("eso_category"), "ANCILLARY.IMAGE.WHITELIGHT");
}

TEST_F(DataLinkServiceTest, JsonHoldsTheSameRows) {
  const Reply reply = get(url(), "/datalink/links?ID=" + std::string(kImage) + "&RESPONSEFORMAT=json");
  EXPECT_EQ(reply.header("content-type"), "application/json");
  const auto document = nlohmann::json::parse(reply.body);
  EXPECT_EQ(document["data"].size(), links("ID=" + std::string(kImage)).rows.size());
  EXPECT_EQ(document["data"][0][7], content(kImage).size());
  EXPECT_TRUE(document["data"][0][2].is_null());
}

TEST_F(DataLinkServiceTest, ColumnsAreThoseRecordedFromESO) {
  const std::filesystem::path recorded =
      std::filesystem::path(ESOFS_SOURCE_DIR) / "../shared/samples/eso/css_earth/eso-links.xml";
  std::ifstream in(recorded);
  if (!in) GTEST_SKIP() << "no samples here";
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(links("ID=" + std::string(kImage)).columns, Reader::read(text.str()).columns);
}

}  // namespace
}  // namespace esofs::sim
