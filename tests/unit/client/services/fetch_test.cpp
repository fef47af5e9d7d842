#include "client/services/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/http/http_fixture.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;
using tests::Headers;

const std::string kFits = "SIMPLE  =                    T / a FITS file of one line";

class TextFetchSink : public FetchSink {
 public:
  Result<void> head(const FileHead& head) override {
    EXPECT_FALSE(told) << "head() comes once";
    told = head;
    if (refuse_head) return Error(ECANCELED, "seen enough");
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    EXPECT_TRUE(told) << "head() comes before the body";
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  }

  void no_range() override { no_range_told = true; }
  void version_unknown() override { version_is_unknown = true; }

  std::optional<FileHead> told;
  bool no_range_told = false;
  bool version_is_unknown = false;
  std::string text;
  bool refuse_head = false;
};

class FetchTest : public HttpTest {
 protected:
  Result<FileHead> fetch(FetchRequest request) {
    if (request.url.empty()) request.url = server_.url("/file");
    return fetch_file(client(), request, sink_, turn_, options_);
  }
  // The answer to a fetch of `request` is `answer`; the error code, 0 for success.
  int code_for(const FetchRequest& request, const Answer& answer) {
    sink_ = TextFetchSink();
    server_.add(answer);
    auto head = fetch(request);
    what_ = head ? "" : head.error().what();
    return head ? 0 : head.error().code();
  }

  static FetchRequest range(std::uint64_t first, std::uint64_t size) {
    FetchRequest request;
    request.range = ByteRange{first, size};
    return request;
  }
  static FetchRequest tail(std::uint64_t size) {
    FetchRequest request = range(0, size);
    request.tail = true;
    return request;
  }
  static FetchRequest fits() {
    FetchRequest request;
    request.fits = true;
    return request;
  }
  static Answer partial(const std::string& content_range, const std::string& body, Headers headers = {}) {
    headers.emplace_back("Content-Range", content_range);
    return answer_with(206, body, headers);
  }

  TextFetchSink sink_;
  FetchOptions options_;
  std::string what_;
};

TEST_F(FetchTest, AWholeFileComesWithWhatTheAnswerTells) {
  server_.add(answer_with(200, kFits,
                          {{"Content-Type", "application/octet-stream"},
                           {"ETag", "\"v1\""},
                           {"Content-Disposition", "attachment; filename=ADP.1.fits"}}));
  FetchRequest request = fits();
  options_.headers = {"Authorization: Bearer t"};
  auto head = fetch(request);
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_EQ(sink_.text, kFits);
  EXPECT_FALSE(head->partial);
  EXPECT_EQ(head->first, 0U);
  EXPECT_EQ(head->total, kFits.size());
  EXPECT_EQ(head->validator, "\"v1\"");
  EXPECT_EQ(head->name, "ADP.1.fits");
  EXPECT_EQ(head->content_type, "application/octet-stream");
  EXPECT_EQ(sink_.told->total, kFits.size());
  EXPECT_EQ(server_.requests().at(0).header("range"), "");
  EXPECT_EQ(server_.requests().at(0).header("authorization"), "Bearer t");
}

TEST_F(FetchTest, AFileThatAProxyHasChangedSomethingOfIsTheFile) {
  EXPECT_EQ(code_for(fits(), answer_with(203, kFits)), 0) << what_;
  EXPECT_EQ(sink_.text, kFits);
  EXPECT_EQ(code_for(fits(), answer_with(203, "<html>log in", {{"Content-Type", "text/html"}})), EIO);
  EXPECT_THAT(what_, HasSubstr("web page"));
  EXPECT_EQ(code_for(fits(), answer_with(203, "<html><title>Log in</title>")), EIO);
  EXPECT_THAT(what_, HasSubstr("web page"));
}

TEST_F(FetchTest, ABodyWithoutLengthHasItsTotalAtTheEnd) {
  server_.add(Answer().send(head_text(200, {{"Transfer-Encoding", "chunked"}}) + "3\r\nabc\r\n0\r\n\r\n"));
  auto head = fetch({});
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_FALSE(sink_.told->total);
  EXPECT_EQ(head->total, 3U);
}

TEST_F(FetchTest, ARangeIsAskedForAndComes) {
  server_.add(partial("bytes 10-14/100", "abcde", {{"Last-Modified", "yesterday"}}));
  auto head = fetch(range(10, 5));
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_EQ(server_.requests().at(0).header("range"), "bytes=10-14");
  EXPECT_TRUE(head->partial);
  EXPECT_EQ(head->first, 10U);
  EXPECT_EQ(head->total, 100U);
  EXPECT_EQ(head->validator, "yesterday");
  EXPECT_EQ(sink_.text, "abcde");
}

TEST_F(FetchTest, ARangeOverTheEndIsCutAtTheEnd) {
  EXPECT_EQ(code_for(range(95, 50), partial("bytes 95-99/100", "abcde")), 0) << what_;
  EXPECT_EQ(sink_.told->first, 95U);
}

TEST_F(FetchTest, ATailIsAskedForBySuffix) {
  server_.add(partial("bytes 95-99/100", "abcde"));
  auto head = fetch(tail(5));
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_EQ(server_.requests().at(0).header("range"), "bytes=-5");
  EXPECT_EQ(head->first, 95U);
  EXPECT_EQ(code_for(tail(50), partial("bytes 0-4/5", "abcde")), 0)
      << "a file shorter than its tail: " << what_;
}

TEST_F(FetchTest, AnotherRangeThanAskedForIsRefused) {
  const std::vector<std::pair<FetchRequest, Answer>> cases = {
      {range(10, 5), partial("bytes 11-15/100", "abcde")},
      {range(10, 5), partial("bytes 10-15/100", "abcdef")},
      {range(10, 5), answer_with(206, "abcde")},
      {range(10, 5), partial("bytes */100", "abcde")},
      {tail(5), partial("bytes 90-94/100", "abcde")},
      {tail(5), partial("bytes 95-99/*", "abcde")},
      {FetchRequest{}, partial("bytes 0-4/100", "abcde")}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(code_for(cases[i].first, cases[i].second), EIO) << i;
    EXPECT_FALSE(sink_.told) << i;
  }
}

TEST_F(FetchTest, APartThatIsShorterThanAskedForIsTaken) {
  EXPECT_EQ(code_for(range(10, 5), partial("bytes 10-13/100", "abcd")), 0) << what_;
  EXPECT_EQ(sink_.text, "abcd");
  EXPECT_EQ(code_for(range(10, 5), partial("bytes 10-13/100", "abc")), EIO);
  EXPECT_EQ(code_for(tail(5), partial("bytes 95-98/100", "abcd")), EIO) << "no tail";
}

TEST_F(FetchTest, AVersionIsKnownByTagAndDateToo) {
  FetchRequest request = range(10, 5);
  request.validator = "yesterday";
  request.tag = "abc";
  request.date = "yesterday";
  const auto with = [](const std::string& tag, const std::string& date) {
    return answer_with(206, "abcde",
                       {{"Content-Range", "bytes 10-14/100"}, {"ETag", tag}, {"Last-Modified", date}});
  };
  EXPECT_EQ(code_for(request, with("W/\"abc\"", "yesterday")), 0) << what_;
  EXPECT_EQ(code_for(request, with("\"abc\"", "yesterday")), 0) << what_;
  EXPECT_EQ(code_for(request, with("\"abd\"", "yesterday")), ESTALE);
  EXPECT_EQ(code_for(request, with("\"abc\"", "today")), ESTALE);
}

TEST_F(FetchTest, ARangeWhoseBodyHasAnotherLengthIsRefused) {
  EXPECT_EQ(code_for(range(10, 5), partial("bytes 10-14/100", "abcdef")), EIO);
  EXPECT_EQ(code_for(range(10, 5), partial("bytes 10-14/100", "abcd")), EIO);
  const auto chunked = [](const std::string& chunks) {
    return Answer().send(
        head_text(206, {{"Content-Range", "bytes 10-14/100"}, {"Transfer-Encoding", "chunked"}}) + chunks);
  };
  EXPECT_EQ(code_for(range(10, 5), chunked("6\r\nabcdef\r\n0\r\n\r\n")), EIO);
  EXPECT_EQ(sink_.text, "") << "not one byte too many is handed on";
  EXPECT_EQ(code_for(range(10, 5), chunked("4\r\nabcd\r\n0\r\n\r\n")), EIO);
  EXPECT_EQ(code_for(range(10, 5), chunked("5\r\nabcde\r\n0\r\n\r\n")), 0) << what_;
}

TEST_F(FetchTest, AChangedFileIsStale) {
  FetchRequest known = range(10, 5);
  known.total = 100;
  known.validator = "\"v1\"";
  EXPECT_EQ(code_for(known, partial("bytes 10-14/100", "abcde", {{"ETag", "\"v1\""}})), 0) << what_;
  EXPECT_EQ(code_for(known, partial("bytes 10-14/*", "abcde", {{"ETag", "\"v1\""}})), 0) << what_;
  EXPECT_EQ(sink_.told->total, 100U);
  EXPECT_EQ(code_for(known, partial("bytes 10-14/100", "abcde", {{"ETag", "\"v2\""}})), ESTALE);
  EXPECT_EQ(code_for(known, partial("bytes 10-14/100", "abcde")), ESTALE);
  EXPECT_EQ(code_for(known, partial("bytes 10-14/101", "abcde", {{"ETag", "\"v1\""}})), ESTALE);
  EXPECT_FALSE(sink_.told);
}

TEST_F(FetchTest, AServerThatIgnoresTheRangeSendsTheWholeFile) {
  server_.add(answer_with(200, "0123456789"));
  auto head = fetch(range(4, 2));
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_FALSE(head->partial);
  EXPECT_EQ(head->first, 0U);
  EXPECT_EQ(head->total, 10U);
  EXPECT_EQ(sink_.text, "0123456789");
}

TEST_F(FetchTest, ARangeOutsideTheFileIsStaleWhereTheSizeHasChanged) {
  FetchRequest known = range(90, 5);
  known.total = 100;
  EXPECT_EQ(code_for(known, answer_with(416, "", {{"Content-Range", "bytes */50"}})), ESTALE);
  EXPECT_EQ(code_for(known, answer_with(416, "", {{"Content-Range", "bytes */100"}})), EIO);
  EXPECT_EQ(code_for(known, answer_with(416)), EIO);
  EXPECT_EQ(code_for(tail(5), answer_with(416, "", {{"Content-Range", "bytes */0"}})), EIO);
}

TEST_F(FetchTest, TheSinkIsCalledIfTheRangeMayBeRefused) {
  const Headers several{{"Content-Type", "multipart/byteranges; boundary=x"}};
  for (const auto& answer :
       {answer_with(416), answer_with(416, "", {{"Content-Range", "bytes */0"}}), answer_with(400),
        answer_with(501), answer_with(206, "abcde"), partial("bytes 0-5/100", "abcdef"),
        partial("bytes 0-4/100", "abcde", several)}) {
    EXPECT_NE(code_for(range(0, 5), answer), 0);
    EXPECT_TRUE(sink_.no_range_told) << what_;
  }
  EXPECT_EQ(code_for(range(0, 5), partial("bytes 1-5/100", "bcdef")), EIO);
  EXPECT_FALSE(sink_.no_range_told) << "it is wrong";
  FetchRequest known = range(90, 5);
  known.total = 100;
  EXPECT_EQ(code_for(known, answer_with(416, "", {{"Content-Range", "bytes */50"}})), ESTALE);
  EXPECT_FALSE(sink_.no_range_told) << "it has understood";
  EXPECT_EQ(code_for(range(0, 5), answer_with(404)), ENOENT);
  EXPECT_FALSE(sink_.no_range_told);
  EXPECT_NE(code_for(FetchRequest{}, answer_with(400)), 0);
  EXPECT_FALSE(sink_.no_range_told) << "none was asked for";
}

TEST_F(FetchTest, AnAnswerOfUnknownVersionIsToldFromOneOfAnother) {
  FetchRequest known = range(0, 5);
  known.total = 100;
  const auto part = [](const Headers& headers) { return partial("bytes 0-4/100", "abcde", headers); };
  known.validator = "\"v1\"";
  known.tag = "v1";
  known.date = "yesterday";
  EXPECT_EQ(code_for(known, part({{"Last-Modified", "yesterday"}})), 0) << what_;
  EXPECT_EQ(code_for(known, part({{"Last-Modified", "today"}})), ESTALE);
  EXPECT_FALSE(sink_.version_is_unknown);
  EXPECT_EQ(code_for(known, part({})), ESTALE);
  EXPECT_TRUE(sink_.version_is_unknown);
  EXPECT_THAT(what_, HasSubstr("sends no ETag and no Last-Modified in place of \"v1\""));
  EXPECT_EQ(code_for(known, partial("bytes 0-4/99", "abcde")), ESTALE);
  EXPECT_FALSE(sink_.version_is_unknown) << "the size is another";
  known.date = "";
  EXPECT_EQ(code_for(known, part({{"Last-Modified", "yesterday"}})), ESTALE);
  EXPECT_TRUE(sink_.version_is_unknown) << "a tag and a date cannot be compared";
  EXPECT_EQ(code_for(known, part({{"ETag", "\"v2\""}, {"Last-Modified", "yesterday"}})), ESTALE);
  EXPECT_FALSE(sink_.version_is_unknown);
  known.validator = known.date = "yesterday";
  known.tag = "";
  EXPECT_EQ(code_for(known, part({{"ETag", "\"v1\""}, {"Last-Modified", "yesterday"}})), 0) << what_;
}

TEST_F(FetchTest, SeveralRangesAreRefused) {
  EXPECT_EQ(code_for(range(0, 5), partial("bytes 0-4/100", "abcde",
                                          {{"Content-Type", "multipart/byteranges; boundary=x"}})),
            EIO);
}

TEST_F(FetchTest, AnEncodedBodyIsRefused) {
  EXPECT_EQ(code_for({}, answer_with(200, "abc", {{"Content-Encoding", "gzip"}})), EIO);
  EXPECT_EQ(code_for({}, answer_with(200, "abc", {{"Content-Encoding", "identity"}})), 0) << what_;
  EXPECT_EQ(code_for(fits(), answer_with(200, kFits, {{"Content-Encoding", "br"}})), EIO);
}

TEST_F(FetchTest, AnEncodingOfFitsIsThePackingOfTheFile) {
  const std::string packed = "\x1f\x8b\x08" + std::string(100, 'x');
  EXPECT_EQ(code_for(fits(), answer_with(200, packed, {{"Content-Encoding", "x-gzip"}})), 0) << what_;
  EXPECT_EQ(sink_.text, packed);
}

TEST_F(FetchTest, AnEncodingOfAFileThatIsNamedPackedIsThePackingOfTheFile) {
  const std::string packed = "\x1f\x8b\x08" + std::string(100, 'x');
  const Answer encoded = answer_with(200, packed, {{"Content-Encoding", "x-gzip"}});
  FetchRequest named;
  for (const char* target : {"/logs.tar.gz", "/logs.TGZ?part=a.b", "/frame.dat.Z#x"}) {
    named.url = server_.url(target);
    EXPECT_EQ(code_for(named, encoded), 0) << what_;
    EXPECT_EQ(sink_.text, packed) << target;
  }
  const std::string disposition = "attachment; filename=\"logs.tar.gz\"";
  EXPECT_EQ(code_for({}, answer_with(200, packed,
                                     {{"Content-Encoding", "gzip"}, {"Content-Disposition", disposition}})),
            0)
      << what_;
  named.url = server_.url("/gz/logs.txt?as=a.gz");  // made by a server that encodes whatever it is asked for
  EXPECT_EQ(code_for(named, encoded), EIO);
}

TEST_F(FetchTest, AWebPageIsNotAFile) {
  const Headers html = {{"Content-Type", "text/html; charset=utf-8"}};
  EXPECT_EQ(code_for({}, answer_with(200, "<html>log in", html)), EIO);
  EXPECT_THAT(what_, HasSubstr("web page"));
  EXPECT_EQ(code_for(fits(), answer_with(200, kFits, html)), EIO);
  EXPECT_FALSE(sink_.told);
  const Headers file = {{"Content-Type", "text/html"},
                        {"Content-Disposition", "attachment; filename=manual.html"}};
  EXPECT_EQ(code_for({}, answer_with(200, "<html>manual", file)), 0) << what_;
  EXPECT_EQ(code_for(fits(), answer_with(200, "<html>manual", file)), EIO);
}

TEST_F(FetchTest, ATextIsNotAPictureAPackageOrATable) {
  const Headers plain = {{"Content-Type", "text/plain; charset=utf-8"}};
  for (const char* extension :
       {".png", ".JPG", ".gif", ".pdf", ".tar", ".tar.gz", ".tgz", ".zip", ".vot", ".tif"}) {
    FetchRequest request;
    request.extension = extension;
    EXPECT_EQ(code_for(request, answer_with(200, "The archive is closed for maintenance", plain)), EIO);
    EXPECT_THAT(what_, HasSubstr("a text instead of the file: The archive is closed")) << extension;
    EXPECT_FALSE(sink_.told) << extension;
  }
}

TEST_F(FetchTest, AFileThatIsOnlyCalledATextIsTheFile) {
  const Headers plain = {{"Content-Type", "text/plain"}};
  const std::string tar = std::string(257, 'x') + "ustar";
  for (const auto& [extension, body] :
       std::vector<std::pair<std::string, std::string>>{{".png", "\x89PNG..."},
                                                        {".tar", tar},
                                                        {".tar", tar + std::string(1000, 'y')},
                                                        {".vot", "\xEF\xBB\xBF \n<VOTABLE/>"},
                                                        {".txt", "words"},
                                                        {".csv", "a,b"},
                                                        {"", "words"}}) {
    FetchRequest request;
    request.extension = extension;
    EXPECT_EQ(code_for(request, answer_with(200, body, plain)), 0) << extension << what_;
    EXPECT_EQ(sink_.text, body);
  }
}

TEST_F(FetchTest, WhereFitsIsExpectedItsFirstBytesAreLookedAt) {
  EXPECT_EQ(code_for(fits(), answer_with(200, "<!DOCTYPE html><html>")), EIO);
  EXPECT_EQ(code_for(fits(), answer_with(200, "")), EIO);
  EXPECT_EQ(code_for(fits(), answer_with(200, "SIMPLETON")), EIO);
  EXPECT_FALSE(sink_.told) << "nothing of a body that is not the file is handed on";
  for (const std::string start : {"\x1f\x9d\x90", "\x1f\x8b\x08", "BZh9"}) {
    EXPECT_EQ(code_for(fits(), answer_with(200, start + "compressed")), 0) << what_;
    EXPECT_EQ(sink_.text, start + "compressed");
  }
}

TEST_F(FetchTest, FitsIsRecognisedHoweverTheBytesArrive) {
  server_.add(Answer().send(head_text(200, {{"Transfer-Encoding", "chunked"}}) +
                            "3\r\nSIM\r\n5\r\nPLE  \r\n4\r\n=  T\r\n0\r\n\r\n"));
  auto head = fetch(fits());
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_EQ(sink_.text, "SIMPLE  =  T");
}

TEST_F(FetchTest, FitsIsLookedForAtTheStartOfAFileOnly) {
  FetchRequest middle = range(10, 5);
  middle.fits = true;
  EXPECT_EQ(code_for(middle, partial("bytes 10-14/100", "abcde")), 0) << what_;
  FetchRequest start = range(0, 4);
  start.fits = true;
  EXPECT_EQ(code_for(start, partial("bytes 0-3/100", "SIMP")), 0) << what_;
  EXPECT_EQ(sink_.text, "SIMP");
  EXPECT_EQ(code_for(start, partial("bytes 0-3/100", "<htm")), EIO);
}

TEST_F(FetchTest, RefusalsHaveTheirErrno) {
  EXPECT_EQ(code_for({}, answer_with(401, "<html>log in", {{"Content-Type", "text/html"}})), EACCES);
  EXPECT_EQ(code_for({}, answer_with(403)), EACCES);
  EXPECT_EQ(code_for({}, answer_with(404)), ENOENT);
  EXPECT_EQ(code_for({}, answer_with(500)), EIO);
  EXPECT_EQ(code_for({}, Answer().send(head_text(204))), ENODATA);
  EXPECT_EQ(code_for({}, answer_with(300)), EIO);
}

TEST_F(FetchTest, ABadRequestByAUrlThatHoldsASecretIsARefusal) {
  FetchRequest request;
  request.url = server_.url("/file?X-Amz-Security-Token=old&X-Amz-Signature=f00");
  EXPECT_EQ(code_for(request, answer_with(400, "<Error><Code>ExpiredToken</Code></Error>")), EACCES);
  EXPECT_THAT(what_, HasSubstr("ExpiredToken"));
  request.url = server_.url("/file?id=1");
  EXPECT_EQ(code_for(request, answer_with(400)), EIO) << "nothing that could have ended";
}

TEST_F(FetchTest, ServerTroubleIsTriedAgainBeforeTheSinkIsCalled) {
  server_.add(answer_with(503, "busy"));
  EXPECT_EQ(code_for({}, answer_with(200, "abc")), 0) << what_;
  EXPECT_EQ(sink_.text, "abc");
  server_.otherwise(answer_with(503, "busy"));
  EXPECT_EQ(code_for({}, answer_with(503, "busy")), EIO);
}

TEST_F(FetchTest, AShortBodyIsAnError) {
  EXPECT_EQ(code_for({}, Answer().send(head_text(200, {{"Content-Length", "10"}}) + "abc").close()), EIO);
  FetchRequest known;
  known.total = 10;
  EXPECT_EQ(code_for(known, Answer().send(head_text(200) + "abc").close()), EIO)
      << "a body that ends by close";
}

TEST_F(FetchTest, ASinkThatHasSeenEnoughOfTheHeadCostsNoBody) {
  server_.add(Answer()
                  .send(head_text(200, {{"Content-Length", "364000000000"},
                                        {"Content-Type", "application/x-votable+xml"}}))
                  .hold());
  sink_.refuse_head = true;
  auto head = fetch({});
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ECANCELED);
  EXPECT_EQ(sink_.told->content_type, "application/x-votable+xml");
  EXPECT_TRUE(server_.wait_for_departures(1));
}

TEST_F(FetchTest, AnAnswerThatBreaksOffBeforeAByteIsTakenIsAskedForAgain) {
  const std::string head = head_text(200, {{"Content-Length", std::to_string(kFits.size())}});
  server_.add(Answer().send(head).close());
  server_.add(Answer().send(head + kFits.substr(0, 5)).reset());
  server_.add(answer_with(200, kFits));
  const auto file = fetch(fits());
  ASSERT_TRUE(file) << file.error().what();
  EXPECT_EQ(sink_.text, kFits);
}

TEST_F(FetchTest, AnAnswerOfWhichTheSinkHasSeenSomethingIsNot) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "100"}}) + kFits).close());
  EXPECT_FALSE(fetch(fits()));
  EXPECT_EQ(server_.requests().size(), 1U);
}

}  // namespace
}  // namespace esofs::client
