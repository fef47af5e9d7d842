// Mounts a tree over the fakes, for trying the FUSE glue by hand and in tests/unit/fs/kernel/mount_test.cpp:
//   fs_mount_fakes MOUNTPOINT QUERIES_DIR
// Files whose id ends in "999" never answer a read, and the query "SELECT hang" never answers.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "client/model/identifiers.h"
#include "fs/kernel/fuse_session.h"
#include "fs/root.h"
#include "fs/tree/context.h"
#include "tests/support/fake_catalog.h"
#include "tests/support/fake_file_cache.h"

int main(int argc, char** argv) {
  using namespace esofs;
  if (argc < 3) return 2;
  tests::FakeCatalog catalog;
  tests::FakeFileCache cache;
  fs::ThreadTimer timer;
  auto listing = std::make_shared<tests::FakeListing>();
  const long count = argc > 3 ? std::strtol(argv[3], nullptr, 10) : 20;
  for (long i = 0; i < count; ++i) {
    char id[64];
    (void)std::snprintf(id, sizeof(id), "ADP.2018-06-21T20:%02ld:%02ld.%03ld", i / 60000 % 60, i / 1000 % 60,
                        i % 1000);
    listing->add(id);
    cache.put(id, {});
    catalog.put_source(id, {});
  }
  catalog.put("SELECT good", listing);
  fs::Config config;
  config.archive_name = "fake";
  config.queries_dir = argv[2];
  config.uid = ::getuid();
  config.gid = ::getgid();
  config.version = "fakes";
  config.query_wait = std::chrono::milliseconds(3000);
  config.lookup_wait = std::chrono::milliseconds(2000);
  client::Profile profile;
  profile.ids = {R"(ADP\..{23})"};
  config.ids = std::make_shared<const client::Identifiers>(profile);
  fs::Context context(config, catalog, cache, timer);
  fs::Root root(context);
  fs::Filesystem filesystem(context, root.node());
  auto session = fs::FuseSession::mount(filesystem, timer, {argv[1], {"fsname=fakes"}});
  if (!session) {
    (void)std::fprintf(stderr, "%s\n", session.error().what().c_str());
    return 1;
  }
  auto ran = (*session)->run([] { (void)std::puts("ready"), (void)std::fflush(stdout); });
  return ran ? 0 : 1;
}
