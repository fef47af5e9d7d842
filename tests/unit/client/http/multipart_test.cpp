#include "client/http/multipart.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::client {
namespace {

TEST(MultipartTest, TheBoundaryIsInTheContentType) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Mixed; charset=x; BOUNDARY=\"a b:c\"; y=z"), "a b:c");
  EXPECT_EQ(multipart_boundary("multipart/mixed; boundary=abc; x=y"), "abc");
  EXPECT_EQ(multipart_boundary("multipart/mixed"), std::nullopt);
  EXPECT_EQ(multipart_boundary("multipart/mixed; boundary="), std::nullopt);
  EXPECT_EQ(multipart_boundary("multipart/mixed; boundary=" + std::string(71, 'x')), std::nullopt);
  EXPECT_EQ(multipart_boundary("application/xml; boundary=abc"), std::nullopt);
}

TEST(MultipartTest, PartsHaveHeadersAndTheirExactBytes) {
  for (const std::string end : {"\r\n", "\n"}) {
    const std::string body = "preamble" + end + "--b" + end + "Content-Type: text/plain;" + end +
                             " charset=x" + end + "X: y" + end + end + "one" + end + end + "--b  " + end +
                             end + "--bee" + end + "--b--" + end + "epilogue" + end + "--b" + end;
    const auto parts = multipart_parts(body, "b");
    ASSERT_TRUE(parts) << parts.error().what();
    ASSERT_EQ(parts->size(), 2U);
    EXPECT_EQ((*parts)[0].body, "one" + end);
    EXPECT_EQ((*parts)[0].headers.at("content-type"), "text/plain; charset=x");
    EXPECT_EQ((*parts)[0].headers.at("x"), "y");
    EXPECT_EQ((*parts)[1].body, "--bee") << "a longer line is no delimiter";
    EXPECT_TRUE((*parts)[1].headers.empty());
  }
}

TEST(MultipartTest, EmptyPartsAndNoPartsAreRead) {
  EXPECT_EQ(multipart_parts("--b--", "b")->size(), 0U);
  const auto parts = multipart_parts("--b\n--b\n\n--b--", "b");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].body, "");
  EXPECT_EQ((*parts)[1].body, "");
}

TEST(MultipartTest, ABodyThatWasCutIsRefused) {
  for (const std::string body :
       {"", "no delimiter", "--b", "--b\n\none", "--b\n\none\n--", "--b\n\none\nx--b--"}) {
    const auto parts = multipart_parts(body, "b");
    ASSERT_FALSE(parts) << body;
    EXPECT_EQ(parts.error().code(), EBADMSG);
  }
}

TEST(MultipartTest, AFloodOfPartsIsRefused) {
  std::string body;
  for (int i = 0; i < 20'000; ++i) body += "--b\n";
  EXPECT_EQ(multipart_parts(body + "--b--", "b").error().code(), EBADMSG);
}

}  // namespace
}  // namespace esofs::client
