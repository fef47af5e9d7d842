#include "client/soda/soda_descriptor.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <string_view>
#include <tuple>

#include "client/base/angle.h"
#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/datalink.h"
#include "client/services/service_fields.h"

namespace esofs::client {
namespace {

const ServiceParam* input(const ServiceDescriptor& service, std::string_view name) {
  const auto found = std::find_if(service.inputs.begin(), service.inputs.end(),
                                  [name](const ServiceParam& p) { return same_word(p.column.name, name); });
  return found == service.inputs.end() ? nullptr : &*found;
}

// Numbers separated by white space or commas; empty if anything else is among them.
std::vector<double> numbers(const std::string& text) {
  std::vector<double> values;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && (std::isspace(static_cast<unsigned char>(*at)) != 0 || *at == ',')) ++at;
    if (at == end) return values;
    double value = 0;
    const auto [next, failed] = std::from_chars(*at == '+' ? at + 1 : at, end, value);
    if (failed != std::errc() || !std::isfinite(value)) return {};
    values.push_back(value);
    at = next;
  }
}

std::optional<SkyPoint> point(double ra, double dec) {
  if (std::abs(dec) > 90) return std::nullopt;
  const double turned = std::fmod(ra, 360);
  return SkyPoint{turned < 0 ? turned + 360 : turned, dec};
}

// Metres of the unit of a BAND; nullopt: this is no wavelength.
std::optional<double> metres_of(const std::string& unit) {
  struct Known {
    std::string_view name;
    double metres;
  };
  constexpr std::array<Known, 9> kKnown{{{"", 1},
                                         {"m", 1},
                                         {"mm", 1e-3},
                                         {"um", 1e-6},
                                         {"micron", 1e-6},
                                         {"nm", 1e-9},
                                         {"angstrom", 1e-10},
                                         {"a", 1e-10},
                                         {"cm", 1e-2}}};
  for (const auto& known : kKnown) {
    if (same_word(unit, known.name)) return known.metres;
  }
  return std::nullopt;
}

// The POS parameters of some services tell by their xtype which shape they take.
bool takes_pos(const ServiceDescriptor& service, std::string_view shape) {
  return std::any_of(service.inputs.begin(), service.inputs.end(), [shape](const ServiceParam& p) {
    const auto& xtype = p.column.xtype;
    return same_word(p.column.name, "POS") &&
           (xtype.empty() || same_word(xtype, "shape") || same_word(xtype, shape));
  });
}

bool takes_any(const ServiceDescriptor& service) {
  constexpr std::array<std::string_view, 4> kShapes{"CIRCLE", "POLYGON", "POS", "BAND"};
  return std::any_of(kShapes.begin(), kShapes.end(),
                     [&service](std::string_view name) { return input(service, name) != nullptr; });
}

enum class Standard { kSync, kAsync, kOther };

Standard standard_of(const ServiceDescriptor& service) {
  const std::string id = lower(param(service, "standardID"));
  if (id.empty() || id.starts_with("ivo://ivoa.net/std/soda#sync")) return Standard::kSync;
  return id.starts_with("ivo://ivoa.net/std/soda#async") ? Standard::kAsync : Standard::kOther;
}

bool usable(const ServiceDescriptor& service) {
  const std::string url = lower(param(service, "accessURL"));
  const bool web = url.starts_with("http://") || url.starts_with("https://");
  return web && standard_of(service) != Standard::kOther && takes_any(service);
}

// How well a row fits; smaller is better. nullopt: it names no cutout service.
std::optional<int> rank(const Link& link, const std::string& id) {
  if (link.service_def.empty() || !link.error_message.empty()) return std::nullopt;
  const bool own = link.id == id || link.id.ends_with("?" + id) || link.id.ends_with("/" + id);
  if (has_semantics(link, "cutout")) return own ? 0 : 1;
  return has_semantics(link, "proc") ? 2 : 3;
}

// "p.fits" of "cadc:X/p.fits", "ivo://cadc/X?p.fits".
std::string_view last_name(std::string_view id) { return id.substr(id.find_last_of("/?") + 1); }

// Whose pixels a service gives, by its parameter ID; smaller is better.
enum class Cuts { kOwnConstant, kAnyId, kOtherConstant };

// id: of the dataset. link: the row that names the service, may be null; then the #this rows of any ID count.
Cuts cuts(const ServiceDescriptor& service, const Link* link, const Links& links, const std::string& id) {
  const auto* parameter = input(service, "ID");
  if (parameter == nullptr || parameter->value.empty() || !parameter->column.ref.empty()) return Cuts::kAnyId;
  const std::string fixed(trimmed(parameter->value));
  if (fixed == id || (link != nullptr && fixed == link->id)) return Cuts::kOwnConstant;
  const bool own = std::any_of(links.rows.begin(), links.rows.end(), [&](const Link& row) {
    if (!has_semantics(row, "this") || (link != nullptr && row.id != link->id)) return false;
    if (fixed == row.access_url || fixed == row.id) return true;
    const std::string file = last_part(row.access_url);
    return !file.empty() && last_name(fixed) == last_name(file);
  });
  return own ? Cuts::kOwnConstant : Cuts::kOtherConstant;
}

// FITS, if a service offers formats.
std::string fits_option(const ServiceParam& p) {
  if (!same_word(p.column.name, "FORMAT") && !same_word(p.column.name, "RESPONSEFORMAT")) return {};
  for (const auto& [name, value] : p.options) {
    if (lower(value).starts_with("application/fits") || lower(value).starts_with("image/fits")) return value;
  }
  return {};
}

std::string point_text(const SkyPoint& p) { return angle_text(p.ra_deg) + " " + angle_text(p.dec_deg); }

std::string circle_text(const SkyCircle& circle) {
  return point_text(circle.centre) + " " + angle_text(circle.radius_deg);
}

std::string polygon_text(const std::vector<SkyPoint>& polygon) {
  std::string text;
  for (const auto& corner : polygon) text += (text.empty() ? "" : " ") + point_text(corner);
  return text;
}

std::string band_text(const Band& band, double metres) {
  return metres_text(band.lo_m / metres) + " " + metres_text(band.hi_m / metres);
}

// If a parameter has OPTIONs, one of them, as it is written there; else `text`.
Result<std::string> chosen(const ServiceParam& p, const std::string& text) {
  if (p.options.empty()) return text;
  const auto wanted = numbers(text);
  for (const auto& [name, value] : p.options) {
    const auto offered = numbers(value);
    const bool same = offered.size() == wanted.size() &&
                      std::equal(offered.begin(), offered.end(), wanted.begin(), [](double a, double b) {
                        return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
                      });
    if (value == text || (!wanted.empty() && same)) return value;
  }
  return Error(EINVAL, "the cutout service takes other values of " + p.column.name + " only");
}

Result<void> add_shape(const ServiceDescriptor& service, std::string_view name, const std::string& text,
                       Fields& fields) {
  if (const auto* own = input(service, name)) {
    auto value = chosen(*own, text);
    if (!value) return value.error();
    fields.emplace_back(own->column.name, std::move(*value));
  } else {
    fields.emplace_back(input(service, "POS")->column.name, std::string(name) + " " + text);
  }
  return {};
}

}  // namespace

std::optional<SodaDescriptor> find_cutout_service(const Links& links, const std::string& id) {
  constexpr int kUnnamed = 4;
  using Key = std::tuple<bool, bool, int, Cuts>;
  std::optional<std::pair<Key, SodaDescriptor>> best;
  const auto offer = [&](const ServiceDescriptor& service, const Link* link, int how) {
    const bool by_job = standard_of(service) == Standard::kAsync;
    const Cuts whose = cuts(service, link, links, id);
    const Key key{whose == Cuts::kOtherConstant, by_job, how, whose};
    if (!best || key < best->first) best.emplace(key, SodaDescriptor{&service, link, by_job});
  };
  for (const auto& service : links.services) {
    if (!usable(service)) continue;
    for (const auto& link : links.rows) {
      if (link.service_def.empty() || link.service_def != service.id) continue;
      if (const auto how = rank(link, id)) offer(service, &link, *how);
    }
    if (!param(service, "standardID").empty()) offer(service, nullptr, kUnnamed);
  }
  return best ? std::optional(best->second) : std::nullopt;
}

CutoutOffer offer_of(const SodaDescriptor& descriptor) {
  const auto& service = *descriptor.service;
  CutoutOffer offer;
  offer.any = true;
  offer.by_job = descriptor.by_job;
  offer.service = param(service, "accessURL");
  const auto* circle = input(service, "CIRCLE");
  const auto* polygon = input(service, "POLYGON");
  const auto* band = input(service, "BAND");
  offer.circles = circle != nullptr || takes_pos(service, "circle");
  offer.polygons = polygon != nullptr || takes_pos(service, "polygon");
  const auto metres = band != nullptr ? metres_of(band->column.unit) : std::nullopt;
  offer.bands = metres.has_value();
  if (polygon != nullptr) {
    const auto corners = numbers(polygon->max);
    for (std::size_t i = 0; i + 1 < corners.size(); i += 2) {
      if (const auto corner = point(corners[i], corners[i + 1])) offer.outline.push_back(*corner);
    }
    if (offer.outline.size() < 3) offer.outline.clear();
    if (!offer.outline.empty()) offer.field = enclosing_circle(offer.outline);
  }
  if (circle != nullptr) {
    const auto most = numbers(circle->max);
    const auto centre = most.size() == 3 ? point(most[0], most[1]) : std::nullopt;
    if (centre && most[2] > 0) offer.field = SkyCircle{*centre, most[2]};
  }
  if (metres) {
    auto ends = numbers(band->min);
    const auto upper = numbers(band->max);
    ends.insert(ends.end(), upper.begin(), upper.end());
    if (ends.size() == 2 && ends[0] > 0 && ends[0] <= ends[1])
      offer.range = Band{ends[0] * *metres, ends[1] * *metres};
  }
  return offer;
}

Result<Fields> cutout_fields(const SodaDescriptor& descriptor, const Links& links, const CutoutSpec& spec) {
  const auto& service = *descriptor.service;
  Fields fields;
  for (const auto& p : service.inputs) {
    if (is_filter(p)) continue;
    auto fixed = fixed_value(p, descriptor.link, links);
    if (!fixed) return fixed.error();
    const std::string value = fixed->empty() ? fits_option(p) : *std::move(fixed);
    if (!value.empty() && !same_word(p.column.name, "PREFIX")) fields.emplace_back(p.column.name, value);
  }
  Result<void> added;
  if (spec.circle) added = add_shape(service, "CIRCLE", circle_text(*spec.circle), fields);
  if (added && !spec.polygon.empty())
    added = add_shape(service, "POLYGON", polygon_text(spec.polygon), fields);
  if (added && spec.band) {
    const auto* band = input(service, "BAND");
    auto value = chosen(*band, band_text(*spec.band, metres_of(band->column.unit).value_or(1)));
    if (!value) return value.error();
    fields.emplace_back(band->column.name, std::move(*value));
  }
  if (!added) return added.error();
  if (!spec.prefix.empty()) fields.emplace_back("PREFIX", spec.prefix);
  return fields;
}

Fields plain_cutout_fields(const std::string& id, const CutoutSpec& spec) {
  Fields fields{{"ID", id}};
  if (spec.circle) fields.emplace_back("CIRCLE", circle_text(*spec.circle));
  if (!spec.polygon.empty()) fields.emplace_back("POLYGON", polygon_text(spec.polygon));
  if (spec.band) fields.emplace_back("BAND", band_text(*spec.band, 1));
  if (!spec.prefix.empty()) fields.emplace_back("PREFIX", spec.prefix);
  return fields;
}

}  // namespace esofs::client
