#include "client/http/url.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "client/http/http.h"

namespace esofs::client {
namespace {

TEST(UrlTest, AShownUrlHasNoUserInfo) {
  EXPECT_EQ(shown_url("http://me:secret@host:81/a@b?x=1"), "http://***@host:81/a@b?x=1");
  EXPECT_EQ(shown_url("http://me:sec@ret@host"), "http://***@host");
  EXPECT_EQ(shown_url("http://host/a:b@c"), "http://host/a:b@c");
}

TEST(UrlTest, ASchemeIsForeignUnlessItIsOfHttp) {
  for (const char* url : {"http://h/a", "HTTPS://h/a", "a/b", "ID?x", ""})
    EXPECT_EQ(foreign_scheme(url), "") << url;
  EXPECT_EQ(foreign_scheme("FTP://h/a"), "ftp");
  EXPECT_EQ(foreign_scheme("s3://bucket/http://h"), "s3");
}

TEST(UrlTest, AShownUrlHasNoSecretParameters) {
  for (const std::string name :
       {"password",        "PASSWORD",         "passwd",    "token",       "access_token",
        "id_token",        "client_secret",    "api_key",   "apikey",      "signature",
        "X-Amz-Signature", "X-Amz-Credential", "sig",       "key",         "auth",
        "pass%77ord",      "sessionid",        "ticket",    "md5",         "hdnts",
        "AWSAccessKeyId",  "subscription-key", "x-api-key", "SAMLResponse"}) {
    EXPECT_EQ(shown_url("https://h/p?a=1&" + name + "=s3cret&b=2#c"),
              "https://h/p?a=1&" + name + "=***&b=2#c");
    EXPECT_EQ(shown_url("https://h/p#" + name + "=s3cret"), "https://h/p#" + name + "=***");
  }
}

TEST(UrlTest, AShownUrlHasNoSecretParametersOfItsPath) {
  EXPECT_EQ(shown_url("https://h/a;jsessionid=s3cret/b;x=1?y=2"), "https://h/a;jsessionid=***/b;x=1?y=2");
}

TEST(UrlTest, TheNameOfAUrlTellsTwoSecretsApartAndNoSecret) {
  const auto one = name_of_url("https://me:s3cret@h/p?a=1&token=s3cret&b=2");
  EXPECT_EQ(one.find("s3cret"), std::string::npos);
  EXPECT_EQ(one, name_of_url("https://me:s3cret@h/p?a=1&token=s3cret&b=2"));
  EXPECT_NE(one, name_of_url("https://me:s3cret@h/p?a=1&token=another&b=2"));
  EXPECT_NE(one, name_of_url("https://me:another@h/p?a=1&token=s3cret&b=2"));
  EXPECT_EQ(name_of_url("https://h/p?ID=ivo://eso.org/ID?ADP.1"), "https://h/p?ID=ivo://eso.org/ID?ADP.1");
  EXPECT_EQ(name_of_url("https://h/p?token=s3cret"), "https://h/p?token=CCAFA7716468E467");  // kept in caches
}

TEST(UrlTest, AUrlIsBelowAPlaceByItsOriginAndItsPath) {
  const UrlPlace place("https://Archive.eso.org/file/");
  for (const std::string url :
       {"https://archive.eso.org/file/x", "https://ARCHIVE.eso.org:443/file/x?y=/../z",
        "https://archive.eso.org/file", "https://archive.eso.org/file/..x/x..",
        "https://archive.eso.org/file/x#/../"})
    EXPECT_TRUE(UrlPlace(url).below(place)) << url;
  for (const std::string url :
       {"https://archive.eso.org/files", "https://archive.eso.org/", "http://archive.eso.org/file/x",
        "https://archive.eso.org:8443/file/x", "https://archive.eso.org.evil.org/file/x",
        "https://evil-archive.eso.org/file/x", "https://archive.eso.org@evil.org/file/x",
        "https://me@archive.eso.org/file/x", "https://archive.eso.org/file/../x",
        "https://archive.eso.org/file/%2e%2E/x", "https://archive.eso.org/file/..%2fx",
        "https://archive.eso.org/file/..\\x", "https://archive.eso.org/file/%2e./x", "/file/x", ""})
    EXPECT_FALSE(UrlPlace(url).below(place)) << url;
  EXPECT_TRUE(UrlPlace("http://h/links?ID=1").below(UrlPlace("http://h/links?")));
  EXPECT_FALSE(UrlPlace("http://h/linksx?ID=1").below(UrlPlace("http://h/links?")));
  EXPECT_TRUE(UrlPlace("http://h").below(UrlPlace("http://h/")));
}

TEST(UrlTest, ThisMachineIsKnownByItsNameAndItsAddresses) {
  for (const std::string url :
       {"http://localhost/", "http://127.0.0.1:80/x", "http://127.1.2.3", "http://[::1]:8/"})
    EXPECT_TRUE(to_this_machine(url)) << url;
  for (const std::string url :
       {"http://127.0.0.1.evil.org/", "http://localhost.evil.org", "http://x.localhost/", "http://128.0.0.1",
        "http://[::2]/", "http://eso.org/localhost", ""})
    EXPECT_FALSE(to_this_machine(url)) << url;
  EXPECT_TRUE(in_the_clear_here("http://localhost/"));
  EXPECT_FALSE(in_the_clear_here("https://localhost/"));
}

TEST(UrlTest, AShownUrlKeepsTheRest) {
  for (const std::string url :
       {"https://dataportal.eso.org/dataPortal/file/ADP.2018-06-21T20:32:57.736",
        "http://h/p?ID=ivo://eso.org/ID?ADP.1&x", "http://h/p?response_type=id_token+token&username=me",
        "http://h?author=x", "http://h", "", "?", "token"}) {
    EXPECT_EQ(shown_url(url), url);
  }
}

TEST(UrlTest, FormFieldsAreEncoded) {
  EXPECT_EQ(form_encoded({{"QUERY", "SELECT * FROM a WHERE b='c+d&e'"}, {"x y", "ü"}}),
            "QUERY=SELECT%20%2A%20FROM%20a%20WHERE%20b%3D%27c%2Bd%26e%27&x%20y=%C3%BC");
  EXPECT_EQ(form_encoded({}), "");
}

TEST(UrlTest, ParametersAreAddedToWhatTheUrlHas) {
  EXPECT_EQ(with_parameters("http://h/p", {{"a", "1"}, {"b", "2"}}), "http://h/p?a=1&b=2");
  EXPECT_EQ(with_parameters("http://h/p?x=0", {{"a", "1"}}), "http://h/p?x=0&a=1");
  EXPECT_EQ(with_parameters("http://h/p?", {{"a", "1"}}), "http://h/p?a=1");
  EXPECT_EQ(with_parameters("http://h/p?x=0&", {{"a", "1"}}), "http://h/p?x=0&a=1");
  EXPECT_EQ(with_parameters("http://h/p#f", {{"a", "1"}}), "http://h/p?a=1#f");
  EXPECT_EQ(with_parameters("http://h/p#f?", {{"a", "1"}}), "http://h/p?a=1#f?");
  EXPECT_EQ(with_parameters("http://h/p", {}), "http://h/p");
}

// RFC 3986 section 5.4.
TEST(UrlTest, ReferencesAreResolvedAsTheStandardSays) {
  const std::string base = "http://a/b/c/d;p?q";
  const std::vector<std::pair<std::string, std::string>> examples = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
  };
  for (const auto& [reference, resolved] : examples)
    EXPECT_EQ(resolved_url(base, reference), resolved) << reference;
}

TEST(UrlTest, AbsoluteReferencesStayAsTheyAre) {
  for (const std::string url : {"g:h", "https://other/x y?z=é", "file:///etc/passwd"})
    EXPECT_EQ(resolved_url("http://a/b", url), url);
}

TEST(UrlTest, ReferencesAreResolvedAgainstArchiveUrls) {
  EXPECT_EQ(resolved_url("http://me@h:8080/tap/async?x", "/tap/async/1/results/result"),
            "http://me@h:8080/tap/async/1/results/result");
  EXPECT_EQ(resolved_url("http://h/a/b?x=/../y", "c d"), "http://h/a/c%20d");
}

TEST(UrlTest, AServerIsAHostAndAPort) {
  EXPECT_EQ(server_of("https://Archive.eso.org/file?id=1"), "archive.eso.org:443");
  EXPECT_EQ(server_of("http://user@archive.eso.org:8080"), "archive.eso.org:8080");
  EXPECT_EQ(server_of("no URL"), "");
}

TEST(UrlTest, CredentialsAreTrustedToTheSameOriginAndToItsHttpsForm) {
  EXPECT_TRUE(same_trust("https://h/a", "https://H:443/b"));
  EXPECT_TRUE(same_trust("http://h/a", "https://h/b"));
  EXPECT_FALSE(same_trust("https://h/a", "http://h/b"));
  EXPECT_FALSE(same_trust("https://h/a", "https://h:8443/b"));
  EXPECT_FALSE(same_trust("http://h:81/a", "https://h/b"));
  EXPECT_FALSE(same_trust("https://h/a", "https://h.evil/b"));
  EXPECT_FALSE(same_trust("https://h/a", "https://h@evil/b"));
  EXPECT_FALSE(same_trust("", ""));
}

TEST(UrlTest, TheLastPartOfAPathIsDecodedAndHasNoQuery) {
  EXPECT_EQ(last_part("https://host/file/MUSE.2018-06-05T01%3A06%3A59.418?a=/b#c/d"),
            "MUSE.2018-06-05T01:06:59.418");
  EXPECT_EQ(last_part("https://host/dir/"), "");
  EXPECT_EQ(last_part("https://host"), "");
  EXPECT_EQ(last_part("https://host?path=/x.fits"), "");
  EXPECT_EQ(last_part("mailto:archive@host/x1"), "");
  EXPECT_EQ(without_query("https://host/x.fits#1?2"), "https://host/x.fits");
}

TEST(UrlTest, NothingButWhatNoUrlHoldsIsEncoded) {
  EXPECT_EQ(sendable_url("http://h/a b/\xC3\xA9\t?ID=ivo://x/y?z|[1]%2F&c={d}"),
            "http://h/a%20b/%C3%A9%09?ID=ivo://x/y?z|[1]%2F&c={d}");
}

TEST(UrlTest, TheSamePlaceIsTheSamePathAtAnyHost) {
  EXPECT_TRUE(same_place("http://a/tap/sync", "https://a/tap/sync"));
  EXPECT_TRUE(same_place("http://a:80/tap/sync?x=1", "http://b/tap/sync?x=1"));
  EXPECT_TRUE(same_place("http://a/tap/sync", "http://a/tap/sync/"));
  EXPECT_TRUE(same_place("http://a", "https://a/"));
  EXPECT_FALSE(same_place("http://a/tap/sync", "http://a/tap/sync")) << "nobody has moved";
  EXPECT_FALSE(same_place("http://a/tap/sync", "http://a/tap/results/1"));
  EXPECT_FALSE(same_place("http://a/tap/sync", "http://b/tap/sync?x=1"));
}

}  // namespace
}  // namespace esofs::client
