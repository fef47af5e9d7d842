#include "client/services/sesame.h"

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <optional>
#include <pugixml.hpp>
#include <string_view>

#include "client/http/url.h"
#include "client/services/service_error.h"

namespace esofs::client {
namespace {

constexpr std::uint64_t kMostAnswerBytes = 1U << 20U;  // an answer has one or two kilobytes

std::optional<double> number(const pugi::xml_node& node) {
  std::string_view text = node.text().get();
  while (!text.empty() &&
         (std::isspace(static_cast<unsigned char>(text.front())) != 0 || text.front() == '+'))
    text.remove_prefix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// "Simbad (CDS, via client/server)" of "S=Simbad (CDS, via client/server)".
std::string catalogue_name(const pugi::xml_node& resolver) {
  const std::string name = resolver.attribute("name").value();
  const auto equals = name.find('=');
  return one_line(equals == std::string::npos ? name : name.substr(equals + 1));
}

std::optional<SkyPosition> position_of(const pugi::xml_node& resolver) {
  const auto ra = number(resolver.child("jradeg"));
  const auto dec = number(resolver.child("jdedeg"));
  if (!ra || !dec || *ra < 0 || *ra > 360 || std::abs(*dec) > 90) return std::nullopt;
  SkyPosition position;
  position.ra_deg = *ra == 360 ? 0 : *ra;
  position.dec_deg = *dec;
  position.name = one_line(resolver.child("oname").text().get());
  position.type = one_line(resolver.child("otype").text().get());
  position.resolver = catalogue_name(resolver);
  return position;
}

// What a catalogue that did not answer says; "" if it answered.
std::string failure_of(const pugi::xml_node& resolver) {
  for (const auto& node : resolver.children()) {
    const std::string_view name = node.name();
    std::string text = one_line(node.text().get());
    if (name == "ERROR") return text.empty() ? "an error without a message" : text;
    const bool nothing = text.find("Nothing found") != std::string::npos;
    if (name == "INFO" && text.starts_with("***") && !nothing) return text;
  }
  return "";
}

}  // namespace

Result<SkyPosition> parse_sesame(const std::string& document, const std::string& name) {
  pugi::xml_document xml;
  const auto parsed = xml.load_buffer(document.data(), document.size());
  const auto sesame = xml.child("Sesame");
  if (!parsed || !sesame) return Error(EIO, "the name resolver's answer for '" + name + "' is not Sesame's");
  std::string failure;
  bool asked = false;
  for (const auto& target : sesame.children("Target")) {
    for (const auto& resolver : target.children("Resolver")) {
      asked = true;
      if (auto position = position_of(resolver)) return *std::move(position);
      if (failure.empty()) {
        failure = failure_of(resolver);
        if (!failure.empty()) failure = catalogue_name(resolver) + ": " + failure;
      }
    }
    if (failure.empty()) failure = one_line(target.child("ERROR").text().get());
  }
  if (!failure.empty()) return Error(EIO, "the name '" + name + "' was not resolved: " + failure);
  if (!asked) return Error(EIO, "the name resolver asked no catalogue for '" + name + "'");
  return Error(ENOENT, "no catalogue knows an object '" + name + "'");
}

Result<SkyPosition> Sesame::resolve(const std::string& name, Lane::Turn& turn) const {
  if (url_.empty()) return Error(ENOTSUP, "this archive's profile names no resolver of object names");
  HttpRequest request;
  request.url = url_ + "?" + percent_encoded(name);
  auto answer = http_.text(request, kMostAnswerBytes, turn);
  if (!answer) return answer.error().at("resolving the name '" + name + "'");
  if (answer->head.status >= 400) {
    const auto refused = status_error(answer->head);
    return Error(refused.code() == ENOENT ? EIO : refused.code(), refused.what())
        .at("resolving the name '" + name + "'");
  }
  return parse_sesame(answer->body, name);
}

}  // namespace esofs::client
