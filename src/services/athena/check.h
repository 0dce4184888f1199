#pragma once
// fsck of Athena's folder: docs/formats/athena-results.md is what it is held against.
#include "services/fsck/fsck.h"

namespace tickerlake::athena {

void check_athena(services::Fsck& fsck, const io::Path& directory);

}  // namespace tickerlake::athena
