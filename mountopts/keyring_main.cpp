// esofs-keyring: one question to the desktop's keyring, by libsecret. A program of its own, so that a question can be ended
// when the keyring hangs, and so that no mount has the threads and the bus connection of GLib, which end its process when
// the desktop session ends.
//
//   esofs-keyring keep ID OWNER LABEL    the content on standard input
//   esofs-keyring content ID             the content on standard output
//   esofs-keyring clear OWNER ID         every item of the owner but this one
//
// No secret is an argument. No question is ever shown to the user: a keyring that needs one counts as locked. Exit status: client/login/keyring.cpp.
#include <libsecret/secret.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace {

enum Exit { kDone = 0, kUsage = 2, kFailed = 3, kNoBus = 10, kNoService = 11, kLocked = 12, kAbsent = 13 };

constexpr unsigned kLongestLife = 30;  // seconds, if nobody waits for the answer

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

class Failure {
 public:
  Failure() = default;
  ~Failure() { g_clear_error(&error_); }
  Failure(const Failure&) = delete;
  Failure& operator=(const Failure&) = delete;
  GError** out() { return &error_; }
  explicit operator bool() const { return error_ != nullptr; }
  // There is no Secret Service, or it has ended.
  bool absent() const {
    return g_error_matches(error_, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
           g_error_matches(error_, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
           g_error_matches(error_, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND) ||
           (error_ != nullptr && error_->domain == G_DBUS_ERROR);
  }
  int status() const { return absent() ? kNoService : kFailed; }

 private:
  GError* error_ = nullptr;
};

class Items {
 public:
  explicit Items(GList* list) : list_(list) {}
  ~Items() { g_list_free_full(list_, g_object_unref); }
  Items(const Items&) = delete;
  Items& operator=(const Items&) = delete;
  const GList* get() const { return list_; }

 private:
  GList* list_;
};

class Attributes {
 public:
  Attributes() : table_(g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)) {}
  ~Attributes() { g_hash_table_unref(table_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  Attributes& with(const char* name, const char* value) {
    g_hash_table_insert(table_, g_strdup(name), g_strdup(value));
    return *this;
  }
  GHashTable* get() const { return table_; }

 private:
  GHashTable* table_;
};

const SecretSchema* schema() {
  static const SecretSchema session = {
      "org.esofs.Session",
      SECRET_SCHEMA_NONE,
      {{"id", SECRET_SCHEMA_ATTRIBUTE_STRING}, {"owner", SECRET_SCHEMA_ATTRIBUTE_STRING}, {nullptr, {}}},
      0,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr};
  return &session;
}

// Otherwise GLib would start a bus of its own.
bool has_bus() {
  // There is one thread.
  const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");  // NOLINT(concurrency-mt-unsafe)
  if (address != nullptr && address[0] != '\0') return !std::string_view(address).starts_with("autolaunch:");
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (runtime == nullptr || runtime[0] != '/') return false;
  struct stat status {};
  return ::stat((std::string(runtime) + "/bus").c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// The user's own session bus. sudo may leave another user's in the environment, which does not count.
Object<GDBusConnection> own_bus() {
  Object<GDBusConnection> bus(g_bus_get_sync(G_BUS_TYPE_SESSION, nullptr, nullptr));
  if (!bus) return nullptr;
  g_dbus_connection_set_exit_on_close(bus.get(), FALSE);
  GIOStream* stream = g_dbus_connection_get_stream(bus.get());
  if (!G_IS_SOCKET_CONNECTION(stream)) return nullptr;
  GSocket* socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream));
  const Object<GCredentials> peer(g_socket_get_credentials(socket, nullptr));
  if (!peer || g_credentials_get_unix_user(peer.get(), nullptr) != ::geteuid()) return nullptr;
  return bus;
}

bool opened_quietly(SecretService* service, SecretCollection* collection);

// The collection that new items go to, unlocked.
int open_default(SecretService* service, Object<SecretCollection>& collection) {
  Failure failure;
  collection.reset(secret_collection_for_alias_sync(service, SECRET_COLLECTION_DEFAULT,
                                                    SECRET_COLLECTION_NONE, nullptr, failure.out()));
  if (failure) return failure.status();
  if (!collection) return kNoService;
  if (secret_collection_get_locked(collection.get()) == FALSE) return kDone;
  return opened_quietly(service, collection.get()) ? kDone : kLocked;
}

// Unlocks if that takes no prompt. A prompt is dismissed.
bool opened_quietly(SecretService* service, SecretCollection* collection) {
  const char* path = g_dbus_proxy_get_object_path(G_DBUS_PROXY(collection));
  GVariant* answer = g_dbus_proxy_call_sync(G_DBUS_PROXY(service), "Unlock",
                                            g_variant_new("(@ao)", g_variant_new_objv(&path, 1)),
                                            G_DBUS_CALL_FLAGS_NONE, -1, nullptr, nullptr);
  if (answer == nullptr) return false;
  GVariant* unlocked = nullptr;
  const char* prompt = nullptr;
  g_variant_get(answer, "(@ao&o)", &unlocked, &prompt);
  const bool opened = g_variant_n_children(unlocked) > 0;
  if (!opened && std::string_view(prompt) != "/") {
    GVariant* dismissed = g_dbus_connection_call_sync(g_dbus_proxy_get_connection(G_DBUS_PROXY(service)),
                                                      g_dbus_proxy_get_name(G_DBUS_PROXY(service)), prompt,
                                                      "org.freedesktop.Secret.Prompt", "Dismiss", nullptr,
                                                      nullptr, G_DBUS_CALL_FLAGS_NONE, -1, nullptr, nullptr);
    if (dismissed != nullptr) g_variant_unref(dismissed);
  }
  g_variant_unref(unlocked);
  g_variant_unref(answer);
  return opened;
}

std::optional<std::string> all_input() {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

bool all_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

int keep(SecretService* service, const char* id, const char* owner, const char* label) {
  const auto content = all_input();
  if (!content) return kFailed;
  Object<SecretCollection> collection;
  if (const int status = open_default(service, collection); status != kDone) return status;
  const std::unique_ptr<SecretValue, void (*)(SecretValue*)> value(
      secret_value_new(content->data(), static_cast<gssize>(content->size()), "text/plain"),
      [](SecretValue* one) { secret_value_unref(one); });
  Attributes attributes;
  attributes.with("id", id).with("owner", owner);
  Failure failure;
  const Object<SecretItem> item(secret_item_create_sync(collection.get(), schema(), attributes.get(), label,
                                                        value.get(), SECRET_ITEM_CREATE_REPLACE, nullptr,
                                                        failure.out()));
  return item ? kDone : failure.status();
}

int content(SecretService* service, const char* id) {
  Attributes attributes;
  attributes.with("id", id);
  Failure failure;
  const Items items(secret_service_search_sync(
      service, schema(), attributes.get(),
      static_cast<SecretSearchFlags>(SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS), nullptr,
      failure.out()));
  if (failure) return failure.status();
  if (items.get() == nullptr) {  // a keyring that was never unlocked does not list its items
    Object<SecretCollection> collection;
    const int status = open_default(service, collection);
    return status == kDone ? kAbsent : status;
  }
  auto* item = SECRET_ITEM(items.get()->data);
  if (secret_item_get_locked(item) != FALSE) return kLocked;
  const std::unique_ptr<SecretValue, void (*)(SecretValue*)> value(secret_item_get_secret(item),
                                                                   [](SecretValue* one) {
                                                                     if (one != nullptr)
                                                                       secret_value_unref(one);
                                                                   });
  if (!value) return kFailed;
  gsize size = 0;
  const char* text = secret_value_get(value.get(), &size);
  return all_output({text, size}) ? kDone : kFailed;
}

int clear(SecretService* service, const char* owner, std::string_view kept) {
  Attributes attributes;
  attributes.with("owner", owner);
  Failure failure;
  const Items items(secret_service_search_sync(service, schema(), attributes.get(), SECRET_SEARCH_ALL,
                                               nullptr, failure.out()));
  if (failure) return failure.status();
  int status = kDone;
  for (const GList* at = items.get(); at != nullptr; at = at->next) {
    auto* item = SECRET_ITEM(at->data);
    const std::unique_ptr<GHashTable, void (*)(GHashTable*)> of(secret_item_get_attributes(item),
                                                                g_hash_table_unref);
    const auto* id = static_cast<const char*>(g_hash_table_lookup(of.get(), "id"));
    if (id != nullptr && !kept.empty() && kept == id) continue;
    if (secret_item_get_locked(item) != FALSE) {  // deleting it would ask the user
      status = kLocked;
      continue;
    }
    Failure deletion;
    if (secret_item_delete_sync(item, nullptr, deletion.out()) == FALSE) status = deletion.status();
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::alarm(kLongestLife);
  g_log_set_default_handler([](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);

  const std::string_view verb = argc > 1 ? argv[1] : "";
  const bool known =
      (verb == "keep" && argc == 5) || (verb == "content" && argc == 3) || (verb == "clear" && argc == 4);
  if (!known) return kUsage;
  if (!has_bus()) return kNoBus;
  const auto bus = own_bus();
  if (!bus) return kNoBus;
  Failure failure;
  const Object<SecretService> service(secret_service_open_sync(
      SECRET_TYPE_SERVICE, nullptr, SECRET_SERVICE_OPEN_SESSION, nullptr, failure.out()));
  if (!service) return failure.status();
  if (verb == "keep") return keep(service.get(), argv[2], argv[3], argv[4]);
  if (verb == "content") return content(service.get(), argv[2]);
  return clear(service.get(), argv[2], argv[3]);
}
