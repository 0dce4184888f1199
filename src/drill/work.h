#pragma once
// Replay and sink at work in threads of this process, as the commands run them, with their progress on the timeline.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/log.h"
#include "drill/recorder.h"
#include "pipeline/replay/replay.h"
#include "pipeline/sink/sink.h"

namespace tickerlake::drill {

/// Not thread-safe. Ends what runs when it goes.
class Work {
 public:
  static constexpr std::chrono::milliseconds sample_interval{100};

  /// Starts both. Recorder and lake must outlive it.
  Work(pipeline::ReplayOptions replay, pipeline::SinkOptions sink, pipeline::LakeStore& lake, Recorder& recorder,
       const Log& log);
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  /// The failure of either, if one has ended with one.
  std::optional<Error> failure() const;
  bool replay_has_ended() const { return replay_ended_; }

  /// Stops the paced replay, sends the rest as fast as it goes (a second replay that finds out by itself where the
  /// first stopped), stops the sink, and has a second sink take what is left: all of the files is in the lake then.
  Result<void> complete(const pipeline::Stop& stop);

  std::int64_t rows_in_files() const { return rows_in_files_; }

 private:
  void run_replay(const pipeline::Stop& stop, const pipeline::ReplayOptions& options);
  void run_sink(const pipeline::Stop& stop, const pipeline::SinkOptions& options);
  void sample();
  void fail_with(const Error& error);

  // constant after construction
  pipeline::ReplayOptions replay_options_;
  pipeline::SinkOptions sink_options_;
  pipeline::LakeStore& lake_;
  Recorder& recorder_;
  const Log log_;

  pipeline::Stop stop_replay_, stop_sink_;
  // Of the runs before the one at work, and of that one.
  std::atomic<std::int64_t> replayed_before_ = 0, replayed_ = 0;
  std::atomic<std::int64_t> read_before_ = 0, read_ = 0;
  std::atomic<std::int64_t> in_lake_before_ = 0, in_lake_ = 0;
  std::atomic<std::int64_t> rows_in_files_ = 0;
  std::atomic<bool> replay_ended_ = false;

  mutable Mutex mutex_;
  std::optional<Error> failure_ TL_GUARDED_BY(mutex_);
  std::jthread sampler_, replay_, sink_;
};

}  // namespace tickerlake::drill
