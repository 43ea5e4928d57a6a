#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "copse/io.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

using testing::bytes_of;

class OutputFileTest : public testing::TemporaryFolder {
protected:
    std::unique_ptr<OutputFile> create(const std::string& name, Overwrite overwrite = Overwrite::refuse) {
        auto file = OutputFile::create(path(name), overwrite);
        EXPECT_TRUE(file) << (file ? "" : file.error().what);
        return file ? std::move(*file) : nullptr;
    }
    void expect_refused(const std::string& name, Overwrite overwrite, int os_error) {
        const auto file = OutputFile::create(path(name), overwrite);
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().code, Code::io_failed);
        EXPECT_EQ(file.error().os_error, os_error) << file.error().what;
    }
    using Names = std::vector<std::string>;
};

TEST_F(OutputFileTest, AppearsUnderItsNameOnlyWhenCommitted) {
    auto file = create("out");
    ASSERT_TRUE(file->append(bytes_of("whole")));
    EXPECT_FALSE(std::filesystem::exists(path("out")));
    ASSERT_EQ(names().size(), 1u);
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(names(), Names{"out"});
    EXPECT_EQ(content("out"), "whole");
}

TEST_F(OutputFileTest, LeavesNothingWithoutCommit) {
    ASSERT_TRUE(create("out")->append(bytes_of("half")));
    EXPECT_EQ(names(), Names{});
}

TEST_F(OutputFileTest, PatchesWhatIsWrittenAndWhatIsStillBuffered) {
    auto file = create("out");
    const std::string block(3'000'000, 'a');
    ASSERT_TRUE(file->append(bytes_of(block)));
    ASSERT_TRUE(file->append(bytes_of("tail")));
    EXPECT_EQ(file->position(), block.size() + 4);
    ASSERT_TRUE(file->patch(1, bytes_of("B")));
    ASSERT_TRUE(file->patch(block.size() - 1, bytes_of("XYZ")));  // over the end of what was written
    EXPECT_EQ(file->patch(block.size() + 3, bytes_of("12")).error().os_error, EINVAL);
    ASSERT_TRUE(file->append(bytes_of("!")));
    ASSERT_TRUE(file->commit());
    auto expected = block + "tail!";
    expected[1] = 'B';
    expected.replace(block.size() - 1, 3, "XYZ");
    EXPECT_TRUE(content("out") == expected);
}

TEST_F(OutputFileTest, RefusesAnExistingFileUnlessAllowed) {
    write("out", "old");
    expect_refused("out", Overwrite::refuse, EEXIST);
    auto file = create("out", Overwrite::allow);
    ASSERT_TRUE(file->append(bytes_of("new")));
    EXPECT_EQ(content("out"), "old");
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(content("out"), "new");
}

TEST_F(OutputFileTest, RefusesAFileThatAppearedMeanwhile) {
    auto file = create("out");
    write("out", "somebody else's");
    const auto status = file->commit();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().os_error, EEXIST);
    file.reset();
    EXPECT_EQ(names(), Names{"out"});
    EXPECT_EQ(content("out"), "somebody else's");
}

TEST_F(OutputFileTest, KeepsThePermissionsOfTheFileItReplaces) {
    write("out", "old");
    ASSERT_EQ(::chmod(path("out").c_str(), 0640), 0);
    ASSERT_TRUE(create("out", Overwrite::allow)->commit());
    struct stat status{};
    ASSERT_EQ(::stat(path("out").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777u, 0640u);
}

TEST_F(OutputFileTest, ReplacesTheTargetOfALinkAndNotTheLink) {
    std::filesystem::create_directory(folder_ / "elsewhere");
    write("elsewhere/real", "old");
    std::filesystem::create_symlink("elsewhere/real", path("link"));
    expect_refused("link", Overwrite::refuse, EEXIST);
    auto file = create("link", Overwrite::allow);
    ASSERT_TRUE(file->append(bytes_of("new")));
    ASSERT_TRUE(file->commit());
    EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
    EXPECT_EQ(content("elsewhere/real"), "new");
}

TEST_F(OutputFileTest, RefusesLinksThatLeadNowhere) {
    std::filesystem::create_symlink("nothing", path("dangling"));
    std::filesystem::create_symlink("round", path("round"));
    expect_refused("dangling", Overwrite::refuse, EEXIST);
    expect_refused("round", Overwrite::allow, ELOOP);
}

TEST_F(OutputFileTest, RefusesFoldersPipesAndDevices) {
    std::filesystem::create_directory(folder_ / "folder");
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    expect_refused("folder", Overwrite::allow, EISDIR);
    expect_refused("folder/", Overwrite::allow, EISDIR);
    expect_refused("pipe", Overwrite::allow, ESPIPE);
    expect_refused("../../../../../../../dev/null", Overwrite::allow, ESPIPE);
    expect_refused("missing/out", Overwrite::allow, ENOENT);
    expect_refused("pipe/out", Overwrite::allow, ENOTDIR);
}

TEST_F(OutputFileTest, SaysWhyAFolderCannotBeWritten) {
    constexpr uid_t kNobody = 65534;
    const auto user = ::geteuid();
    ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
    if (user == 0) ASSERT_EQ(::seteuid(kNobody), 0);  // everything is writable for root
    expect_refused("out", Overwrite::refuse, EACCES);
    if (user == 0) ASSERT_EQ(::seteuid(user), 0);
}

TEST_F(OutputFileTest, TakesTheLongestNameThatAFileMayHave) {
    const std::string longest(255, 'n');
    ASSERT_TRUE(create(longest)->commit());
    EXPECT_EQ(names(), Names{longest});
    expect_refused(std::string(256, 'n'), Overwrite::allow, ENAMETOOLONG);
}

TEST_F(OutputFileTest, ReportsAFailedWriteAndRemovesTheTemporaryFile) {
    const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const rlimit small{1000, old.rlim_max};
    auto file = create("out");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    ASSERT_TRUE(file->append(bytes_of(std::string(2000, 'x'))));  // buffered: nobody knows yet
    const auto status = file->commit();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    ::signal(SIGXFSZ, old_handler);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::io_failed);
    EXPECT_EQ(status.error().os_error, EFBIG);
    EXPECT_EQ(status.error().at, 1000u);
    file.reset();
    EXPECT_EQ(names(), Names{});
}

/// Begins an output in a process of its own and kills that.
void begin_and_be_killed(const std::string& path) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto file = OutputFile::create(path, Overwrite::refuse);
        if (file && (*file)->append(bytes_of(std::string(2'000'000, 'x')))) ::raise(SIGKILL);
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(OutputFileTest, RemovesWhatAKilledRunLeft) {
    begin_and_be_killed(path("out"));
    ASSERT_EQ(names().size(), 1u) << "the killed run leaves its temporary file and nothing under the output's name";
    ASSERT_NE(names()[0], "out");
    auto file = create("out");
    EXPECT_EQ(names().size(), 1u);
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(names(), Names{"out"});
}

TEST_F(OutputFileTest, RemovesOnlyLeftOversOfTheSameOutput) {
    begin_and_be_killed(path("other"));
    write(".out.not-a-tag.copse-tmp", "");
    write(".out.0123456789abcdef.copse-tmp.bak", "");
    write(".out.0123456789abcdef.copse-tmp", "left over");
    const auto before = names().size();
    ASSERT_TRUE(create("out")->commit());
    EXPECT_EQ(names().size(), before) << "one left-over less, the output more";
    EXPECT_FALSE(std::filesystem::exists(path(".out.0123456789abcdef.copse-tmp")));
}

TEST_F(OutputFileTest, LeavesTheTemporaryFileOfARunningWriterAlone) {
    auto first = create("out");
    auto second = create("out");
    EXPECT_EQ(names().size(), 2u);
    ASSERT_TRUE(first->append(bytes_of("first")));
    ASSERT_TRUE(second->append(bytes_of("second")));
    ASSERT_TRUE(second->commit());
    EXPECT_EQ(first->commit().error().os_error, EEXIST);
    first.reset();
    EXPECT_EQ(names(), Names{"out"});
    EXPECT_EQ(content("out"), "second");
}

TEST_F(OutputFileTest, SurvivesManyWritersOfTheSameOutput) {
    const auto work = [&](char letter) {
        for (int i = 0; i < 50; ++i) {
            auto file = OutputFile::create(path("out"), Overwrite::allow);
            ASSERT_TRUE(file);
            ASSERT_TRUE((*file)->append(bytes_of(std::string(100, letter))));
            ASSERT_TRUE((*file)->commit());
        }
    };
    std::thread other{work, 'b'};
    work('a');
    other.join();
    EXPECT_EQ(names(), Names{"out"});
    EXPECT_TRUE(content("out") == std::string(100, 'a') || content("out") == std::string(100, 'b'));
}

TEST_F(OutputFileTest, CanBeRemovedWhenTheProcessLeavesAtOnce) {
    write("done", "");
    auto file = create("out");
    auto committed = create("kept");
    ASSERT_TRUE(committed->commit());
    remove_unfinished_outputs();
    EXPECT_EQ(names(), (Names{"done", "kept"}));
    EXPECT_FALSE(file->commit());
    file.reset();
    EXPECT_EQ(names(), (Names{"done", "kept"}));
}

}  // namespace
}  // namespace copse::io
