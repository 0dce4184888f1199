#pragma once
// How segments are replaced by their compacted form, so that a crash at any moment leaves the old ones or the new one.
//
// The new segment's files are written and synced in the folder "cleaned". Then the file "swap" says which range of
// offsets they take the place of: from that moment on the new one counts. finish_swap() does what "swap" says, now or
// at the next start, as often as it takes.
#include "base/result.h"
#include "io/file.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

inline constexpr const char* cleaned_folder = "cleaned";
inline constexpr const char* swap_file_name = "swap";

/// An empty folder for the next segment's files.
Result<void> prepare_cleaned_folder(const io::Path& directory);
/// The files in the folder are synced, and replace all segments that begin in [base, next).
Result<void> commit_swap(const io::Path& directory, Offset base, Offset next);
/// Completes a swap that was committed; removes what one left that was not. ErrorCode::corrupt for an unreadable file.
Result<void> finish_swap(const io::Path& directory);

}  // namespace tickerlake::broker
