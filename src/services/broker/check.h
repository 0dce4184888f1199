#pragma once
// fsck of the broker's folder: topics, partitions, the groups' journal, the small files beside them.
#include "services/fsck/fsck.h"

namespace tickerlake::broker {

void check_broker(services::Fsck& fsck, const io::Path& directory);

}  // namespace tickerlake::broker
