// What DataLink names below datasets/<dp_id>/: directories by semantics, names, lists behind links, errors, hostile answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "client/base/safe_name.h"
#include "fs/datasets/link_names.h"
#include "fs/datasets/link_table.h"
#include "fs/datasets/links_json.h"
#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;

const std::string kThird = "ADP.2018-06-21T20:32:57.738";
const std::string kFourth = "ADP.2018-06-21T20:32:57.739";
const std::string kFilePrefix = "http://archive/file/";
const std::string kLinksPrefix = "http://archive/links?ID=";

client::KnownUrl known_url(const std::string& url) {
  for (const auto& [prefix, kind] : {std::pair(kFilePrefix, client::AccessKind::kFile),
                                     std::pair(kLinksPrefix, client::AccessKind::kDataLink)}) {
    if (!url.starts_with(prefix)) continue;
    const auto rest = url.substr(prefix.size());
    const auto end = std::min(rest.find('&'), rest.size());
    return {kind, rest.substr(0, end), rest.substr(end)};
  }
  return {};
}

client::Link link(std::string semantics, std::string url, std::string type = "", std::string original = "") {
  client::Link link;
  link.semantics = std::move(semantics);
  link.access_url = std::move(url);
  link.content_type = std::move(type);
  link.eso_origfile = std::move(original);
  return link;
}

client::Link failed(std::string semantics, std::string message) {
  client::Link link;
  link.semantics = std::move(semantics);
  link.error_message = std::move(message);
  return link;
}

client::Links answer(std::vector<client::Link> rows, std::string document = "<VOTABLE/>") {
  client::Links links;
  links.rows = std::move(rows);
  links.document = std::move(document);
  return links;
}

// --- names ---

TEST(LinkNamesTest, EverySemanticsHasItsDirectory) {
  const std::string eso = "http://archive.eso.org/rdf/datalink/eso#";
  const std::string core = "http://www.ivoa.net/rdf/datalink/core#";
  for (const auto& [semantics, directory] : std::vector<std::pair<std::string, std::string>>{
           {"#preview", "preview"},
           {"#preview-image", "preview"},
           {core + "thumbnail", "preview"},
           {"#auxiliary", "auxiliary"},
           {"#weight", "auxiliary"},
           {eso + "anc_log", "auxiliary"},
           {"#progenitor", "progenitors"},
           {"progenitor", "progenitors"},
           {"#derivation", "derived"},
           {"#documentation", "documentation"},
           {"#detached-header", "documentation"},
           {eso + "data_documentation", "documentation"},
           {"#this", ""},
           {"#cutout", ""},
           {"#calibration", "calibration"},
           {eso + "calSelector_raw2raw", ""},
           {eso + "night_log", ""},
           {"#coderived", "coderived"},
           {eso + "quicklook", "quicklook"},
           {"http://example.org/rdf/terms#light-curve", "light-curve"},
           {"http://example.org/terms/light-curve", "light-curve"},
           {"#wavelength map", "wavelength_map"},
           {"", "other"},
           {"#..", "x__"},
           {"../../up", "x______up"},
           {"#.hidden", "x_hidden"},
           {"#metadata.json", "metadata_json"}})
    EXPECT_EQ(fs::link_directory(semantics), directory) << semantics;
}

TEST(LinkNamesTest, AnEndlessTermIsADirectoryOfItsOwnAndShort) {
  const auto one = fs::link_directory("#" + std::string(10'000, 't'));
  const auto other = fs::link_directory("#" + std::string(10'001, 't'));
  EXPECT_LE(one.size(), 115U);
  EXPECT_NE(one, other);
  EXPECT_TRUE(fs::may_name_a_term(one));
}

TEST(LinkNamesTest, WhatOldToolsTryIsNoTerm) {
  for (const char* name : {"NAXIS1", "login.cl", "uparmimhead.par", "X.fits", "@x", ".git", "-x", ""})
    EXPECT_FALSE(fs::may_name_a_term(name)) << name;
}

TEST(LinkNamesTest, ExtensionsComeFromTheTypeTheOriginalNameOrTheUrl) {
  EXPECT_EQ(fs::link_extension(link("", "http://x/a.dat", "image/png", "b.txt")), ".png");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a.dat", "application/octet-stream", "b.LOG")), ".log");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a.dat?b.c", "", "b")), ".dat");
  EXPECT_EQ(fs::link_extension(link("", "http://x/ADP.2018-06-21T20:32:57.736")), "");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a", "application/x-fits-hcompress", "a.fits.fz")), ".fits");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a", "", "a.fits.fz")), ".fits");
}

TEST(LinkNamesTest, AUrlNamesItsFileByItsLastPartWhereThatIsANumberedOne) {
  EXPECT_EQ(fs::name_in_url("http://x/a/b%20c.fits?d"), "b c.fits");
  EXPECT_EQ(fs::name_in_url("http://x/file/ADP.2018-06-21T20:32:57.737"), "");
  EXPECT_EQ(fs::id_in_url("http://x/file/ADP.2018-06-21T20:32:57.737"), "ADP.2018-06-21T20:32:57.737");
  EXPECT_EQ(fs::id_in_url("http://x/download/12345#hdu1"), "12345");
  for (const char* url : {"http://x/links?ID=12345", "http://x/v1/preview", "http://x/", "http://x9", "x/9"})
    EXPECT_EQ(fs::id_in_url(url), "") << url;
}

// --- directories ---

class LinksTest : public FsFixture {
 protected:
  LinksTest() { remount(fs::NameStyle::kOriginal); }

  void remount(fs::NameStyle style) {
    auto changed = config();
    changed.ids.known_url = known_url;
    changed.names = style;
    mount(changed);
  }
  void put(std::vector<client::Link> rows) { catalog_.put_links(kId, answer(std::move(rows))); }
  std::vector<std::string> in(const std::string& directory) { return list({"datasets", kId, directory}); }
  Error refused(const std::string& directory) {
    const auto opened = opendir(walk({"datasets", kId, directory}));
    return opened ? Error(EEXIST, "it opened") : opened.error();
  }
  std::uint64_t absent(const std::string& name) { return lookup(walk({"datasets", kId}), name)->ino; }
};

TEST_F(LinksTest, DirectoriesAreThereByWhatTheAnswerHolds) {
  auto image = link("#auxiliary", kFilePrefix + kOtherId, "image/png");
  image.content_length = 5'760;
  put({link("#this", kFilePrefix + kId), image,
       link("#preview", "http://archive/preview?format=DOWNLOAD", "application/pdf"),
       link("http://example.org/t#spectra", "http://archive/s.csv", "text/csv")});
  const auto names = list({"datasets", kId});
  EXPECT_EQ(std::vector<std::string>(names.end() - 3, names.end()),
            (std::vector<std::string>{"preview", "auxiliary", "spectra"}));
  EXPECT_EQ(catalog_.asked(), 2) << "where the file is, and its links";
  EXPECT_EQ(in("auxiliary"), std::vector<std::string>{kOtherId + ".png"});
  EXPECT_EQ(in("preview"), std::vector<std::string>{kId + ".pdf"});
  EXPECT_EQ(in("spectra"), std::vector<std::string>{"s.csv"});
  EXPECT_EQ(absent("derived"), 0U);
  EXPECT_EQ(catalog_.asked(), 2) << "nothing more was asked for that";
}

TEST_F(LinksTest, ADatasetWithoutAFileOfItsOwnShowsWhatBelongsToIt) {
  catalog_.put_links(kThird, answer({link("#preview", kFilePrefix + kOtherId, "image/png")}));
  EXPECT_EQ(list({"datasets", kThird}),
            (std::vector<std::string>{"metadata.json", "links.vot", "links.json", "preview"}));
  EXPECT_EQ(list({"datasets", kThird, "preview"}), std::vector<std::string>{kOtherId + ".png"});
  catalog_.put_links(kFourth, answer({}));
  const auto opened = opendir(walk({"datasets", kFourth}));
  ASSERT_FALSE(opened) << "nothing at all";
  EXPECT_EQ(opened.error().code(), ENOENT);
}

TEST_F(LinksTest, WellKnownDirectoriesCanBeLookedUpBeforeTheAnswerIsHere) {
  put({link("#auxiliary", kFilePrefix + kOtherId, "image/png")});
  catalog_.hold();
  EXPECT_NE(walk({"datasets", kId, "preview"}), 0U);
  EXPECT_NE(walk({"datasets", kId, "auxiliary"}), 0U);
  EXPECT_EQ(absent("NAXIS1"), 0U);
  EXPECT_EQ(catalog_.asked(), 0);
  catalog_.release();
  EXPECT_EQ(refused("preview").code(), ENOENT);
  EXPECT_NE(walk({"datasets", kId, "auxiliary", kOtherId + ".png"}), 0U)
      << "a path that nobody listed before";
}

TEST_F(LinksTest, ATermIsAskedForWithADeadline) {
  put({link("#spectra", "http://archive/s.csv", "text/csv")});
  catalog_.hold();
  std::optional<Result<fs::Entry>> entry;
  (void)fs_->lookup(walk({"datasets", kId}), "spectra", [&](Result<fs::Entry> e) { entry = std::move(e); });
  EXPECT_FALSE(entry);
  timer_.pass(10s);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->error().code(), EAGAIN);
  catalog_.release();
  EXPECT_NE(walk({"datasets", kId, "spectra"}), 0U);
  EXPECT_EQ(absent("other_term"), 0U);
}

TEST_F(LinksTest, AFileOfTheArchiveIsTheOneOfItsOwnDirectory) {
  put({link("#progenitor", kFilePrefix + kOtherId, "application/fits"),
       link("#progenitor", kLinksPrefix + kThird, "application/x-votable+xml;content=datalink")});
  EXPECT_EQ(in("progenitors"), (std::vector<std::string>{kOtherId + ".fits", kThird + ".fits"}));
  EXPECT_EQ(walk({"datasets", kId, "progenitors", kOtherId + ".fits"}),
            walk({"datasets", kOtherId, kOtherId + ".fits"}));
  EXPECT_EQ(walk({"datasets", kId, "progenitors", kThird + ".fits"}),
            walk({"datasets", kThird, kThird + ".fits"}));
}

TEST_F(LinksTest, OpeningAFileTeachesWhereItIsAndAsksNoDataLinkForIt) {
  auto row = link("#auxiliary", kFilePrefix + kOtherId, "application/fits", "white.fits");
  row.content_length = 5'760;
  put({row});
  (void)in("auxiliary");
  const int asked = catalog_.asked();
  const auto ino = walk({"datasets", kId, "auxiliary", kOtherId + ".fits"});
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_size, 5'760);
  EXPECT_TRUE(catalog_.learnt().empty()) << "looking is not opening";
  EXPECT_TRUE(open(ino));
  const auto source = catalog_.learnt().at(kOtherId);
  EXPECT_EQ(source.url, kFilePrefix + kOtherId);
  EXPECT_EQ(source.length, 5'760U);
  EXPECT_EQ(source.original_name, "white.fits");
  EXPECT_EQ(catalog_.asked(), asked);
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.origfile"), "white.fits");
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.semantics"), "#auxiliary");
  EXPECT_EQ(list({"datasets"}), std::vector<std::string>{kId})
      << "an ancillary file is no dataset that was visited";
}

TEST_F(LinksTest, AListBehindALinkIsAskedForWhenItsDirectoryIsOpened) {
  const std::string url = kLinksPrefix + kId + "&EXCLUDE=ALL&INCLUDE=progenitor";
  put({link("#progenitor", url, "application/x-votable+xml"),
       link("#preview", "http://archive/p.png", "image/png")});
  catalog_.put_links(url, answer({link("#progenitor", kFilePrefix + kOtherId, "application/fits"),
                                  link("#progenitor", kFilePrefix + kThird, "application/fits"),
                                  link("#preview", "http://archive/stray.png", "image/png")}));
  (void)list({"datasets", kId});
  (void)in("preview");
  EXPECT_EQ(catalog_.asked(), 2);
  EXPECT_EQ(in("progenitors"), (std::vector<std::string>{kOtherId + ".fits", kThird + ".fits"}));
  EXPECT_EQ(catalog_.asked(), 3);
  EXPECT_EQ(in("progenitors").size(), 2U);
  EXPECT_NE(walk({"datasets", kId, "progenitors", kThird + ".fits"}), 0U);
  EXPECT_EQ(catalog_.asked(), 3);
}

TEST_F(LinksTest, AListThatFailsIsAFailureAndNotAShortDirectory) {
  put({link("#progenitor", kLinksPrefix + kId + "&INCLUDE=progenitor", "application/x-votable+xml"),
       link("#progenitor", kFilePrefix + kOtherId, "application/fits")});
  EXPECT_EQ(refused("progenitors").code(), ENOENT) << "the fake catalog's answer for what nobody put there";
}

TEST_F(LinksTest, LinksToThemselvesEnd) {
  const std::string self = kLinksPrefix + kId;
  const std::string list_url = self + "&INCLUDE=auxiliary";
  put({link("#auxiliary", self, "application/x-votable+xml;content=datalink"),
       link("#auxiliary", list_url, "application/x-votable+xml"),
       link("#auxiliary", kFilePrefix + kOtherId, "image/png")});
  catalog_.put_links(list_url, answer({link("#auxiliary", list_url, "application/x-votable+xml"),
                                       link("#auxiliary", kFilePrefix + kThird, "image/png")}));
  catalog_.put_links(self, answer({link("#auxiliary", self, "application/x-votable+xml;content=datalink")}));
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{kOtherId + ".png", kThird + ".png"}));
}

TEST_F(LinksTest, OriginalNamesCanBeShownAndBothAreFound) {
  put({link("#auxiliary", kFilePrefix + kOtherId, "image/png", "same.png"),
       link("#auxiliary", kFilePrefix + kThird, "image/png", "same.png"),
       link("#auxiliary", "http://archive/plain.png", "image/png")});
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{kOtherId + ".png", kThird + ".png", "plain.png"}));
  EXPECT_EQ(walk({"datasets", kId, "auxiliary", "same.png"}),
            walk({"datasets", kId, "auxiliary", kOtherId + ".png"}));
  EXPECT_EQ(walk({"datasets", kId, "auxiliary", "same-2.png"}),
            walk({"datasets", kId, "auxiliary", kThird + ".png"}));
  remount(fs::NameStyle::kOrigfile);
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{"same.png", "same-2.png", "plain.png"}));
  EXPECT_EQ(walk({"datasets", kId, "auxiliary", "same-2.png"}),
            walk({"datasets", kId, "auxiliary", kThird + ".png"}));
}

TEST_F(LinksTest, ErrorRowsAreToldAndNeverFiles) {
  put({link("#this", kFilePrefix + kId), failed("#progenitor", "DefaultFault: the database is down"),
       failed("#auxiliary", "NotFoundFault: lost"), link("#auxiliary", kFilePrefix + kOtherId, "image/png")});
  EXPECT_EQ(in("auxiliary").size(), 1U);
  EXPECT_NE(cat({".esofs", "errors"}).find("NotFoundFault: lost"), std::string::npos);
  const Error error = refused("progenitors");
  EXPECT_EQ(error.code(), EIO);
  EXPECT_NE(error.what().find("the database is down"), std::string::npos);
  EXPECT_NE(cat({"datasets", kId, "links.json"}).find("NotFoundFault: lost"), std::string::npos);
}

TEST_F(LinksTest, LinksElsewhereThanHttpAreRefusedWhenOpened) {
  put({link("#auxiliary", "file:///etc/passwd", "text/plain"),
       link("#auxiliary", "FTP://host/x.txt", "text/plain")});
  for (const auto& name : in("auxiliary")) {
    const auto opened = open(walk({"datasets", kId, "auxiliary", name}));
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code(), EACCES);
    EXPECT_NE(opened.error().what().find("http and https only"), std::string::npos);
  }
  EXPECT_TRUE(catalog_.learnt().empty());
}

TEST_F(LinksTest, AnotherHostsFileIsNotTakenForTheArchives) {
  put({link("#auxiliary", "http://evil/file/" + kOtherId, "application/fits")});
  const auto names = in("auxiliary");
  ASSERT_EQ(names.size(), 1U);
  EXPECT_NE(walk({"datasets", kId, "auxiliary", names.front()}),
            walk({"datasets", kOtherId, kOtherId + ".fits"}));
}

TEST_F(LinksTest, NoNameLeavesItsDirectory) {
  std::vector<client::Link> rows;
  int number = 0;
  for (const std::string& name :
       {std::string("../../x"), std::string("/etc/passwd"), std::string(".."), std::string("."),
        std::string("a\0b", 3), std::string("a\nb\x1b[2J"), std::string(10'000, 'x') + ".png",
        std::string("\xff\xfe"), std::string("same"), std::string("same")})
    rows.push_back(link("#auxiliary", "http://h/" + std::to_string(number++) + ".png", "image/png", name));
  rows.push_back(link("#auxiliary", "http://h/..%2f..%2fup.png", "image/png"));
  const auto count = rows.size();
  put(std::move(rows));
  for (const auto style : {fs::NameStyle::kOriginal, fs::NameStyle::kOrigfile, fs::NameStyle::kSafe}) {
    remount(style);
    auto names = in("auxiliary");
    EXPECT_EQ(names.size(), count);
    for (const auto& name : names) {
      EXPECT_EQ(name, safe_name(name));
      EXPECT_NE(walk({"datasets", kId, "auxiliary", name}), 0U) << name;
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  }
}

TEST_F(LinksTest, WhatDataLinkLeavesOpenTheTableOfTheProductTellsByOneQuery) {
  put({link("#this", kFilePrefix + kId), link("#auxiliary", kFilePrefix + kOtherId, "", "README")});
  client::ProductFile readme;
  readme.id = kOtherId;
  readme.extension = ".txt";
  readme.category = "ANCILLARY.README";
  readme.estimate_bytes = 7'000;
  client::ProductFile further;
  further.id = kThird;
  further.access_url = kFilePrefix + kThird;
  further.extension = ".png";
  client::ProductFile itself;
  itself.id = kId;
  catalog_.put_product_files(kId, {itself, readme, further});
  (void)list({"datasets", kId});
  const int asked = catalog_.asked();
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{kOtherId + ".txt", kThird + ".png"}));
  EXPECT_EQ(catalog_.asked(), asked + 1);
  const auto ino = walk({"datasets", kId, "auxiliary", kOtherId + ".txt"});
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_size, 7'000);
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.category"), "ANCILLARY.README");
  EXPECT_EQ(catalog_.asked(), asked + 1);
}

TEST_F(LinksTest, WithoutSuchATableTheDirectoryShowsWhatDataLinkSays) {
  put({link("#auxiliary", kFilePrefix + kOtherId, "", "README")});
  EXPECT_EQ(in("auxiliary"), std::vector<std::string>{kOtherId});
}

TEST_F(LinksTest, AnAnswerOfManyRowsIsListedQuickly) {
  std::vector<client::Link> rows;
  for (int i = 0; i < 100'000; ++i)
    rows.push_back(link("#auxiliary", "http://h/" + std::to_string(i) + "/same.png", "image/png", "same"));
  put(std::move(rows));
  const auto names = in("auxiliary");
  ASSERT_EQ(names.size(), 100'000U);
  EXPECT_EQ(names[99'999], "same-100000.png");
  EXPECT_NE(walk({"datasets", kId, "auxiliary", "same-77777.png"}), 0U);
}

TEST_F(LinksTest, AnIdThatIsNoFitsFileIsShownAsWhatItIs) {
  client::FileSource source;
  source.url = kFilePrefix + kThird;
  source.content_type = "image/png";
  catalog_.put_source(kThird, source);
  cache_.put(kThird, {});
  const auto named_before = walk({"datasets", kThird, kThird + ".png"});
  EXPECT_EQ(list({"datasets", kThird}), (std::vector<std::string>{kThird + ".png", "metadata.json"}));
  EXPECT_EQ(walk({"datasets", kThird, kThird + ".png"}), named_before);
  EXPECT_EQ(lookup(walk({"datasets", kThird}), kThird + ".fits")->ino, 0U);
  EXPECT_EQ(lookup(walk({"datasets", kThird}), kThird + ".pdf")->ino, 0U);
}

TEST(LinksJsonTest, RowsAndServicesAreShownAndEmptyCellsLeftOut) {
  client::Links links =
      answer({link("#this", "http://x/a", "application/fits"), failed("#auxiliary", "lost \xff")});
  client::ServiceDescriptor soda;
  soda.id = "soda";
  soda.params["accessURL"] = "http://x/soda";
  client::ServiceParam circle;
  circle.column.name = "CIRCLE";
  circle.max = "1 2 3";
  soda.inputs = {circle};
  links.services = {soda};
  EXPECT_EQ(fs::links_json(links), R"({
  "links": [
    {
      "semantics": "#this",
      "access_url": "http://x/a",
      "content_type": "application/fits"
    },
    {
      "semantics": "#auxiliary",
      "error_message": "lost )"
                                   "\xEF\xBF\xBD"
                                   R"("
    }
  ],
  "services": [
    {
      "id": "soda",
      "params": {
        "accessURL": "http://x/soda"
      },
      "inputs": [
        {
          "name": "CIRCLE",
          "max": "1 2 3"
        }
      ]
    }
  ]
}
)");
}

}  // namespace
}  // namespace esofs::tests
