// Guarded<T>: data and its mutex in one object, so that the data cannot be reached without the lock.
//
//   Guarded<std::map<Key, Entry>> entries_;
//   ...
//   auto entries = entries_.lock();      // held until `entries` goes out of scope
//   entries->erase(key);
#pragma once

#include <mutex>
#include <utility>

namespace esofs {

template <class T>
class Guarded {
 public:
  class Locked {
   public:
    T* operator->() const noexcept { return data_; }
    T& operator*() const noexcept { return *data_; }

   private:
    friend class Guarded;
    Locked(std::mutex& mutex, T& data) : lock_(mutex), data_(&data) {}
    std::unique_lock<std::mutex> lock_;
    T* data_;
  };

  template <class... Args>
  explicit Guarded(Args&&... args) : data_(std::forward<Args>(args)...) {}

  // Rule: call nothing of another class while a Locked lives.
  [[nodiscard]] Locked lock() { return Locked(mutex_, data_); }

 private:
  std::mutex mutex_;
  T data_;
};

}  // namespace esofs
