#include "client/http/content_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace esofs::client {
namespace {

TEST(ContentHeadersTest, AContentRangeHasASpanAndATotal) {
  const auto range = content_range("bytes 0-65535/2984440320");
  ASSERT_TRUE(range && range->span);
  EXPECT_EQ(range->span->first, 0U);
  EXPECT_EQ(range->span->last, 65535U);
  EXPECT_EQ(range->total, 2984440320U);
  EXPECT_FALSE(content_range("bytes 5-9/*")->total);
  EXPECT_FALSE(content_range("bytes */100")->span);
  EXPECT_EQ(content_range("Bytes */100")->total, 100U);
}

TEST(ContentHeadersTest, AMalformedContentRangeIsNone) {
  for (const std::string text : {"", "bytes", "bytes 0-1", "lines 0-1/2", "bytes 5-4/10", "bytes 0-10/10",
                                 "bytes */*", "bytes -5/10", "bytes 0-/10", "bytes 0x0-1/10",
                                 "bytes 0-1/10/11", "bytes 0-18446744073709551616/*", "bytes 0-1/ten"}) {
    EXPECT_FALSE(content_range(text)) << text;
  }
}

TEST(ContentHeadersTest, ANameIsReadQuotedAndUnquoted) {
  EXPECT_EQ(disposition_name("attachment; filename=ADP.2018-06-21T20:32:57.736.fits"),
            "ADP.2018-06-21T20:32:57.736.fits");
  EXPECT_EQ(disposition_name("attachment; filename=\"MUSE.fits.fz\"; size=5"), "MUSE.fits.fz");
  EXPECT_EQ(disposition_name("attachment;FileName = \"a;b=c.fits\" ;x"), "a;b=c.fits");
  EXPECT_EQ(disposition_name(R"(inline; filename="a\"b\\c.fits")"), R"(a"b\c.fits)");
  EXPECT_EQ(disposition_name("attachment; filename=with space.fits; x=1"), "with space.fits");
  EXPECT_EQ(disposition_name("attachment; filename=\"../../etc/passwd\""), "../../etc/passwd");
}

TEST(ContentHeadersTest, AnExtendedNameWins) {
  EXPECT_EQ(disposition_name("attachment; filename=\"EURO.fits\"; filename*=UTF-8''%e2%82%ac%20rates.fits"),
            "\xe2\x82\xac rates.fits");
  EXPECT_EQ(disposition_name("attachment; filename*=iso-8859-1'en'%A3.fits"), "\xc2\xa3.fits");
  EXPECT_EQ(disposition_name("attachment; filename*=klingon''x; filename=plain.fits"), "plain.fits");
  EXPECT_EQ(disposition_name("attachment; filename*=broken; filename=plain.fits"), "plain.fits");
}

TEST(ContentHeadersTest, WithoutNameThereIsNone) {
  for (const std::string text :
       {"", "attachment", "attachment;", "inline; size=3", "attachment; filename",
        "attachment; filename=", "attachment; filename=\"", ";;;=;\"", "filename=x.fits"}) {
    EXPECT_EQ(disposition_name(text), "") << text;
  }
}

TEST(ContentHeadersTest, TheValidatorIsTheStrongEtagElseTheDateElseTheWeakEtag) {
  HttpHead head;
  EXPECT_EQ(validator_of(head), "");
  head.headers["etag"] = "W/\"1\"";
  EXPECT_EQ(validator_of(head), "W/\"1\"");
  head.headers.erase("etag");
  head.headers["last-modified"] = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(validator_of(head), "Sun, 06 Nov 1994 08:49:37 GMT");
  head.headers["etag"] = "W/\"1\"";
  EXPECT_EQ(validator_of(head), "Sun, 06 Nov 1994 08:49:37 GMT");
  head.headers["etag"] = "\"1\"";
  EXPECT_EQ(validator_of(head), "\"1\"");
}

TEST(ContentHeadersTest, AMediaTypeIsComparedWithoutParametersAndCase) {
  EXPECT_EQ(media_type("Text/HTML; charset=utf-8"), "text/html");
  EXPECT_EQ(media_type(""), "");
}

TEST(ContentHeadersTest, ANumberIsDigitsOnly) {
  EXPECT_EQ(decimal("364000000000"), 364000000000U);
  for (const std::string text : {"", "-1", "+1", " 1", "1 ", "1e3", "18446744073709551616"})
    EXPECT_FALSE(decimal(text)) << text;
}

}  // namespace
}  // namespace esofs::client
