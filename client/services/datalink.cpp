#include "client/services/datalink.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/base/text.h"
#include "client/http/content_headers.h"
#include "client/http/gunzip.h"
#include "client/http/url.h"
#include "client/services/dataset_reader.h"
#include "client/services/links_reader.h"
#include "client/services/service_error.h"
#include "client/services/service_fields.h"

namespace esofs::client {

namespace {

constexpr std::size_t kMostFollowed =
    3;  // answers that only lead to another answer: ALMA has one, a loop has no end
constexpr std::string_view kVocabulary = "www.ivoa.net/rdf/datalink/core";
// Bytes to request if only an answer shows what a URL is: one FITS block and the beginning of any VOTable.
constexpr std::uint64_t kProbeBytes = 2880;

// Reads the answer to a probe: all of a VOTable, nothing but the beginning of a file.
class ProbeSink : public HttpSink {
 public:
  // announced: the archive says that it is a DataLink answer. Then only FITS is taken for a file.
  explicit ProbeSink(bool announced) : document(announced), announced_(announced) {}

  Result<void> head(const HttpHead& head) override {
    answer = head;
    document = announced_ || is_datalink_type(head.header("content-type"));
    if (packed_by_gzip(head))
      plain_.emplace([this](std::span<const std::byte> piece) { return take(piece); });
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    if (!plain_) return take(piece);
    auto taken = plain_->push(piece);
    if (!taken && taken.error().code() == EBADMSG) return Error(EIO, taken.error().what());
    return taken;  // the reader of the document notices if it is cut off
  }
  bool restart() override {
    text.clear();
    plain_.reset();
    return true;
  }

  Result<void> take(std::span<const std::byte> piece) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    if (answer.status >= 400) return text.size() > kMostErrorBytes ? enough() : Result<void>();
    if (announced_ && begins_like_fits()) return enough();
    if (!document && text.size() >= kProbeBytes && !begins_like_a_document()) return enough();
    if (text.size() <= kMostLinksBytes) return {};
    return document ? Result<void>(Error(EFBIG, "the DataLink answer is too long")) : enough();
  }

  bool begins_like_a_document() const {
    const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (first == std::string::npos) return false;
    const auto begin = std::string_view(text).substr(first, 64);
    return begin.rfind("<?xml", 0) == 0 || begin.find("VOTABLE") != std::string_view::npos || begin[0] == '{';
  }
  bool begins_like_fits() const { return text.rfind("SIMPLE  =", 0) == 0; }
  // The size of the probed file, if the answer gives it.
  std::optional<std::uint64_t> length() const {
    if (answer.status == 206) {
      const auto range = content_range(answer.header("content-range"));
      return range ? range->total : std::nullopt;
    }
    return answer.header("content-encoding").empty() ? decimal(answer.header("content-length"))
                                                     : std::nullopt;
  }

  HttpHead answer;
  std::string text;
  bool document;
  bool ended = false;  // enough has come, so the transfer was ended

 private:
  const bool announced_;
  std::optional<Gunzip> plain_;

  Result<void> enough() {
    ended = true;
    return Error(ECANCELED, "enough of it has come");
  }
};

bool is_fits(const Link& link) {
  if (lower(link.content_type).find("fits") != std::string::npos) return true;
  return !fits_extension(without_query(link.access_url)).empty();
}

// A #this row, and what it leads to.
struct Candidate {
  const Link* link;
  std::string url;
  bool further;  // to another answer
  int merit;
};

// Prefers rows of the requested id; then what can be fetched; then FITS to other files; then a further answer, which may name
// FITS, to a package.
int merit_of(const Link& link, const std::string& url, bool further, const std::string& id) {
  const int own = !id.empty() && link.id.find(id) != std::string::npos ? 8 : 0;
  const int base = own + (foreign_scheme(url).empty() ? 4 : 0);
  if (further) return base + 1;
  if (is_fits(link)) return base + 3;
  return base + (package_extension(link.content_type, link.access_url).empty() ? 2 : 0);
}

// The #this rows that lead somewhere, the best first.
std::vector<Candidate> candidates(const Links& links, const std::string& id) {
  std::vector<Candidate> all;
  for (const auto& link : links.rows) {
    if (!has_semantics(link, "this") || !link.error_message.empty()) continue;
    std::string further = further_links(links, link);
    const bool leads_on = !further.empty();
    std::string url = link.access_url;
    if (leads_on) url = std::move(further);
    if (url.empty()) continue;
    const int merit = merit_of(link, url, leads_on, id);
    all.push_back({&link, std::move(url), leads_on, merit});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.merit > b.merit; });
  return all;
}

Error no_file(const Links& links, const std::string& url) {
  for (const auto& link : links.rows) {
    if (has_semantics(link, "this") && !link.error_message.empty())
      return link_error(link.error_message, url);
  }
  return {ENOENT, "the DataLink answer names no file (#this), at " + shown_url(url)};
}

}  // namespace

bool is_datalink_type(std::string_view content_type) {
  auto type = lower(content_type);
  type.erase(std::remove_if(type.begin(), type.end(),
                            [](char c) { return c == ' ' || c == '\t' || c == '"' || c == '\''; }),
             type.end());
  return (";" + type + ";").find(";content=datalink;") != std::string::npos;
}

bool has_semantics(const Link& link, std::string_view core_term) {
  std::string_view term = link.semantics;
  const auto hash = term.rfind('#');
  if (hash != std::string_view::npos) {
    const auto base = lower(term.substr(0, hash));
    const auto scheme = base.find("://");
    if (!base.empty() && (scheme == std::string::npos || base.substr(scheme + 3) != kVocabulary))
      return false;
    term.remove_prefix(hash + 1);
  }
  return lower(term) == lower(core_term);
}

Result<void> links_error(const Links& links, const std::string& url) {
  if (links.rows.empty()) return {};
  const auto good = [](const Link& link) { return link.error_message.empty(); };
  if (std::any_of(links.rows.begin(), links.rows.end(), good)) return {};
  return link_error(links.rows.front().error_message, url);
}

Result<Links> DataLink::links(const std::string& url, Lane::Turn& turn) const {
  auto asked = ask(url, turn);
  if (!asked && asked.error().code() == EBADMSG) return Error(EIO, asked.error().what());
  if (!asked) return asked.error();
  if (!asked->links) return Error(EIO, "this is a file and no DataLink answer: " + shown_url(url));
  return std::move(*asked->links);
}

Result<DataLink::Asked> DataLink::ask(const std::string& url, Lane::Turn& turn) const {
  HttpRequest request;
  request.url = url;
  request.rights = {Rights::Kind::kLoggedInFirst};
  ProbeSink probe(true);
  auto sent = http_.send(request, probe, turn);
  if (!sent && !probe.ended) return sent.error();
  if (probe.answer.status >= 400) {
    const auto plain = status_error(probe.answer);
    const auto sentence = votable_error(probe.text);
    if (!sentence) return file_error(plain, probe.text);
    const auto said = link_error(*sentence, url);
    return Error(plain.code() == EIO ? said.code() : plain.code(), said.what());
  }
  if (probe.begins_like_fits()) return Asked{{}, {url, probe.length(), "application/fits", ""}};
  auto links = parse_links(std::move(probe.text), probe.answer.url, placeholder_lengths_);
  if (!links) return Error(links.error().code(), links.error().what() + ", from " + shown_url(url));
  auto refused = links_error(*links, url);
  if (!refused) return refused.error();
  return Asked{std::move(*links), {}};
}

Result<DataLink::Found> DataLink::file(const std::string& url, const std::string& id,
                                       Lane::Turn& turn) const {
  auto asked = ask(url, turn);
  if (!asked && asked.error().code() == EBADMSG) return Error(EIO, asked.error().what());
  if (!asked) return asked.error();
  if (!asked->links) return Found{asked->file, {}};
  return follow(std::move(*asked->links), url, id, turn);
}

Result<DataLink::Found> DataLink::follow(Links links, const std::string& url, const std::string& id,
                                         Lane::Turn& turn) const {
  Found found;
  found.links = std::move(links);
  std::set<std::string> seen{url};
  auto source = file_of(*found.links, url, id, seen, turn);
  if (!source) return source.error();
  found.source = *std::move(source);
  return found;
}

Result<FileSource> DataLink::file_of(const Links& links, const std::string& url, const std::string& id,
                                     std::set<std::string>& seen, Lane::Turn& turn) const {
  std::optional<Error> failed;
  for (const auto& [link, target, further, merit] : candidates(links, id)) {
    if (!further) return FileSource{target, link->content_length, link->content_type, link->eso_origfile};
    auto source = file_behind(*link, target, id, seen, turn);
    if (source || source.error().code() == EINTR) return source;
    if (!failed) failed = source.error();  // another row may lead to the file all the same
  }
  return failed ? *failed : no_file(links, url);
}

std::optional<FileSource> DataLink::direct_file(const Links& links, const std::string& id) {
  const auto all = candidates(links, id);
  if (all.empty() || all.front().further || !foreign_scheme(all.front().url).empty()) return std::nullopt;
  const Link& link = *all.front().link;
  return FileSource{all.front().url, link.content_length, link.content_type, link.eso_origfile};
}

// The file that a further answer names.
Result<FileSource> DataLink::file_behind(const Link& link, const std::string& url, const std::string& id,
                                         std::set<std::string>& seen, Lane::Turn& turn) const {
  if (seen.size() > kMostFollowed || !seen.insert(url).second)
    return Error(EIO, "DataLink answers lead in a circle, at " + shown_url(url));
  auto next = ask(url, turn);
  if (!next) return Error(next.error().code() == EBADMSG ? EIO : next.error().code(), next.error().what());
  if (next->links) return file_of(*next->links, url, id, seen, turn);
  next->file.original_name = link.eso_origfile;
  return std::move(next->file);
}

Result<DataLink::Found> DataLink::file_or_links(const std::string& url, const std::string& id,
                                                Lane::Turn& turn) const {
  HttpRequest request;
  request.url = url;
  request.rights = {Rights::Kind::kLoggedInFirst};
  request.headers = {"Range: bytes=0-" + std::to_string(kProbeBytes - 1)};
  ProbeSink probe(false);
  auto sent = http_.send(request, probe, turn);
  if (!sent && !probe.ended) return sent.error();
  const Found as_file{{url, probe.length(), probe.answer.header("content-type"), ""}, {}};
  if (probe.answer.status == 416) return Found{{url, {}, "", ""}, {}};  // an empty file
  if (probe.answer.status >= 400) {
    const auto sentence = votable_error(probe.text);
    return sentence ? link_error(*sentence, url) : file_error(status_error(probe.answer), probe.text);
  }
  if (probe.ended || !(probe.document || probe.begins_like_a_document())) return as_file;

  const auto total = probe.length();
  const bool whole = probe.answer.status != 206 || (total && *total <= probe.text.size());
  if (!whole) {
    auto asked = ask(url, turn);
    if (asked && asked->links) return follow(std::move(*asked->links), url, id, turn);
    if (!asked && (asked.error().code() != EBADMSG || probe.document)) return asked.error();
    return as_file;  // a VOTable or another XML document that is the dataset itself
  }
  auto links = parse_links(std::move(probe.text), probe.answer.url, placeholder_lengths_);
  if (!links) {
    if (links.error().code() != EBADMSG || probe.document) return links.error();
    return as_file;
  }
  auto refused = links_error(*links, url);
  if (!refused) return refused.error();
  return follow(std::move(*links), url, id, turn);
}

}  // namespace esofs::client
