#include "fs/tree/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace esofs::fs {
namespace {

using Json = nlohmann::ordered_json;

template <class Number>
std::string number_text(Number value) {
  std::array<char, 40> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::string(text.data(), end) : std::string();
}

// A float in JSON must read as the decimal it was, not as its widening: 0.1, not 0.10000000149011612.
double as_double(float value) {
  return std::isfinite(value) ? std::strtod(number_text(value).c_str(), nullptr) : value;
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json value_json(const client::Value& value) {
  return std::visit(
      [](const auto& is) -> Json {
        using Is = std::decay_t<decltype(is)>;
        if constexpr (std::is_same_v<Is, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<Is, float>) {
          return finite(as_double(is));
        } else if constexpr (std::is_same_v<Is, double>) {
          return finite(is);
        } else if constexpr (std::is_same_v<Is, std::complex<float>>) {
          return Json::array({finite(as_double(is.real())), finite(as_double(is.imag()))});
        } else if constexpr (std::is_same_v<Is, std::complex<double>>) {
          return Json::array({finite(is.real()), finite(is.imag())});
        } else if constexpr (std::is_same_v<Is, client::ValueArray>) {
          Json array = Json::array();
          for (const auto& element : is) array.push_back(value_json(element));
          return array;
        } else {
          return is;
        }
      },
      value.is);
}

}  // namespace

std::string value_text(const client::Value& value) {
  return std::visit(
      [](const auto& is) -> std::string {
        using Is = std::decay_t<decltype(is)>;
        if constexpr (std::is_same_v<Is, std::monostate>) {
          return {};
        } else if constexpr (std::is_same_v<Is, bool>) {
          return is ? "true" : "false";
        } else if constexpr (std::is_same_v<Is, std::string>) {
          return is;
        } else if constexpr (std::is_same_v<Is, std::complex<float>> ||
                             std::is_same_v<Is, std::complex<double>>) {
          return number_text(is.real()) + " " + number_text(is.imag());
        } else if constexpr (std::is_same_v<Is, client::ValueArray>) {
          std::string text;
          for (const auto& element : is) text += (text.empty() ? "" : " ") + value_text(element);
          return text;
        } else {
          return number_text(is);
        }
      },
      value.is);
}

std::string row_json(const cache::NamedRow& row) {
  Json object = Json::object();
  for (std::size_t i = 0; i < std::min(row.columns.size(), row.row.size()); ++i)
    object[row.columns[i].name] = value_json(row.row[i]);
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace esofs::fs
