#pragma once
// fsck of the object store: index against blobs, both ways. docs/formats/object-store.md is what it is held against.
#include "services/fsck/fsck.h"

namespace tickerlake::s3 {

/// Where fsck.deep, contents are read and compared with ETags and checksums too.
void check_store(services::Fsck& fsck, const io::Path& directory);

}  // namespace tickerlake::s3
