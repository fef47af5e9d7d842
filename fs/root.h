// Root: the root directory of a mount. It alone knows all kinds of directories, and owns
// the state that each kind shares: the saved queries, the jobs, the templates of browse/.
//
// A further kind of directory is a class derived from Node and a line in Root::node().
//
//   threads  thread-safe
#pragma once

#include <memory>

#include "fs/browse/browse_state.h"
#include "fs/jobs/job_directories.h"
#include "fs/queries/saved_queries.h"
#include "fs/queries/user_places.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

class Root {
 public:
  explicit Root(Context& context);  // which outlives it
  ~Root() { end(); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  // The nodes refer to this object, which must outlive them.
  NodePtr node();
  // Ends the threads of users' homes. Their jobs use the file system: to be called while it is there, and after its last request.
  void end();

 private:
  TextFolder offered_folder();

  Context& context_;
  SavedQueries queries_;
  const std::unique_ptr<UserPlaces> users_;     // null: all users have the same queries
  const std::unique_ptr<JobDirectories> jobs_;  // null: the archive has none
  const std::unique_ptr<UserJobs> user_jobs_;   // null: as users_, or as jobs_
  BrowseState browse_;
};

}  // namespace esofs::fs
