// Cancel: how the asker of an asynchronous answer says that it no longer waits (a FUSE interrupt, a closed handle).
//
// Every asynchronous operation of esofs has the form
//     Cancel operation(arguments..., Done done);
// and promises: done runs exactly once, with no lock held, on the calling thread (before the operation returns)
// or on a lane thread. Calling the Cancel makes done run with EINTR soon, from the cancelling thread, if it
// has not run yet; else it does nothing. It may be called from any thread, more than once, or never; an empty
// Cancel means that done has run already. Work that nobody waits for any more may be stopped.
#pragma once

#include <functional>

#include "client/base/result.h"

namespace esofs {

using Cancel = std::function<void()>;

template <class T>
using Done = std::function<void(Result<T>)>;

}  // namespace esofs
