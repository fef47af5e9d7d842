#include "client/services/datalink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "client/services/links_reader.h"
#include "client/services/service_error.h"
#include "client/services/service_fields.h"
#include "tests/support/gzip.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/client/services/samples.h"
#include "tests/unit/client/votable/collected_table.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;
using tests::answer_with;

const std::vector<std::uint64_t> kPlaceholders{1'000'000, 500'000, 10'000};
constexpr const char* kLinksType = "application/x-votable+xml;content=datalink";

struct LinkText {
  std::string id, url, error, semantics, type;
};

std::string links_document(const std::vector<LinkText>& rows) {
  std::string text =
      R"(<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">)"
      R"(<RESOURCE type="results"><TABLE>)";
  for (const char* name : {"ID", "access_url", "service_def", "error_message", "semantics", "content_type"})
    text += std::string(R"(<FIELD datatype="char" arraysize="*" name=")") + name + R"("/>)";
  text += "<DATA><TABLEDATA>";
  for (const auto& row : rows) {
    text += "<TR><TD>" + row.id + "</TD><TD>" + row.url + "</TD><TD/><TD>" + row.error + "</TD><TD>" +
            row.semantics + "</TD><TD>" + row.type + "</TD></TR>";
  }
  return text + "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

TEST(LinksTest, TheRecordedAnswerOfEsoIsRead) {
  const auto document = tests::sample("eso/css_earth/eso-links.xml");
  if (!document) GTEST_SKIP();
  const auto links = parse_links(*document, "https://archive.eso.org/datalink/links", kPlaceholders);
  ASSERT_TRUE(links) << links.error().what();
  EXPECT_EQ(links->document, *document);
  ASSERT_EQ(links->rows.size(), 7U);
  const auto& file = links->rows[0];
  EXPECT_TRUE(has_semantics(file, "this"));
  EXPECT_EQ(file.access_url, "https://dataportal.eso.org/dataPortal/file/ADP.2026-08-19T13:19:07.647");
  EXPECT_EQ(file.content_length, 8458560U);
  EXPECT_EQ(file.eso_origfile, "SPHERE_ZIMPOL_Betelgeuse_P1_N_I_phase3.fits");
  EXPECT_EQ(file.eso_category, "SCIENCE.IMAGE");
  EXPECT_EQ(file.eso_datalink,
            "https://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.2026-08-19T13:19:07.647");
  EXPECT_EQ(links->rows[1].service_def, "ADP.2026-08-19T13:19:07.647_soda");
  EXPECT_EQ(links->rows[2].content_length, std::nullopt);  // 1000000 says nothing
  ASSERT_EQ(links->services.size(), 1U);
  EXPECT_EQ(links->services[0].id, "ADP.2026-08-19T13:19:07.647_soda");
  EXPECT_EQ(links->services[0].params.at("accessURL"), "https://dataportal.eso.org/dataPortal/soda/sync");
}

TEST(LinksTest, AnswersOfOtherArchivesAreRead) {
  for (const char* path :
       {"other/pyvo/dal__datalink__datalink.xml", "other/astroquery/alma/alma-datalink.xml",
        "other/astroquery/casda/datalink.xml", "eso/reconstructed/datalink_MUSE.2018-06-05T01_06_59.418.xml",
        "eso/reconstructed/calselector_raw2master_MUSE.2018-06-05T01_06_59.418.xml"}) {
    const auto document = tests::sample(path);
    if (!document) GTEST_SKIP();
    const auto links = parse_links(*document, "http://a/", kPlaceholders);
    ASSERT_TRUE(links) << path << ": " << links.error().what();
    EXPECT_FALSE(links->rows.empty()) << path;
    EXPECT_TRUE(links_error(*links, "http://a/")) << path;
  }
}

TEST(LinksTest, ARefusalInRecordedFormIsEacces) {
  const auto document = tests::sample("other/astroquery/casda/datalink_noaccess.xml");
  if (!document) GTEST_SKIP();
  const auto links = parse_links(*document, "http://a/", {});
  ASSERT_TRUE(links);
  const auto refused = links_error(*links, "http://a/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), EACCES);
}

TEST(LinksTest, JsonIsReadToo) {
  const std::string document =
      "\xEF\xBB\xBF"
      R"( {"metadata":[{"name":"ID","datatype":"char"},{"name":"access_url"},
      {"name":"semantics"},{"name":"content_length"},{"name":"error_message"}],
      "data":[["ivo://a?b","https://a/file",  "#this",12345,null],["ivo://a?b","https://a/p","#preview",1000000,null]]})";
  const auto links = parse_links(document, "https://a/links", kPlaceholders);
  ASSERT_TRUE(links) << links.error().what();
  ASSERT_EQ(links->rows.size(), 2U);
  EXPECT_EQ(links->rows[0].access_url, "https://a/file");
  EXPECT_EQ(links->rows[0].content_length, 12345U);
  EXPECT_EQ(links->rows[1].content_length, std::nullopt);
  EXPECT_EQ(links->document, document);
}

TEST(LinksTest, WhatIsNoDataLinkIsRefused) {
  EXPECT_EQ(parse_links("", "http://a/", {}).error().code(), EBADMSG);
  EXPECT_EQ(parse_links("<html>login</html>", "http://a/", {}).error().code(), EBADMSG);
  EXPECT_EQ(parse_links(tests::votable({"x"}), "http://a/", {}).error().code(), EBADMSG);
  EXPECT_EQ(parse_links("{\"x\":1}", "http://a/", {}).error().code(), EBADMSG);
  EXPECT_EQ(parse_links("{\"metadata\":[1],\"data\":[2]}", "http://a/", {}).error().code(), EBADMSG);
  EXPECT_EQ(parse_links("{", "http://a/", {}).error().code(), EBADMSG);
  const auto whole = links_document({{"a", "http://f", "", "#this", ""}});
  EXPECT_EQ(parse_links(whole.substr(0, whole.size() - 30), "http://a/", {}).error().code(), EBADMSG);
}

TEST(LinksTest, AnAnswerOfTooManyRowsIsRefused) {
  const auto row = std::string("<TR><TD>a</TD><TD>http://f</TD><TD/><TD/><TD>#auxiliary</TD><TD/></TR>");
  auto document = links_document({});
  std::string rows;
  for (std::size_t i = 0; i <= kMostLinkRows; ++i) rows += row;
  document.insert(document.find("</TABLEDATA>"), rows);
  const auto links = parse_links(std::move(document), "http://a/", {});
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().code(), EFBIG);

  std::string json = R"({"metadata":[{"name":"access_url"},{"name":"semantics"}],"data":[["a","#this"])";
  for (std::size_t i = 0; i < kMostLinkRows; ++i) json += R"(,["a","#this"])";
  EXPECT_EQ(parse_links(json + "]}", "http://a/", {}).error().code(), EFBIG);
}

TEST(LinksTest, RelativeUrlsAreMadeAbsolute) {
  const auto links =
      parse_links(links_document({{"a", "../file/x?y", "", "#this", ""}}), "http://h/d/links?ID=1", {});
  ASSERT_TRUE(links);
  EXPECT_EQ(links->rows[0].access_url, "http://h/file/x?y");
}

TEST(LinksTest, BlanksAndLineEndsAroundACellAreNotPartOfIt) {
  const auto links =
      parse_links(links_document({{"a ", "\n  http://h/a.fits  \n", "\n", "\t#this ", " image/fits\r\n"},
                                  {"a", " ../b ", " ", " #preview\n", ""},
                                  {"a", "\n", "\n NotFoundFault: gone\n", "#error", ""}}),
                  "http://h/d/links?ID=1", {});
  ASSERT_TRUE(links);
  const auto& file = links->rows.at(0);
  EXPECT_EQ(file.id, "a");
  EXPECT_EQ(file.access_url, "http://h/a.fits");
  EXPECT_EQ(file.error_message, "");
  EXPECT_EQ(file.semantics, "#this");
  EXPECT_EQ(file.content_type, "image/fits");
  EXPECT_EQ(links->rows.at(1).access_url, "http://h/b");
  EXPECT_EQ(links->rows.at(2).access_url, "");
  EXPECT_EQ(links->rows.at(2).error_message, "NotFoundFault: gone");
}

TEST(LinksTest, ALengthThatIsATextWithBlanksIsRead) {
  const auto links =
      parse_links(R"({"metadata":[{"name":"access_url"},{"name":"semantics"},{"name":"content_length"}],)"
                  R"("data":[["http://h/a","#this"," 123\n"]]})",
                  "http://h/", {});
  ASSERT_TRUE(links);
  EXPECT_EQ(links->rows.at(0).content_length, 123U);
}

TEST(LinksTest, FaultsHaveTheirErrno) {
  const auto code = [](const std::string& message) { return link_error(message, "http://a/").code(); };
  EXPECT_EQ(code("NotFoundFault: no such id"), ENOENT);
  EXPECT_EQ(code("NotFoundFault"), ENOENT);
  EXPECT_EQ(code("UsageFault: bad id"), EINVAL);
  EXPECT_EQ(code("TransientFault: try later"), EIO);
  EXPECT_EQ(code("FatalFault"), EIO);
  EXPECT_EQ(code("DefaultFault: something"), EIO);
  EXPECT_EQ(code("AuthenticationFault: log in"), EACCES);
  EXPECT_EQ(code("DefaultFault: you do not have permission"), EACCES);
  EXPECT_EQ(code(""), EIO);
}

TEST(LinksTest, SomeErrorRowsAreNoFailure) {
  const auto links = parse_links(
      links_document({{"a", "http://f", "", "#this", ""}, {"b", "", "NotFoundFault", "#this", ""}}),
      "http://a/", {});
  ASSERT_TRUE(links);
  EXPECT_TRUE(links_error(*links, "http://a/"));
  EXPECT_TRUE(links_error(Links{}, "http://a/"));
}

TEST(LinksTest, SemanticsAreComparedAsTerms) {
  const auto is_this = [](const std::string& semantics) {
    Link link;
    link.semantics = semantics;
    return has_semantics(link, "this");
  };
  EXPECT_TRUE(is_this("#this"));
  EXPECT_TRUE(is_this("this"));
  EXPECT_TRUE(is_this("http://www.ivoa.net/rdf/datalink/core#this"));
  EXPECT_TRUE(is_this("https://www.ivoa.net/rdf/datalink/core#this"));
  EXPECT_FALSE(is_this("http://archive.eso.org/rdf/datalink/eso#this"));
  EXPECT_FALSE(is_this("#thistle"));
  EXPECT_FALSE(is_this(""));
}

TEST(LinksTest, TheTypeIsRecognisedInAllItsSpellings) {
  EXPECT_TRUE(is_datalink_type("application/x-votable+xml;content=datalink"));
  EXPECT_TRUE(is_datalink_type("application/x-votable+xml; charset=UTF-8; content=\"DataLink\""));
  EXPECT_FALSE(is_datalink_type("application/x-votable+xml"));
  EXPECT_FALSE(is_datalink_type("application/x-votable+xml;content=datalinker"));
}

class DataLinkTest : public ::testing::Test {
 protected:
  static HttpSettings settings() {
    HttpSettings settings;
    settings.limits.attempts = 1;
    return settings;
  }
  Result<DataLink::Found> file(const std::string& target, const std::string& id = "") {
    return datalink_.file(server_.url(target), id, turn_);
  }
  Result<DataLink::Found> file_or_links(const std::string& target) {
    return datalink_.file_or_links(server_.url(target), "", turn_);
  }

  tests::ScriptedServer server_;
  HttpClient http_{settings()};
  DataLink datalink_{http_, kPlaceholders};
  Lane::Turn turn_{std::stop_token()};
};

TEST_F(DataLinkTest, TheUrlIsSentAsItIsGiven) {
  const std::string target = "/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736";
  server_.at(target, answer_with(200, links_document({{"a", "http://f", "", "#this", ""}})));
  ASSERT_TRUE(datalink_.links(server_.url(target), turn_));
  EXPECT_EQ(server_.requests().at(0).target, target);
}

TEST_F(DataLinkTest, AnUnknownIdIsNotFound) {
  server_.at("/links", answer_with(200, links_document({{"a", "", "NotFoundFault: a", "#this", ""}})));
  EXPECT_EQ(datalink_.links(server_.url("/links"), turn_).error().code(), ENOENT);
  server_.at("/gone", answer_with(404, tests::error_votable("NotFoundFault: no a")));
  const auto gone = datalink_.links(server_.url("/gone"), turn_);
  EXPECT_EQ(gone.error().code(), ENOENT);
  EXPECT_THAT(gone.error().what(), HasSubstr("NotFoundFault: no a"));
}

TEST_F(DataLinkTest, FailuresAreNeverAnAnswer) {
  server_.at("/denied", answer_with(401, "<html>log in</html>"));
  EXPECT_EQ(datalink_.links(server_.url("/denied"), turn_).error().code(), EACCES);
  server_.at("/login",
             answer_with(200, "<!DOCTYPE html><html><p>log in</html>", {{"Content-Type", "text/html"}}));
  EXPECT_EQ(datalink_.links(server_.url("/login"), turn_).error().code(), EIO);
  server_.at("/broken", answer_with(500, tests::error_votable("UsageFault: bad")));
  EXPECT_EQ(datalink_.links(server_.url("/broken"), turn_).error().code(), EINVAL);
  server_.at("/error", answer_with(200, tests::error_votable("TransientFault: later")));
  EXPECT_EQ(datalink_.links(server_.url("/error"), turn_).error().code(), EIO);
}

TEST_F(DataLinkTest, TheFileIsTheThisRowOfTheIdAsked) {
  server_.at(
      "/links",
      answer_with(200, links_document({{"ivo://x?A", "http://f/p", "", "#preview", "image/png"},
                                       {"ivo://x?A", "http://f/A", "", "#this", "application/fits"},
                                       {"ivo://x?B", "http://f/B", "", "#this", "application/fits"}})));
  auto found = file("/links", "B");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, "http://f/B");
  EXPECT_EQ(found->links->rows.size(), 3U);
  EXPECT_EQ(file("/links", "A")->source.url, "http://f/A");
  EXPECT_EQ(file("/links", "unheard of")->source.url, "http://f/A");
}

TEST_F(DataLinkTest, AFitsFileIsPreferredToAPackageAndToFurtherLinks) {
  server_.at("/links",
             answer_with(200, links_document({{"A", server_.url("/more"), "", "#this", kLinksType},
                                              {"A", "http://f/A.tar", "", "#this", "application/x-tar"},
                                              {"A", "http://f/A.fits", "", "#this", "image/fits"}})));
  EXPECT_EQ(file("/links")->source.url, "http://f/A.fits");
}

TEST_F(DataLinkTest, AFileByHttpIsPreferredToOneThatCannotBeFetched) {
  server_.at("/links",
             answer_with(200, links_document({{"A", "ftp://f/A.fits", "", "#this", "image/fits"},
                                              {"A", "s3://f/A.fits", "", "#this", "image/fits"},
                                              {"A", "http://f/A.tar", "", "#this", "application/x-tar"},
                                              {"A", "HTTPS://f/A.fits", "", "#this", "image/fits"},
                                              {"B", "http://f/B.fits", "", "#this", "image/fits"},
                                              {"C", "ftp://f/C.fits", "", "#this", "image/fits"}})));
  EXPECT_EQ(file("/links", "A")->source.url, "HTTPS://f/A.fits");
  EXPECT_EQ(file("/links", "C")->source.url, "ftp://f/C.fits") << "rather than the file of another dataset";
}

TEST_F(DataLinkTest, LinksThatLeadToLinksAreFollowed) {
  server_.at("/first",
             answer_with(200, links_document({{"A", server_.url("/second"), "", "#this", kLinksType}})));
  server_.at("/second", answer_with(200, links_document({{"A", "http://f/A", "", "#this", ""}})));
  auto found = file("/first");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, "http://f/A");
  EXPECT_EQ(found->links->rows.at(0).access_url, server_.url("/second"));
}

TEST_F(DataLinkTest, LinksThatLeadInACircleEnd) {
  server_.at("/a", answer_with(200, links_document({{"A", server_.url("/b"), "", "#this", kLinksType}})));
  server_.at("/b", answer_with(200, links_document({{"A", server_.url("/a"), "", "#this", kLinksType}})));
  EXPECT_EQ(file("/a").error().code(), EIO);
  EXPECT_LE(server_.requests().size(), 4U);
}

TEST_F(DataLinkTest, AFitsFileAnnouncedAsDataLinkIsTakenAsTheFile) {
  tests::Answer endless;
  const std::string block = "SIMPLE  =                    T" + std::string(2850, ' ');
  endless
      .send(tests::head_text(200, {{"Content-Length", "1000000000"}, {"Content-Type", kLinksType}}) + block)
      .hold();
  server_.at("/f", endless);
  auto found = file("/f");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, server_.url("/f"));
  EXPECT_EQ(found->source.length, 1'000'000'000U);
  EXPECT_FALSE(found->links);
  server_.at("/links", answer_with(200, links_document({{"A", server_.url("/f"), "", "#this", kLinksType}})));
  found = file("/links");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, server_.url("/f"));
  EXPECT_TRUE(found->links);
  const auto links = datalink_.links(server_.url("/f"), turn_);
  EXPECT_EQ(links.error().code(), EIO);
  EXPECT_THAT(links.error().what(), HasSubstr("is a file"));
}

TEST_F(DataLinkTest, AnAnswerWithoutAFileIsNotFound) {
  server_.at("/links", answer_with(200, links_document({{"A", "http://f/p", "", "#preview", ""}})));
  EXPECT_EQ(file("/links").error().code(), ENOENT);
  server_.at("/denied",
             answer_with(200, links_document({{"A", "http://f/p", "", "#preview", ""},
                                              {"A", "", "DefaultFault: no permission", "#this", ""}})));
  EXPECT_EQ(file("/denied").error().code(), EACCES);
}

TEST_F(DataLinkTest, AnUnknownUrlThatIsAFileIsTakenForIt) {
  const std::string block(2880, 'S');
  server_.at("/f", answer_with(206, block,
                               {{"Content-Range", "bytes 0-2879/999999"}, {"Content-Type", "image/fits"}}));
  auto found = file_or_links("/f");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, server_.url("/f"));
  EXPECT_EQ(found->source.length, 999999U);
  EXPECT_EQ(found->source.content_type, "image/fits");
  EXPECT_FALSE(found->links);
  EXPECT_EQ(server_.requests().at(0).method, "GET");
  EXPECT_EQ(server_.requests().at(0).header("range"), "bytes=0-2879");
}

TEST_F(DataLinkTest, AFileWithoutRangesIsNotReadToItsEnd) {
  tests::Answer endless;
  endless.send(tests::head_text(200, {{"Content-Length", "1000000000"}}) + std::string(10'000, 'S')).hold();
  server_.at("/f", endless);
  auto found = file_or_links("/f");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.length, 1'000'000'000U);
}

TEST_F(DataLinkTest, AnUnknownUrlThatIsDataLinkIsFollowed) {
  const auto document = links_document({{"A", "http://f/A", "", "#this", ""}});
  server_.at("/whole", answer_with(200, document, {{"Content-Type", "text/xml"}}));
  auto found = file_or_links("/whole");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, "http://f/A");
  EXPECT_TRUE(found->links);
  EXPECT_EQ(server_.requests().size(), 1U);

  server_.add(answer_with(206, document.substr(0, 100),
                          {{"Content-Range", "bytes 0-99/" + std::to_string(document.size())}}));
  server_.add(answer_with(200, document));
  EXPECT_EQ(file_or_links("/cut")->source.url, "http://f/A");

  server_.at("/moved", answer_with(302, "", {{"Location", "/whole"}}));
  EXPECT_EQ(file_or_links("/moved")->source.url, "http://f/A");
}

TEST_F(DataLinkTest, ATableThatIsNoDataLinkIsTheFile) {
  server_.at("/spectrum",
             answer_with(200, tests::votable({"x"}), {{"Content-Type", "application/x-votable+xml"}}));
  auto found = file_or_links("/spectrum");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, server_.url("/spectrum"));
}

TEST_F(DataLinkTest, AnUnknownUrlThatFailsSaysWhy) {
  server_.at("/gone", answer_with(404, "gone"));
  EXPECT_EQ(file_or_links("/gone").error().code(), ENOENT);
  server_.at("/denied", answer_with(403, "no"));
  EXPECT_EQ(file_or_links("/denied").error().code(), EACCES);
  server_.at("/fault", answer_with(200, links_document({{"a", "", "NotFoundFault", "#this", ""}})));
  EXPECT_EQ(file_or_links("/fault").error().code(), ENOENT);
}

TEST_F(DataLinkTest, TheFilesOfAPackageAreFoundBehindTheServiceThatItsRowNames) {
  const std::string first =
      R"(<VOTABLE><RESOURCE type="results"><TABLE><FIELD ID="id" name="ID" datatype="char" arraysize="*"/>
      <FIELD name="access_url" datatype="char" arraysize="*"/><FIELD name="service_def" datatype="char" arraysize="*"/>
      <FIELD name="semantics" datatype="char" arraysize="*"/><FIELD name="content_type" datatype="char" arraysize="*"/><DATA><TABLEDATA>
      <TR><TD>A</TD><TD>http://f/A.tar</TD><TD/><TD>#this</TD><TD>application/x-tar</TD></TR>
      <TR><TD>A</TD><TD/><TD>inside</TD><TD>#this</TD><TD>application/x-votable+xml;content=datalink</TD></TR>
      </TABLEDATA></DATA></TABLE></RESOURCE><RESOURCE type="meta" utype="adhoc:service" ID="inside">
      <PARAM name="standardID" datatype="char" arraysize="*" value="ivo://ivoa.net/std/DataLink#links-1.0"/>
      <PARAM name="accessURL" datatype="char" arraysize="*" value=")" +
      server_.url("/inside?of=tar") + R"("/><GROUP name="inputParams">
      <PARAM name="ID" datatype="char" arraysize="*" value="" ref="id"/></GROUP></RESOURCE></VOTABLE>)";
  server_.at("/links", answer_with(200, first));
  server_.at("/inside?of=tar&ID=A",
             answer_with(200, links_document(
                                  {{"A.tar", "http://f/mask.tgz", "", "#this", "application/octet-stream"},
                                   {"A.tar", "http://f/A.fits", "", "#this", "application/octet-stream"}})));
  const auto found = file("/links");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, "http://f/A.fits");
  EXPECT_EQ(found->links->document, first);
}

TEST_F(DataLinkTest, APackageIsTheFileWhereWhatIsInItCannotBeHad) {
  server_.at("/links",
             answer_with(200, links_document({{"A", server_.url("/gone"), "", "#this", kLinksType},
                                              {"A", "http://f/A.tar", "", "#this", "application/x-tar"}})));
  const auto found = file("/links");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, "http://f/A.tar");
}

TEST(LinksTest, TheFurtherAnswersOfAlmaAreKnownByTheirServices) {
  const auto document = tests::sample("other/astroquery/alma/alma-datalink.xml");
  if (!document) GTEST_SKIP();
  const auto links = parse_links(*document, "https://almascience.org/datalink/sync", {});
  ASSERT_TRUE(links);
  std::vector<std::string> further;
  for (const auto& link : links->rows)
    if (auto url = further_links(*links, link); !url.empty()) further.push_back(url);
  const std::string base = "https://almascience.org/datalink/sync?ID=2017.1.01185.S_uid___A001_X12a3_Xe9_";
  EXPECT_EQ(further, (std::vector<std::string>{base + "001_of_001.tar", base + "auxiliary.tar"}));
}

TEST_F(DataLinkTest, AnAnswerPackedUnaskedIsRead) {
  const auto packed = tests::gzipped(links_document({{"A", "http://f/A", "", "#this", ""}}));
  server_.at("/links",
             answer_with(200, packed, {{"Content-Encoding", "gzip"}, {"Content-Type", "text/xml"}}));
  ASSERT_TRUE(datalink_.links(server_.url("/links"), turn_));
  const auto found = file_or_links("/links");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->source.url, "http://f/A");
}

}  // namespace
}  // namespace esofs::client
