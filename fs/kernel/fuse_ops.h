// The callbacks of libfuse's low-level API: each turns its arguments into one call of Filesystem and leaves a Reply.
//
//   threads  called by the FUSE workers; none of them waits for the network
#pragma once

#ifndef FUSE_USE_VERSION
#define FUSE_USE_VERSION 312
#endif
#include <fuse_lowlevel.h>

namespace esofs::fs {

// The session's userdata is a Connection.
const fuse_lowlevel_ops& fuse_operations();

}  // namespace esofs::fs
