#include "drill/work.h"

namespace tickerlake::drill {

using std::chrono::milliseconds;

Work::Work(pipeline::ReplayOptions replay, pipeline::SinkOptions sink, pipeline::LakeStore& lake, Recorder& recorder,
           const Log& log)
    : replay_options_(std::move(replay)),
      sink_options_(std::move(sink)),
      lake_(lake),
      recorder_(recorder),
      log_(log),
      sampler_([this](const std::stop_token& end) {
        while (!end.stop_requested()) {
          sample();
          std::this_thread::sleep_for(sample_interval);
        }
      }),
      replay_([this] {
        run_replay(stop_replay_, replay_options_);
        replay_ended_ = true;
      }),
      sink_([this] { run_sink(stop_sink_, sink_options_); }) {}

Work::~Work() {
  stop_replay_.request();
  stop_sink_.request();
}

std::optional<Error> Work::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

void Work::fail_with(const Error& error) {
  MutexLock lock(mutex_);
  if (!failure_) failure_ = error;
}

void Work::run_replay(const pipeline::Stop& stop, const pipeline::ReplayOptions& options) {
  const auto summary =
      pipeline::replay(options, stop, [this](const auto& now) { replayed_ = now.rows_done; }, log_.named("replay"));
  if (!summary) return fail_with(Error(summary.error()).within("replay"));
  rows_in_files_ = summary->rows;
  replayed_ = 0;
  replayed_before_ += summary->rows_sent;
}

void Work::run_sink(const pipeline::Stop& stop, const pipeline::SinkOptions& options) {
  const auto summary = pipeline::sink(
      options, lake_, stop,
      [this](const auto& now) {
        read_ = now.rows_read;
        in_lake_ = now.rows_in_lake;
      },
      log_.named("sink"));
  if (!summary) return fail_with(Error(summary.error()).within("sink"));
  // What it had read and not written is read again by the next one.
  read_ = in_lake_ = 0;
  read_before_ += summary->rows;
  in_lake_before_ += summary->rows;
}

void Work::sample() {
  recorder_.change([&](Timeline& timeline, Ms now) {
    Sample sample{now, replayed_before_ + replayed_, read_before_ + read_, in_lake_before_ + in_lake_};
    // Between two runs the sums are behind for a moment.
    if (!timeline.samples.empty()) {
      const Sample& last = timeline.samples.back();
      sample.replayed = std::max(sample.replayed, last.replayed);
      sample.read = std::max(sample.read, last.read);
      sample.in_lake = std::max(sample.in_lake, last.in_lake);
    }
    timeline.samples.push_back(sample);
  });
}

Result<void> Work::complete(const pipeline::Stop& stop) {
  stop_replay_.request();
  replay_.join();
  if (auto error = failure()) return std::unexpected(*std::move(error));
  if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
  auto rest = replay_options_;
  rest.pace = {};
  run_replay(stop, rest);
  if (auto error = failure()) return std::unexpected(*std::move(error));

  stop_sink_.request();
  sink_.join();
  if (auto error = failure()) return std::unexpected(*std::move(error));
  auto last = sink_options_;
  last.until_end = true;
  run_sink(stop, last);
  sample();
  sampler_.request_stop();
  sampler_.join();
  if (auto error = failure()) return std::unexpected(*std::move(error));
  if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
  return {};
}

}  // namespace tickerlake::drill
