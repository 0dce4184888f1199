#pragma once
// fsck of the catalog's file: docs/formats/catalog.md is what it is held against.
#include "services/fsck/fsck.h"

namespace tickerlake::glue {

void check_catalog(services::Fsck& fsck, const io::Path& file);

}  // namespace tickerlake::glue
