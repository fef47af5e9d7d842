#include "mountopts/options.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>

namespace esofs::mountopts {
namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view text) {
  Options options = default_options();
  const auto applied = apply_text(options, text);
  if (applied) return "accepted";
  EXPECT_EQ(applied.error().code(), EINVAL);
  return applied.error().what();
}

std::string json_refusal(const std::string& text) {
  Options options = default_options();
  const auto applied = apply_json(options, text, "config.json");
  if (applied) return "accepted";
  EXPECT_EQ(applied.error().code(), EINVAL);
  return applied.error().what();
}

TEST(OptionsTest, TheDefaultsAreThoseOfTheTable) {
  const Options options = default_options();
  EXPECT_EQ(options.cache_size, 20ULL << 30U);
  EXPECT_EQ(options.transfers, 16);
  EXPECT_EQ(options.queries, 4);
  EXPECT_EQ(options.query_wait, 60s);
  EXPECT_EQ(options.ttl, 24h);
  EXPECT_EQ(options.unpack, cache::Unpack::kAll);
  EXPECT_EQ(options.names, fs::NameStyle::kArchive);
}

TEST(OptionsTest, TextAndJsonSayTheSame) {
  Options by_text = default_options();
  Options by_json = default_options();
  ASSERT_TRUE(apply_text(by_text,
                         "cache_size=2G,names=safe,unpack=Z,ttl=90m,list_xattrs,transfers=3,cache_dir=/a/b"));
  ASSERT_TRUE(
      apply_json(by_json,
                 R"({"cache_size": "2G", "names": "safe", "unpack": "Z", "ttl": "90m", "list_xattrs": true,
                             "transfers": 3, "cache_dir": "/a/b"})",
                 "config.json"));
  EXPECT_EQ(shown_options(by_text), shown_options(by_json));
  EXPECT_EQ(by_text.cache_size, 2ULL << 30U);
  EXPECT_EQ(by_text.ttl, 90min);
  EXPECT_EQ(by_text.names, fs::NameStyle::kSafe);
  EXPECT_EQ(by_text.cache_dir, "/a/b");
}

TEST(OptionsTest, AnUnknownNameIsRefusedWithTheNearestOne) {
  EXPECT_EQ(refusal("cache_sise=1G"), "unknown option 'cache_sise' (did you mean 'cache_size'?)");
  EXPECT_EQ(refusal("qqqqqqqqqqqq"), "unknown option 'qqqqqqqqqqqq'");
  EXPECT_EQ(json_refusal(R"({"offlin": true})"),
            "config.json: unknown option 'offlin' (did you mean 'offline'?)");
}

TEST(OptionsTest, AnIllTypedValueIsRefusedWithItsName) {
  EXPECT_EQ(refusal("cache_size=many"),
            "option 'cache_size': 'many' is not a number of bytes such as 500M or 20G");
  EXPECT_EQ(refusal("transfers=0"), "option 'transfers': '0' is not a whole number from 1 to 64");
  EXPECT_EQ(refusal("transfers=3x"), "option 'transfers': '3x' is not a whole number from 1 to 64");
  EXPECT_EQ(refusal("ttl=soon"), "option 'ttl': 'soon' is not a time such as 90s, 15m or 24h");
  EXPECT_EQ(refusal("names=mine"), "option 'names': 'mine' is not one of archive|safe|original|readable");
  EXPECT_EQ(refusal("cache_dir=here"), "option 'cache_dir': 'here' is not an absolute path");
  EXPECT_EQ(refusal("cache_size"), "option 'cache_size' needs a value: cache_size=size");
  EXPECT_EQ(refusal("cacert=/no/such/file"), "option 'cacert': '/no/such/file' is not a file");
  EXPECT_EQ(json_refusal(R"({"offline": "yes"})"), "config.json: option 'offline': must be true or false");
  EXPECT_EQ(json_refusal(R"({"transfers": "4"})"), "config.json: option 'transfers': must be a whole number");
  EXPECT_EQ(json_refusal(R"({"transfers": 4.5})"), "config.json: option 'transfers': must be a whole number");
  EXPECT_EQ(json_refusal(R"({"cache_dir": 7})"), "config.json: option 'cache_dir': must be a text");
  EXPECT_EQ(json_refusal(R"([1])"), "config.json: must be an object of options");
  EXPECT_EQ(json_refusal("{"), "config.json: not JSON (line 1)");
}

TEST(OptionsTest, WhatMountAndFuseHaveOfTheirOwnIsTaken) {
  Options options = default_options();
  ASSERT_TRUE(
      apply_text(options, "rw,nosuid,nodev,_netdev,x-systemd.automount,noauto,user,auto_unmount,fsname=eso"));
  EXPECT_EQ(options.fuse, (std::vector<std::string>{"rw", "nosuid", "nodev", "auto_unmount", "fsname=eso"}));
}

TEST(OptionsTest, TheTypeByWhichAMountIsKnownIsNotTaken) {
  EXPECT_EQ(refusal("subtype=x"), "unknown option 'subtype'");
}

TEST(OptionsTest, WhatMountAndFuseHaveOfTheirOwnIsNotForTheFile) {
  for (const std::string name : {"ro", "nosuid", "allow_root", "_netdev", "fsname", "x-systemd.automount"})
    EXPECT_EQ(json_refusal("{\"" + name + "\": true}"),
              "config.json: option '" + name + "' belongs to -o or /etc/fstab, not to this file");
}

TEST(OptionsTest, ABackslashKeepsAComma) {
  Options options = default_options();
  ASSERT_TRUE(apply_text(options, R"(cache_dir=/a\,b,offline)"));
  EXPECT_EQ(options.cache_dir, "/a,b");
  EXPECT_TRUE(options.offline);
}

TEST(OptionsTest, APasswordInTheProxyIsNotShown) {
  Options options = default_options();
  ASSERT_TRUE(apply_text(options, "proxy=http://me:secret@proxy:3128/"));
  EXPECT_EQ(shown_options(options)["proxy"], "http://***@proxy:3128/");
  EXPECT_EQ(shown_options(options).dump().find("secret"), std::string::npos);
  // Written wrongly, too.
  for (const std::string proxy :
       {"http://me:x@secret@proxy:3128", "http://me:secret/x@proxy", "socks5h://me:secret x@h"}) {
    ASSERT_TRUE(apply_text(options, "proxy=" + proxy));
    EXPECT_EQ(shown_options(options).dump().find("secret"), std::string::npos) << proxy;
  }
  const auto refused = apply_text(options, "proxy=me:secret@proxy:3128");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what().find("secret"), std::string::npos) << refused.error().what();
}

TEST(OptionsTest, AProxyOfAnUnknownKindIsRefusedByItsScheme) {
  EXPECT_EQ(refusal("proxy=ftp://me:secret@proxy"),
            "option 'proxy': a proxy by ftp:// is unknown; there are http, https, socks4, socks4a, socks5 "
            "and socks5h");
  EXPECT_EQ(refusal("proxy=me:secret@ftp://proxy").find("secret"), std::string::npos);
  EXPECT_EQ(refusal("proxy=HTTPS://proxy"), "accepted");
}

TEST(OptionsTest, EveryDefaultOfTheTableIsValid) {
  for (const auto& option : option_help()) {
    if (option.initial.empty() || option.initial.starts_with('~')) continue;
    Options options = default_options();
    EXPECT_TRUE(apply_text(options, option.name + "=" + option.initial)) << option.name;
  }
}

std::string page(const std::string& name) {
  std::ifstream file(ESOFS_SOURCE_DIR "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string table_row(const OptionHelp& option) {
  const std::string unit = std::regex_replace(option.unit, std::regex("\\|"), "\\|");
  return "| `" + option.name + "` | " + unit + " | " + option.initial + " | " + option.help + " |\n";
}

std::string options_table() {
  std::string table = "| option | value | default | meaning |\n|---|---|---|---|\n";
  for (const auto& option : option_help()) table += table_row(option);
  return table;
}

TEST(OptionsTest, ThePageOfOptionsIsTheTable) {
  EXPECT_NE(page("mountopts/OPTIONS.md").find("\n\n" + options_table() + "\n"), std::string::npos)
      << "mountopts/OPTIONS.md shall contain this table:\n"
      << options_table();
}

std::string list_item(const OptionHelp& option) {
  const bool choice = option.unit != "yes|no" && option.unit.find('|') != std::string::npos;
  return "- `" + option.name + (choice ? "=" + option.unit : "") + "` (" + option.initial +
         "): " + option.help + "\n";
}

TEST(OptionsTest, TheReadmeRepeatsRowsOfTheTable) {
  const std::string readme = std::regex_replace(page("README.md"), std::regex("\n  +"), " ");
  int rows = 0;
  for (const auto& option : option_help()) {
    auto at = readme.find("\n- `" + option.name + "` (");
    if (at == std::string::npos) at = readme.find("\n- `" + option.name + "=");
    if (at == std::string::npos) continue;
    ++rows;
    EXPECT_EQ(readme.substr(at + 1, readme.find('\n', at + 1) - at), list_item(option));
  }
  EXPECT_GT(rows, 5);
}

}  // namespace
}  // namespace esofs::mountopts
