#include "tests/sim/holdings/linked.h"

#include <array>
#include <utility>

#include "tests/sim/files/compress.h"
#include "tests/sim/files/fits_builder.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr const char* kMillion = "ADP.2066-06-06T06:06:06.001";
constexpr std::uint64_t kManyRows = 1'000'000;
constexpr std::uint64_t kHugeText = 4ULL << 30U;
constexpr std::size_t kLinkedPiece = 1U << 20U;

Dataset linked(const Dataset& pattern, const char* id, const char* name) {
  Dataset d = pattern;
  d.dp_id = id;
  d.target = name;
  d.collection = "LINKS";
  d.origfile = std::string(name) + ".fits";
  d.progenitors.clear();
  d.release_mjd = mjd_of(d.dp_id.substr(4));
  return d;
}

File side(const Dataset& d, int number, const std::string& ending, std::string original, std::string type,
          std::string category, std::string bytes) {
  File file;
  file.id = next_id(d.dp_id, number);
  file.name = file.id + ending;
  file.original_name = std::move(original);
  file.content_type = std::move(type);
  file.category = std::move(category);
  file.content = stored(std::move(bytes));
  file.changed = altered(file.content);
  return file;
}

ExtraLink extra(std::string semantics, std::string url, std::string type, std::string original) {
  ExtraLink link;
  link.semantics = std::move(semantics);
  link.url = std::move(url);
  link.content_type = std::move(type);
  link.original_name = std::move(original);
  link.description = "A link of an unusual kind";
  return link;
}

std::vector<ExtraLink> menagerie_rows() {
  const std::string self = kMenagerie;
  std::vector<ExtraLink> rows{
      extra("http://www.ivoa.net/rdf/datalink/core#preview-image",
            "{base}/previews/v1/files/" + self + "/quicklook.png", "image/png", ""),
      extra("#thumbnail", "{base}/previews/v1/files/" + self + "/thumb.png", "", ""),
      extra("#documentation", "{base}/rm/api/v1/public/releaseDescriptions/7", "application/pdf",
            "release7.pdf"),
      // Another dataset, by its DataLink.
      extra("#progenitor", "{base}/datalink/links?ID=ivo://eso.org/ID?MUSE.2018-06-05T01:06:59.418",
            "application/x-votable+xml;content=datalink", ""),
      extra("#counterpart", "{base}/datalink/links?ID=ivo://eso.org/ID?ADP.2016-06-21T08:15:12.100",
            "application/x-votable+xml; content=\"datalink\"", ""),
      // Its own answer.
      extra("#auxiliary", "{base}/datalink/links?ID=ivo://eso.org/ID?" + self,
            "application/x-votable+xml;content=datalink", "")};
  ExtraLink failed = extra("#auxiliary", "", "", "");
  failed.error = "NotFoundFault: the weight map of this image was lost";
  rows.push_back(failed);
  ExtraLink denied = extra("#package", "", "", "");
  denied.error = "DefaultFault: no permission to read the package";
  rows.push_back(denied);
  return rows;
}

std::vector<ExtraLink> hostile_rows() {
  const std::string preview = "{base}/previews/v1/files/" + std::string(kHostile) + "/";
  std::vector<ExtraLink> rows;
  int number = 0;
  const auto add = [&](const std::string& semantics, const std::string& original) {
    rows.push_back(
        extra(semantics, preview + "h" + std::to_string(number++) + ".png", "image/png", original));
  };
  for (const char* name :
       {"../../../etc/passwd", "/etc/shadow", "..", ".", "a/b/c.png", "line\nbreak\ttab.png", "del\x7f.png",
        "same.png", "same.png", "same.png", "-rf *.png", "caf\xC3\xA9.png"})
    add("#auxiliary", name);
  add("#auxiliary", std::string(10'000, 'x') + ".png");
  rows.push_back(extra("#auxiliary", preview + "..%2f..%2f..%2fescaped.png", "image/png", ""));
  rows.push_back(extra("#auxiliary", "file:///etc/passwd", "text/plain", "passwd.txt"));
  rows.push_back(extra("#auxiliary", "ftp://127.0.0.1/x.png", "image/png", "ftp.png"));
  rows.push_back(extra("#auxiliary", "http://127.0.0.1:1/elsewhere.png", "image/png", "elsewhere.png"));
  rows.push_back(extra("#auxiliary", "javascript:alert(1)", "image/png", "script.png"));
  for (const char* term :
       {"../../up", "#..", "http://example.org/terms#../../up", "", "#metadata.json", "#.hidden"})
    add(term, "odd.png");
  add("#" + std::string(10'000, 't'), "long.png");
  return rows;
}

std::string linked_head() {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><VOTABLE version=\"1.3\" "
      "xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n<RESOURCE type=\"results\">\n<TABLE>\n";
  for (const char* name :
       {"ID", "access_url", "service_def", "error_message", "semantics", "description", "content_type"})
    out += "<FIELD name=\"" + std::string(name) + "\" datatype=\"char\" arraysize=\"*\"/>\n";
  return out + "<FIELD name=\"content_length\" datatype=\"long\" unit=\"byte\"/>\n<DATA>\n<TABLEDATA>\n";
}

constexpr const char* kFoot = "</TABLEDATA>\n</DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n";

Answer streamed(std::function<void(const Answer::Write&)> stream) {
  Answer answer;
  answer.set("Content-Type", "application/x-votable+xml;content=datalink");
  answer.stream = std::move(stream);
  return answer;
}

void million_rows(const Answer::Write& write) {
  if (!write(linked_head())) return;
  std::string piece;
  for (std::uint64_t i = 0; i < kManyRows; ++i) {
    piece += "<TR><TD>" + std::string(kMillion) + "</TD><TD>http://127.0.0.1:1/" + std::to_string(i) +
             ".png</TD><TD/><TD/><TD>#auxiliary</TD><TD/><TD>image/png</TD><TD>1</TD></TR>\n";
    if (piece.size() < kLinkedPiece && i + 1 < kManyRows) continue;
    if (!write(piece)) return;
    piece.clear();
  }
  write(kFoot);
}

void huge_text(const Answer::Write& write) {
  if (!write(linked_head() + "<TR><TD>")) return;
  const std::string piece(kLinkedPiece, 'a');
  for (std::uint64_t sent = 0; sent < kHugeText; sent += piece.size()) {
    if (!write(piece)) return;
  }
  write(std::string("</TD></TR>\n") + kFoot);
}

std::string entities() {
  std::string out = "<?xml version=\"1.0\"?>\n<!DOCTYPE VOTABLE [\n<!ENTITY e0 \"boom\">\n";
  for (int i = 1; i < 12; ++i) {
    out += "<!ENTITY e" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) out += "&e" + std::to_string(i - 1) + ";";
    out += "\">\n";
  }
  return out +
         "]>\n<VOTABLE version=\"1.3\"><RESOURCE "
         "type=\"results\"><DESCRIPTION>&e11;</DESCRIPTION></RESOURCE></VOTABLE>\n";
}

std::string nested() {
  constexpr int kDepth = 100'000;
  std::string out = "<?xml version=\"1.0\"?>\n<VOTABLE version=\"1.3\">";
  for (int i = 0; i < kDepth; ++i) out += "<RESOURCE>";
  for (int i = 0; i < kDepth; ++i) out += "</RESOURCE>";
  return out + "</VOTABLE>\n";
}

}  // namespace

std::vector<Dataset> linked_datasets(const Dataset& image, const std::vector<std::string>& cubes) {
  Dataset menagerie = linked(image, kMenagerie, "MENAGERIE");
  Dataset mosaic = linked(image, kMosaic, "MOSAIC");
  mosaic.progenitors = cubes;
  Dataset catalogue = linked(image, kMosaicCatalogue, "MOSAIC-CATALOGUE");
  catalogue.kind = Dataset::Kind::kSourceTable;
  catalogue.subtype = "srctbl";
  catalogue.category = "SCIENCE.SRCTBL";
  catalogue.pixel_arcsec = 0;
  catalogue.nx = 200;
  catalogue.ny = 0;
  catalogue.progenitors = {kMosaic};
  return {menagerie, mosaic, catalogue, linked(image, kHostile, "HOSTILE")};
}

std::vector<File> linked_files(const Dataset& d) {
  if (d.dp_id == kMosaic)
    return {side(d, 1, ".png", "mosaic.png", "image/png", "ANCILLARY.PREVIEW", png(seed_of(d.dp_id), 128))};
  if (d.dp_id != kMenagerie) return {};
  const std::string log = "[ INFO  ] the image of " + d.dp_id + " was made\n";
  std::vector<File> files{
      side(d, 1, ".png", "r.MENAGERIE.png", "image/png", "ANCILLARY.PREVIEW", png(seed_of(d.dp_id), 200)),
      side(d, 2, ".pdf", "r.MENAGERIE.pdf", "application/pdf", "ANCILLARY.DOCUMENT", "%PDF-1.4\n%%EOF\n"),
      side(d, 3, ".txt", "r.MENAGERIE_same", "", "ANCILLARY.README", log),
      side(d, 4, ".log", "r.MENAGERIE_same", "", "ANCILLARY.LOG", log + log),
      side(d, 5, ".fits", "w.MENAGERIE.fits", "application/fits", "ANCILLARY.WEIGHTMAP",
           all_bytes(*white_light(d, next_id(d.dp_id, 5)))),
      side(d, 6, ".csv", "lc.csv", "text/csv", "ANCILLARY.LIGHTCURVE",
           "mjd,mag\n59641.1,12.3\n59642.1,12.4\n"),
      side(d, 7, ".txt", "waves.txt", "text/plain", "ANCILLARY.WAVEMAP", "1 4750\n2 4751\n")};
  files[2].announced = files[3].announced = false;  // no type, no length, and names without a suffix
  files[4].semantics = "#weight";
  files[5].semantics = "http://example.org/rdf/terms#light-curve";
  files[6].semantics = "#wavelength-map";
  return files;
}

std::vector<ExtraLink> linked_rows(const Dataset& d) {
  if (d.dp_id == kMenagerie) return menagerie_rows();
  if (d.dp_id == kHostile) return hostile_rows();
  return {};
}

std::optional<Answer> hostile_links(const std::string& id) {
  const std::string first = kMillion;
  if (id.size() != first.size() || id.compare(0, first.size() - 1, first, 0, first.size() - 1) != 0)
    return std::nullopt;
  const std::string type = "application/x-votable+xml;content=datalink";
  switch (id.back()) {
    case '1':
      return streamed(million_rows);
    case '2':
      return streamed(huge_text);
    case '3':
      return text_answer(200, type, entities());
    case '4':
      return text_answer(200, type, nested());
    case '5':
      return text_answer(200, type,
                         linked_head() + "<TR><TD>" + id +
                             "</TD><TD/><TD/><TD>FatalFault: the database is on "
                             "fire</TD><TD>#this</TD><TD/><TD/><TD/></TR>\n" +
                             kFoot);
    default:
      return std::nullopt;
  }
}

}  // namespace esofs::sim
