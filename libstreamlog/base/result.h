// Result<T>: a value or an Error. Our own, not std::expected: [[nodiscard]] sticks to the type, and clang 14's
// tools can read it, which they cannot libstdc++ 12's.
#pragma once
#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/errors.h"

namespace sl {

// What went wrong, as a code for programs and a sentence for people. The sentence says what to do where it can.
struct Error {
  Errc code = Errc::kNone;
  std::string context;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  Result(Errc code) : Result(Error{code, {}}) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(value()); }
  const T& operator*() const& { return const_cast<Result*>(this)->value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }
  Error&& error() && { return std::move(failure()); }
  const Error& error() const& { return const_cast<Result*>(this)->failure(); }
  Errc code() const { return ok() ? Errc::kNone : error().code; }

 private:
  T& value() {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  Error& failure() {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  Result(Errc code) : error_(Error{code, {}}) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  void operator*() const { assert(ok()); }
  Error&& error() && {
    assert(!ok());
    return std::move(*error_);
  }
  const Error& error() const& {
    assert(!ok());
    return *error_;
  }
  Errc code() const { return ok() ? Errc::kNone : error_->code; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace sl

// SL_TRY(auto x, f()) takes the value or returns the error; SL_CHECK(g()) where there is no value. The CO_ forms
// are for coroutines. They are statements: g++ 12 cannot compile a statement expression around co_await.
#define SL_CAT_(a, b) a##b
#define SL_CAT(a, b) SL_CAT_(a, b)
#define SL_TRY_(ret, tmp, decl, expr) \
  auto tmp = (expr);                  \
  if (!tmp) [[unlikely]]              \
    ret std::move(tmp).error();       \
  decl = *std::move(tmp)
#define SL_TRY(decl, ...) SL_TRY_(return, SL_CAT(try_, __COUNTER__), decl, (__VA_ARGS__))
#define SL_CO_TRY(decl, ...) SL_TRY_(co_return, SL_CAT(try_, __COUNTER__), decl, (__VA_ARGS__))
#define SL_CHECK_(ret, tmp, expr)           \
  if (auto tmp = (expr); !tmp) [[unlikely]] \
  ret std::move(tmp).error()
#define SL_CHECK(...) SL_CHECK_(return, SL_CAT(try_, __COUNTER__), (__VA_ARGS__))
#define SL_CO_CHECK(...) SL_CHECK_(co_return, SL_CAT(try_, __COUNTER__), (__VA_ARGS__))
