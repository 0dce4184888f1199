#include "cluster/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

namespace tickerlake::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Processes : public testing::Test {
 protected:
  ProcessId run(const std::string& script) {
    const auto process = spawn({{"/bin/sh", "-c", script}, folder_.path(), output()});
    EXPECT_TRUE(process) << process.error().message;
    return *process;
  }
  io::Path output() const { return folder_.path() / "output"; }
  std::string printed() const { return io::read_file(output()).value_or(""); }
  static void wait_for(const ProcessId& process, ProcessState wanted) {
    while (state(process) != wanted) std::this_thread::sleep_for(milliseconds(5));
  }

  io::TemporaryDirectory folder_;
};

TEST_F(Processes, OutputIsAppendedAndTheWorkingFolderIsAsAsked) {
  EXPECT_EQ(wait_for_child(run("echo one; pwd"), seconds(60)).value(), 0);
  EXPECT_EQ(wait_for_child(run("echo two >&2; exit 3"), seconds(60)).value(), 3);
  EXPECT_EQ(printed(), "one\n" + folder_.path().string() + "\ntwo\n");
}

TEST_F(Processes, TheyHaveASessionOfTheirOwnAndNoneOfOurFilesAndSignalMask) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto file = io::File::open(folder_.path() / "ours", io::File::Mode::read_write);
  const ProcessId process =
      run("ls /proc/$$/fd; awk '{print ($6 == $1)}' /proc/$$/stat; exec grep SigBlk /proc/self/status");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(wait_for_child(process, seconds(60)).value(), 0);
  EXPECT_EQ(printed(), "0\n1\n2\n1\nSigBlk:\t0000000000000000\n");
}

TEST_F(Processes, SignalsStopAndPauseAndResume) {
  const ProcessId process = run("exec sleep 600");
  EXPECT_EQ(state(process), ProcessState::running);
  ASSERT_TRUE(send_signal(process, SIGSTOP));
  wait_for(process, ProcessState::paused);
  ASSERT_TRUE(send_signal(process, SIGCONT));
  wait_for(process, ProcessState::running);
  EXPECT_EQ(wait_until_ended(process, milliseconds(20)).error().code, ErrorCode::timeout);
  ASSERT_TRUE(send_signal(process, SIGKILL));
  EXPECT_TRUE(wait_until_ended(process, seconds(60)));
  EXPECT_EQ(state(process), ProcessState::stopped);
  EXPECT_EQ(send_signal(process, SIGKILL).error().code, ErrorCode::not_found);
}

TEST_F(Processes, OneWithTheSameIdAndAnotherStartOrBootIsNeverSignalled) {
  const ProcessId process = run("exec sleep 600");
  ProcessId other_start = process, other_boot = process;
  other_start.started += 1;
  other_boot.boot = "00000000-0000-0000-0000-000000000000";
  for (const ProcessId& other : {other_start, other_boot}) {
    EXPECT_EQ(state(other), ProcessState::stopped);
    EXPECT_EQ(send_signal(other, SIGKILL).error().code, ErrorCode::not_found);
  }
  EXPECT_EQ(state(process), ProcessState::running);
  ASSERT_TRUE(send_signal(process, SIGKILL));
  EXPECT_TRUE(wait_until_ended(process, seconds(60)));
}

TEST_F(Processes, AChildThatTakesTooLongIsKilled) {
  const ProcessId process = run("exec sleep 600");
  EXPECT_EQ(wait_for_child(process, milliseconds(30)).error().code, ErrorCode::timeout);
  EXPECT_EQ(state(process), ProcessState::stopped);
}

TEST_F(Processes, AProgramThatIsNotThereIsAnError) {
  const auto process = spawn({{"/nowhere/java"}, folder_.path(), output()});
  ASSERT_FALSE(process);
  EXPECT_THAT(process.error().message, testing::HasSubstr("/nowhere/java"));
}

TEST(ProcessId, IsWhatItsTextSays) {
  const ProcessId process{1234, 987654321, "b0a0"};
  const auto again = ProcessId::parse(process.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), process.text());
  for (const char* wrong : {"", "12", "12 34", "-1 2 boot", "0 2 boot", "x 2 boot", "1 x boot"})
    EXPECT_FALSE(ProcessId::parse(wrong)) << wrong;
}

TEST_F(Processes, TheEndOfALogIsItsLastLines) {
  ASSERT_TRUE(io::write_file_atomically(output(), "1\n2\n3\n"));
  EXPECT_EQ(last_lines(output(), 2), "2\n3");
  EXPECT_EQ(last_lines(output(), 9), "1\n2\n3");
  EXPECT_EQ(last_lines(folder_.path() / "none", 2), "");
}

}  // namespace
}  // namespace tickerlake::cluster
