#include <gtest/gtest.h>

#include "copse/wire.hpp"

namespace copse {
namespace {

TEST(Error, NamesTheInputUnlessItIsAboutAPartOfIt) {
    const Error error{Code::truncated, 7, "it ends"};
    EXPECT_EQ(file_of(error, "survey"), "survey");
    EXPECT_EQ(file_of(error.in_part("ept-data/0-0-0-0.laz"), "survey"), "survey/ept-data/0-0-0-0.laz");
    EXPECT_EQ(file_of(error.in_part("ept.json"), "survey/"), "survey/ept.json");
}

TEST(Error, OfAPartIsTheSameErrorOtherwise) {
    const auto error = Error{Code::io_failed, 7, "it fails", 5}.in_part("a");
    EXPECT_EQ(error.code, Code::io_failed);
    EXPECT_EQ(error.at, 7u);
    EXPECT_STREQ(error.what, "it fails");
    EXPECT_EQ(error.os_error, 5);
    EXPECT_STREQ(FormatError{error}.what(), "a: offset 7: it fails");
}

TEST(Error, CutsANameThatIsTooLong) {
    const auto error = Error{}.in_part(std::string(200, 'x'));
    EXPECT_EQ(file_of(error, "i"), "i/" + std::string(55, 'x'));
    EXPECT_EQ(file_of(error.in_part("short"), "i"), "i/short");
}

}  // namespace
}  // namespace copse
