#include "tests/sim/knobs/faults.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

namespace esofs::sim {
namespace {

using Json = nlohmann::json;
using Setter = std::function<void(Fault&, const Json&)>;

template <class T>
Setter field(T Fault::*member) {
  return [member](Fault& fault, const Json& value) { fault.*member = value.get<T>(); };
}
template <class T>
Setter field(std::optional<T> Fault::*member) {
  return [member](Fault& fault, const Json& value) {
    if (value.is_null()) {
      fault.*member = std::nullopt;
    } else {
      fault.*member = value.get<T>();
    }
  };
}

const std::map<std::string, Setter>& fields() {
  static const std::map<std::string, Setter> all{
      {"path", field(&Fault::path)},
      {"delay", [](Fault& f, const Json& v) { f.delay = std::chrono::milliseconds(v.get<long>()); }},
      {"rate", field(&Fault::rate)},
      {"fail_next", field(&Fault::fail_next)},
      {"status", field(&Fault::status)},
      {"retry_after", field(&Fault::retry_after)},
      {"error_text", field(&Fault::error_text)},
      {"content_type", field(&Fault::content_type)},
      {"cut_after", field(&Fault::cut_after)},
      {"stall_after", field(&Fault::stall_after)},
      {"ignore_range", field(&Fault::ignore_range)},
      {"wrong_content_range", field(&Fault::wrong_content_range)},
      {"no_length", field(&Fault::no_length)},
      {"login_page", field(&Fault::login_page)},
      {"changed_content", field(&Fault::changed_content)},
      {"etag", field(&Fault::etag)},
      {"head_refused", field(&Fault::head_refused)},
      {"redirect", field(&Fault::redirect)},
      {"times", field(&Fault::times)},
  };
  return all;
}

template <class T>
void keep_least(std::optional<T>& here, const std::optional<T>& other) {
  if (other && (!here || *other < *here)) here = other;
}

void apply(const Fault& fault, Effect& effect) {
  Delivery& delivery = effect.delivery;
  delivery.delay += fault.delay;
  if (fault.rate > 0 && (delivery.rate == 0 || fault.rate < delivery.rate)) delivery.rate = fault.rate;
  keep_least(delivery.cut_after, fault.cut_after);
  keep_least(delivery.stall_after, fault.stall_after);
  if (fault.fail_next != 0 && !effect.fail_status) {
    effect.fail_status = fault.status;
    effect.retry_after = fault.retry_after;
    effect.error_text = fault.error_text;
  }
  if (effect.content_type.empty()) effect.content_type = fault.content_type;
  effect.ignore_range |= fault.ignore_range;
  effect.wrong_content_range |= fault.wrong_content_range;
  effect.no_length |= fault.no_length;
  effect.login_page |= fault.login_page;
  effect.changed_content |= fault.changed_content;
  effect.etag &= fault.etag;
  effect.head_refused |= fault.head_refused;
  if (!fault.redirect.empty()) effect.redirect = fault.redirect;
}

}  // namespace

void FaultBook::set(const Fault& fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(fault);
}

void FaultBook::clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

Effect FaultBook::take(const std::string& target, const std::string& path) {
  Effect effect;
  const std::lock_guard lock(mutex_);
  for (Fault& fault : faults_) {
    const bool meets =
        target.find(fault.path) != std::string::npos || path.find(fault.path) != std::string::npos;
    if (fault.times == 0 || !meets) continue;
    apply(fault, effect);
    if (fault.times > 0) --fault.times;
    if (fault.fail_next > 0) --fault.fail_next;
  }
  std::erase_if(faults_, [](const Fault& fault) { return fault.times == 0; });
  return effect;
}

std::variant<std::vector<Fault>, std::string> parse_faults(const std::string& text) {
  Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) return "The fault is not JSON.";
  if (document.is_object()) document = Json::array({document});
  if (!document.is_array()) return "A fault is a JSON object, or an array of them.";
  std::vector<Fault> faults;
  for (const Json& object : document) {
    if (!object.is_object()) return "A fault is a JSON object.";
    Fault& fault = faults.emplace_back();
    for (const auto& [name, value] : object.items()) {
      const auto found = fields().find(name);
      if (found == fields().end()) return "There is no fault field \"" + name + "\".";
      try {
        found->second(fault, value);
      } catch (const std::exception&) {
        return "The value of the fault field \"" + name + "\" is of the wrong type.";
      }
    }
  }
  return faults;
}

}  // namespace esofs::sim
