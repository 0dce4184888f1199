// Every fuzz target without libFuzzer: over its corpus, then over random mutations of it for a moment. Each runs in a
// process of its own, so that a crash names its input.
//
//   fuzz_test                  all of them; TICKERLAKE_FUZZ_SEED repeats a run, TICKERLAKE_FUZZ_SECONDS lengthens it
//   fuzz_test TARGET FILE...   one target over these inputs, in this process: for a debugger
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/digest.h"
#include "io/file.h"
#include "mutate.h"

#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "targets.inc"
#undef TARGET

namespace tickerlake::fuzz {
namespace {

constexpr std::size_t max_input = 16 * 1024;
constexpr unsigned hang_seconds = 60;  // one input; machines of CI are slow

struct Target {
  const char* name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};
constexpr Target targets[] = {
#define TARGET(name) {#name, fuzz_##name},
#include "targets.inc"
#undef TARGET
};

/// Memory that outlives the process that runs a target: what it was given when it ended.
struct Shared {
  std::size_t size;
  std::uint64_t executions;
  std::byte input[max_input];
};

std::optional<Buffer> read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return Buffer(as_bytes(text).begin(), as_bytes(text).end());
}

std::vector<Buffer> corpus_of(const char* target) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TICKERLAKE_FUZZ_CORPUS "/" + std::string(target))) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<Buffer> corpus;
  for (const auto& path : paths) corpus.push_back(read(path).value());
  return corpus;
}

void run_once(const Target& target, ByteView input, Shared& shared) {
  shared.size = std::min(input.size(), max_input);
  std::copy_n(input.begin(), shared.size, shared.input);
  alarm(hang_seconds);
  // A copy of exactly that size, so that a sanitizer sees a read behind its end.
  const Buffer exact(input.begin(), input.end());
  target.run(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size());
  alarm(0);
  ++shared.executions;
}

void run_all(const Target& target, std::uint64_t seed, double seconds, Shared& shared) {
  const std::vector<Buffer> corpus = corpus_of(target.name);
  for (const Buffer& input : corpus) run_once(target, input, shared);
  std::mt19937_64 random(seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) run_once(target, mutate(corpus, random, max_input), shared);
}

template <class Number>
Number setting(const char* name, Number otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<Number>(std::stod(text));
}

class TargetTest final : public ::testing::Test {
 public:
  explicit TargetTest(const Target& target) : target_(target) {}

  void TestBody() override {
    const auto seed = setting<std::uint64_t>("TICKERLAKE_FUZZ_SEED", std::random_device{}());
    const auto seconds = setting<double>("TICKERLAKE_FUZZ_SECONDS", 0.7);
    ASSERT_FALSE(corpus_of(target_.name).empty()) << "no seeds in tests/fuzz/corpus/" << target_.name;
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    auto& shared = *new (memory) Shared{};
    const io::TemporaryDirectory folder;  // the target's files end with it, even after a crash
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      setenv("TMPDIR", folder.path().c_str(), 1);
      run_all(target_, seed, seconds, shared);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    RecordProperty("seed", std::to_string(seed));
    RecordProperty("executions", std::to_string(shared.executions));
    if (status != 0) ADD_FAILURE() << describe(shared, status, seed);
    std::cout << target_.name << ": " << shared.executions << " executions, seed " << seed << std::endl;
    munmap(memory, sizeof(Shared));
  }

 private:
  std::string describe(const Shared& shared, int status, std::uint64_t seed) const {
    const ByteView input = ByteView(shared.input).first(shared.size);
    const auto folder = std::filesystem::current_path() / "build" / "fuzz-failures";
    const auto path = folder / (target_.name + ("-" + hex(sha256(input)).substr(0, 12)));
    std::filesystem::create_directories(folder);
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(input.data()), std::ssize(input));
    const auto how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                         : "exit code " + std::to_string(WEXITSTATUS(status));
    return std::string(target_.name) + " ended by " + how + " after " + std::to_string(shared.executions) +
           " executions, seed " + std::to_string(seed) + "; its input again: fuzz_test " + target_.name + " " +
           path.string();
  }

  const Target& target_;
};

int run_files(const std::string& name, int count, char** paths) {
  const auto* target = std::ranges::find(targets, name, &Target::name);
  if (target == std::end(targets)) {
    std::cerr << "no target " << name << "; there are:";
    for (const auto& each : targets) std::cerr << ' ' << each.name;
    std::cerr << '\n';
    return 2;
  }
  for (int i = 0; i < count; ++i) {
    const auto input = read(paths[i]);
    if (!input) {
      std::cerr << "can't read " << paths[i] << '\n';
      return 2;
    }
    std::cerr << target->name << " over " << paths[i] << '\n';
    target->run(reinterpret_cast<const std::uint8_t*>(input->data()), input->size());
  }
  return 0;
}

}  // namespace
}  // namespace tickerlake::fuzz

int main(int argc, char** argv) {
  using namespace tickerlake::fuzz;
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 2) return run_files(argv[1], argc - 2, argv + 2);
  // Targets that work on files do so in memory where they can: a disk would make them a hundred times slower.
  if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
  for (const Target& target : targets) {
    ::testing::RegisterTest("Fuzz", target.name, nullptr, nullptr, __FILE__, __LINE__,
                            [&target]() -> ::testing::Test* { return new TargetTest(target); });
  }
  return RUN_ALL_TESTS();
}
