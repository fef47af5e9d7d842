#include "client/model/profile.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <sstream>

#include "client/base/nearest.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "client/model/eso_profile.h"

namespace esofs::client {

namespace {

using Json = nlohmann::json;

// The place of a key in a JSON profile, and what is wrong with it.
class Place {
 public:
  explicit Place(std::string text) : text_(std::move(text)) {}
  Error wrong(const std::string& what) const { return {EINVAL, text_ + ": " + what}; }
  Place in(const std::string& part) const { return Place(text_ + ", " + part); }

 private:
  std::string text_;
};

// A setter takes the value of one key, or says why it cannot.
using Setter = std::function<std::optional<std::string>(const Json&)>;
using Setters = std::vector<std::pair<std::string, Setter>>;

Setter text_into(std::string& to) {
  return [&to](const Json& value) -> std::optional<std::string> {
    if (!value.is_string()) return "must be a text";
    to = value.get<std::string>();
    return std::nullopt;
  };
}

Setter directory_name_into(std::string& to) {
  return [&to](const Json& value) -> std::optional<std::string> {
    if (auto wrong = text_into(to)(value)) return wrong;
    if (to == safe_name(to)) return std::nullopt;
    return "must be the name of a directory: 1 to 255 bytes without / and control characters, and neither . "
           "nor ..";
  };
}

Setter number_into(std::uint64_t& to) {
  return [&to](const Json& value) -> std::optional<std::string> {
    if (!value.is_number_unsigned()) return "must be a number, 0 or larger, without a point";
    to = value.get<std::uint64_t>();
    return std::nullopt;
  };
}

Setter texts_into(std::vector<std::string>& to) {
  return [&to](const Json& value) -> std::optional<std::string> {
    if (!value.is_array()) return "must be a list of texts";
    std::vector<std::string> texts;
    for (const auto& entry : value) {
      if (!entry.is_string()) return "must be a list of texts";
      texts.push_back(entry.get<std::string>());
    }
    to = std::move(texts);
    return std::nullopt;
  };
}

Setter numbers_into(std::vector<std::uint64_t>& to) {
  return [&to](const Json& value) -> std::optional<std::string> {
    if (!value.is_array()) return "must be a list of numbers";
    std::vector<std::uint64_t> numbers;
    for (const auto& entry : value) {
      if (!entry.is_number_unsigned()) return "must be a list of numbers, 0 or larger";
      numbers.push_back(entry.get<std::uint64_t>());
    }
    to = std::move(numbers);
    return std::nullopt;
  };
}

Setter flag_into(bool& to) {
  return [&to](const Json& value) -> std::optional<std::string> {
    if (!value.is_boolean()) return "must be true or false";
    to = value.get<bool>();
    return std::nullopt;
  };
}

Setter word_into(std::string& to, std::vector<std::string> words) {
  return [&to, words = std::move(words)](const Json& value) -> std::optional<std::string> {
    std::string known;
    for (const auto& word : words) {
      if (value.is_string() && value.get<std::string>() == word) {
        to = word;
        return std::nullopt;
      }
      known += (known.empty() ? "\"" : " or \"") + word + "\"";
    }
    return "must be " + known;
  };
}

Setter patterns_into(std::vector<std::string>& to) {
  return [&to, texts = texts_into(to)](const Json& value) -> std::optional<std::string> {
    if (auto wrong = texts(value)) return wrong;
    for (const auto& pattern : to) {
      try {
        const std::regex compiled(pattern);
      } catch (const std::regex_error& error) {
        return "\"" + pattern + "\" is not a regular expression: " + error.what();
      }
    }
    return std::nullopt;
  };
}

// Scheme, host and port: "https://archive.eso.org" of "https://archive.eso.org/tap_obs"; "" if `url` is not one.
std::string site_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return "";
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

bool holds_user_info(const std::string& url) { return site_of(url).find('@') != std::string::npos; }

Setter url_into(std::string& to) {
  return [&to](const Json& value) -> std::optional<std::string> {
    if (!value.is_string()) return "must be a URL";
    const auto url = value.get<std::string>();
    if (!url.empty() && url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0)
      return "must begin with http:// or https://";
    if (holds_user_info(url)) return "must not hold a user name or a password, which URLs show to everybody";
    to = url;
    return std::nullopt;
  };
}

Setter url_pattern_into(std::string& to) {
  return [&to, url = url_into(to)](const Json& value) -> std::optional<std::string> {
    if (auto wrong = url(value)) return wrong;
    if (!to.empty() && to.find("{id}") == std::string::npos) return "must hold {id}";
    return std::nullopt;
  };
}

Result<void> set_all(const Json& object, const Setters& setters, const Place& place) {
  if (!object.is_object()) return place.wrong("must be an object { … }");
  for (const auto& [key, value] : object.items()) {
    const Setter* setter = nullptr;
    std::vector<std::string> known;
    for (const auto& [name, candidate] : setters) {
      if (name == key) setter = &candidate;
      known.push_back(name);
    }
    if (setter == nullptr) {
      const auto meant = nearest(key, known);
      const auto hint = meant.empty() ? std::string() : " (did you mean '" + meant + "'?)";
      return place.wrong("unknown key '" + key + "'" + hint);
    }
    if (auto wrong = (*setter)(value)) return place.wrong("'" + key + "' " + *wrong);
  }
  return {};
}

Result<std::vector<TapService>> tap_services(const Json& list, const Place& place) {
  if (!list.is_array() || list.empty()) return place.wrong("'tap' must be a list of at least one service");
  std::vector<TapService> services;
  for (const auto& entry : list) {
    TapService service;
    const auto here = place.in("tap service " + std::to_string(services.size() + 1));
    auto set = set_all(entry,
                       {{"name", directory_name_into(service.name)},
                        {"url", url_into(service.url)},
                        {"schemas", texts_into(service.schemas)},
                        {"maxrec", number_into(service.maxrec)},
                        {"authorised", flag_into(service.authorised)}},
                       here);
    if (!set) return set.error();
    if (service.url.empty()) return here.wrong("'url' is missing");
    while (service.url.back() == '/') service.url.pop_back();
    if (service.name.empty())
      service.name = services.empty() ? "tap" : "tap" + std::to_string(services.size() + 1);
    for (std::size_t i = 0; i < services.size(); ++i) {
      if (services[i].name == service.name)
        return here.wrong("'name' must differ from that of tap service " + std::to_string(i + 1));
    }
    services.push_back(std::move(service));
  }
  return services;
}

Result<std::vector<AuthorisedService>> authorised_services(const Json& list, const Place& place) {
  if (!list.is_array()) return place.wrong("'authorised' must be a list of services");
  std::vector<AuthorisedService> services;
  for (const auto& entry : list) {
    AuthorisedService service;
    const auto here = place.in("authorised service " + std::to_string(services.size() + 1));
    auto set =
        set_all(entry, {{"url", url_into(service.url)}, {"schemes", texts_into(service.schemes)}}, here);
    if (!set) return set.error();
    const auto host = service.url.find("://");
    if (host == std::string::npos || service.url.find('/', host + 3) == std::string::npos)
      return here.wrong("'url' must be given, with a path");
    if (service.schemes.empty()) return here.wrong("'schemes' is missing");
    for (const auto& scheme : service.schemes) {
      if (scheme != "bearer" && scheme != "basic")
        return here.wrong("'schemes' must hold \"bearer\" or \"basic\", not \"" + scheme + "\"");
    }
    services.push_back(std::move(service));
  }
  return services;
}

std::string host_of(const std::string& url) {
  auto origin = site_of(url);
  if (origin.empty()) return "";
  origin.erase(0, origin.find("://") + 3);
  if (const auto user = origin.rfind('@'); user != std::string::npos) origin.erase(0, user + 1);
  const auto port = origin.rfind(':');
  if (port != std::string::npos && origin.find(']', port) == std::string::npos) origin.erase(port);
  return origin;
}

void move_to(Profile& profile, std::string base_url) {
  while (!base_url.empty() && base_url.back() == '/') base_url.pop_back();
  const auto moved = [&base_url](std::string& url) {
    if (const auto origin = site_of(url); !origin.empty()) url.replace(0, origin.size(), base_url);
  };
  for (auto& service : profile.tap) moved(service.url);
  for (auto* url : {&profile.datalink_pattern, &profile.file_pattern, &profile.calselector_url,
                    &profile.ssap_url, &profile.soda_url, &profile.token_url, &profile.resolver_url})
    moved(*url);
  for (auto& service : profile.authorised) moved(service.url);
  if (!profile.credential_hosts.empty()) profile.credential_hosts = {host_of(base_url)};
}

// What stands first in a JSON profile, whatever its place in the text: the profile that the others change.
Result<Profile> base_profile(const Json& json, const Place& place) {
  Profile profile;
  if (const auto extends = json.find("extends"); extends != json.end()) {
    if (*extends != "eso") return place.wrong("'extends' must be \"eso\", the only built-in profile");
    profile = eso_profile();
  }
  if (const auto base = json.find("base_url"); base != json.end()) {
    std::string url;
    if (auto wrong = url_into(url)(*base)) return place.wrong("'base_url' " + *wrong);
    move_to(profile, url);
  }
  return profile;
}

std::optional<std::string> contents(const std::filesystem::path& file) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(file, failed)) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return std::nullopt;
  return text.str();
}

std::vector<std::string> profile_names(const std::string& profile_dir) {
  std::vector<std::string> names{"eso"};
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(profile_dir, failed)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  return names;
}

// The base URL of a TAP service, also if the URL of one of its resources was given.
std::string tap_base(std::string url) {
  for (const std::string_view end :
       {"/", "?", "/sync", "/async", "/capabilities", "/tables", "/availability", "/"})
    while (url.ends_with(end)) url.erase(url.size() - end.size());
  return url;
}

Profile bare_profile(std::string url) {
  url = tap_base(std::move(url));
  Profile profile;
  profile.name = host_of(url);
  profile.title = "The archive at " + profile.name;
  profile.tap.push_back({"tap", url, {}, 0, false});
  return profile;
}

}  // namespace

Profile eso_profile() { return *parse_profile(std::string(eso_profile_text()), "eso"); }

Result<Profile> parse_profile(const std::string& text, const std::string& where) {
  const Place place("archive profile " + where);
  Json json;
  try {
    json = Json::parse(text, nullptr, true, true);
  } catch (const Json::parse_error& error) {
    return place.wrong("not JSON (line " + std::to_string(line_at(text, error.byte)) + ")");
  }
  if (!json.is_object()) return place.wrong("must be an object { … }");
  auto based = base_profile(json, place);
  if (!based) return based.error();
  Profile profile = std::move(*based);

  std::optional<Error> service_wrong;
  const auto taken = [](const Json&) -> std::optional<std::string> { return std::nullopt; };
  const Setter tap = [&](const Json& value) -> std::optional<std::string> {
    auto services = tap_services(value, place);
    if (services)
      profile.tap = std::move(*services);
    else
      service_wrong = services.error();
    return std::nullopt;
  };
  const Setter authorised = [&](const Json& value) -> std::optional<std::string> {
    auto services = authorised_services(value, place);
    if (services)
      profile.authorised = std::move(*services);
    else
      service_wrong = services.error();
    return std::nullopt;
  };
  auto set = set_all(json,
                     {{"extends", taken},
                      {"base_url", taken},
                      {"name", text_into(profile.name)},
                      {"title", text_into(profile.title)},
                      {"limits", texts_into(profile.limits)},
                      {"tap", tap},
                      {"datalink_pattern", url_pattern_into(profile.datalink_pattern)},
                      {"file_pattern", url_pattern_into(profile.file_pattern)},
                      {"ids", patterns_into(profile.ids)},
                      {"raw_ids", patterns_into(profile.raw_ids)},
                      {"file_ids", patterns_into(profile.file_ids)},
                      {"obscore_table", text_into(profile.obscore_table)},
                      {"obscore_id_column", text_into(profile.obscore_id_column)},
                      {"raw_table", text_into(profile.raw_table)},
                      {"raw_id_column", text_into(profile.raw_id_column)},
                      {"product_files_table", text_into(profile.product_files_table)},
                      {"product_id_column", text_into(profile.product_id_column)},
                      {"sizes_table", text_into(profile.sizes_table)},
                      {"placeholder_lengths", numbers_into(profile.placeholder_lengths)},
                      {"estsize_unit", number_into(profile.estsize_unit)},
                      {"calselector_url", url_into(profile.calselector_url)},
                      {"ssap_url", url_into(profile.ssap_url)},
                      {"soda_url", url_into(profile.soda_url)},
                      {"token_url", url_into(profile.token_url)},
                      {"token_method", word_into(profile.token_method, {"get", "post"})},
                      {"token_client_id", text_into(profile.token_client_id)},
                      {"token_client_secret", text_into(profile.token_client_secret)},
                      {"token_scope", text_into(profile.token_scope)},
                      {"resolver_url", url_into(profile.resolver_url)},
                      {"credential_hosts", texts_into(profile.credential_hosts)},
                      {"authorised", authorised}},
                     place);
  if (!set) return set.error();
  if (service_wrong) return *service_wrong;
  if (profile.tap.empty()) return place.wrong("'tap' is missing");
  if (profile.estsize_unit == 0) return place.wrong("'estsize_unit' must be larger than 0");
  if (profile.name.empty()) profile.name = host_of(profile.tap.front().url);
  if (profile.title.empty()) profile.title = profile.name;
  return profile;
}

Result<Profile> find_profile(const std::string& archive, const std::string& profile_dir) {
  if (archive.rfind("http://", 0) == 0 || archive.rfind("https://", 0) == 0) {
    if (holds_user_info(archive))
      return Error(EINVAL,
                   "a password in the archive's URL would be seen by everybody: write a profile with "
                   "credential_hosts and give -o credentials=FILE");
    if (host_of(archive).empty()) return Error(EINVAL, "not a URL: " + archive);
    return bare_profile(archive);
  }
  const bool path = archive.find('/') != std::string::npos || archive.find(".json") != std::string::npos;
  if (path) {
    const auto text = contents(archive);
    if (!text) return Error(ENOENT, "no archive profile at " + archive);
    return parse_profile(*text, archive);
  }
  if (!profile_dir.empty()) {
    const auto file = std::filesystem::path(profile_dir) / (archive + ".json");
    if (const auto text = contents(file)) return parse_profile(*text, file.string());
  }
  if (archive == "eso") return eso_profile();
  const auto meant = nearest(archive, profile_names(profile_dir));
  const auto hint = meant.empty() ? std::string() : " (did you mean '" + meant + "'?)";
  return Error(ENOENT, "unknown archive '" + archive + "'" + hint +
                           "; give a profile's name, a profile file or the URL of a TAP service");
}

}  // namespace esofs::client
