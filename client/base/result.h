// Error and Result<T>: what can fail because of the world, as a value.
//
//   errors   code is the errno that the caller of read(2), open(2) … will see; what is a sentence for the log and
//            for .esofs/errors, without a trailing dot and without secrets
//   threads  plain values
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace esofs {

class Error {
 public:
  // code: a positive errno value. what: never a token or a password.
  Error(int code, std::string what) : code_(code), what_(std::move(what)) { assert(code > 0); }

  int code() const noexcept { return code_; }
  const std::string& what() const noexcept { return what_; }

  // The same failure, seen from one step further out:
  //   Error(ENOENT, "HTTP 404").at("block 7 of ADP.2020-03-27") -> "block 7 of ADP.2020-03-27: HTTP 404"
  Error at(std::string_view step) const { return {code_, std::string(step) + ": " + what_}; }

 private:
  int code_;
  std::string what_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return error;` both read as they should.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-constructor)

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // REQUIRES: has_value().
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  // REQUIRES: !has_value().
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-constructor)

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  // REQUIRES: !has_value().
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace esofs
