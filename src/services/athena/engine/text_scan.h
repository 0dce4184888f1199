#pragma once
// Delimited text (LazySimpleSerDe) and CSV (OpenCSVSerde): columns by position.
#include <vector>

#include "services/athena/engine/scan_group.h"

namespace tickerlake::athena {

GroupScan scan_text(const std::vector<sql::Column>& declared, const ScanGroup& group);

}  // namespace tickerlake::athena
