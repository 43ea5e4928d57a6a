// copse synth: a made mobile-mapping survey to try things on.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "copse/synth.hpp"
#include "copse/time.hpp"
#include "support/output.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

class Synth final : public Verb {
public:
    Synth()
        : Verb{"synth",
               "Make a repeated mobile-mapping survey to try things on: same options, same bytes",
               "[OPTIONS] DIR",
               {{"Five passes through the same streets, a week apart", "copse synth passes --points 2M --passes 5"},
                {"Colours, uncompressed, another survey", "copse synth passes --pdrf 7 --format las --seed 42"}}} {
        app_.add_option("DIR", folder_, "Folder for the files, one a pass; made if it is not there")
            ->type_name("DIR")
            ->required();
        add_count("--points", "N", options_.points, 0, std::uint64_t{1} << 40,
                  "Points in all passes together (default 1M)");
        add_count("--passes", "N", passes_, 1, 10'000, "Drives through the streets, a week apart (default 5)");
        add_parsed(
            "--pdrf", "6|7|8|1|3",
            [this](const std::string& text) -> std::string {
                if (text != "6" && text != "7" && text != "8" && text != "1" && text != "3")
                    return "is none of 6, 7, 8, 1, 3";
                options_.pdrf = static_cast<std::uint8_t>(text[0] - '0');
                return {};
            },
            "Point format (default 6)");
        add_parsed(
            "--format", "las|laz",
            [this](const std::string& text) -> std::string {
                if (text != "las" && text != "laz") return "is neither las nor laz";
                options_.kind = text == "las" ? synth::FileKind::las : synth::FileKind::laz;
                return {};
            },
            "Plain or compressed (default laz)");
        add_count("--seed", "N", options_.seed, 0, ~std::uint64_t{0}, "Another number, another survey (default 1)");
        add_flag("--overwrite", overwrite_, "Replace files that exist");
        add_json("Print the files as JSON");
    }

private:
    void run() override {
        options_.passes = static_cast<std::uint32_t>(passes_);
        make_folder();
        const auto passes = synth::plan(options_);
        const auto threads = executor();
        threads->for_each(passes.size(), [&](std::size_t index) { write_pass(passes[index], index); });
        if (json_)
            print_json(passes_json(passes));
        else if (!console().quiet())
            print(passes_text(passes));
    }

    void make_folder() const {
        if (::mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST)
            throw stop_for(Error{Code::io_failed, 0, "cannot make the folder", errno}, folder_);
    }

    [[nodiscard]] std::string path_of(const synth::Pass& pass) const { return folder_ + "/" + pass.file_name; }

    void write_pass(const synth::Pass& pass, std::size_t index) const {
        const auto path = path_of(pass);
        const auto file = create_output(path, overwrite_);
        check(synth::write_pass(options_, index, *file), path);
        commit_output(*file, path);
    }

    [[nodiscard]] std::string passes_text(const std::vector<synth::Pass>& passes) const {
        std::size_t widest = 0;
        for (const auto& pass : passes) widest = std::max(widest, grouped(pass.points).size());
        std::string text;
        for (const auto& pass : passes)
            text += fmt::format("{}  {} points  from {}\n", shown(path_of(pass)),
                                padded_left(grouped(pass.points), widest), time::to_iso(pass.gps_start));
        return text;
    }

    [[nodiscard]] Json passes_json(const std::vector<synth::Pass>& passes) const {
        Json files = Json::array();
        for (const auto& pass : passes)
            files.push_back({{"file", json_text(path_of(pass))},
                             {"points", pass.points},
                             {"gps_start", pass.gps_start},
                             {"start", time::to_iso(pass.gps_start)}});
        return {{"files", std::move(files)}};
    }

    std::string folder_;
    std::uint64_t passes_ = 5;
    bool overwrite_ = false;
    synth::Options options_;
};

}  // namespace

std::unique_ptr<Verb> make_synth() { return std::make_unique<Synth>(); }

}  // namespace copse::cli
