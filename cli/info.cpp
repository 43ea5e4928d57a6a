// copse info: what is in a file.
#include "support/facts.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

class Info final : public Verb {
public:
    Info()
        : Verb{"info",
               "Show what is in a COPC, LAS or LAZ file",
               "[OPTIONS] SOURCE",
               {{"Header, coordinate system, dates, dimensions, levels", "copse info survey.copc.laz"},
                {"A file in a bucket", "copse info s3://surveys/2024/north.copc.laz"},
                {"When the streets were driven, from the index alone", "copse info --epochs survey.copc.laz"},
                {"The number of points, for a script", "copse info --json survey.copc.laz | jq .points"}}} {
        app_.add_option("SOURCE", path_,
                        "File to look at, or an http(s):// or s3:// URL; of a COPC file no points are read")
            ->type_name("SOURCE")
            ->required();
        add_flag("--schema", sections_.schema, "Also list each dimension with type, scale, offset and description");
        add_flag("--vlrs", sections_.records, "Also list the variable length records");
        add_flag("--epochs", sections_.epochs,
                 "Also list the passes, found from gaps of over an hour in the temporal index");
        add_json("Print everything as JSON");
        add_source_options(sources_);
    }

private:
    void run() override {
        const auto facts = gather_facts(path_, sections_.epochs, sources_);
        for (const auto& warning : facts.warnings) console().warn(shown_source(path_) + ": " + shown(warning));
        if (json_)
            print_json(facts_json(facts, sections_));
        else
            print(facts_text(facts, sections_));
    }

    std::string path_;
    InfoSections sections_;
    Sources sources_;
};

}  // namespace

std::unique_ptr<Verb> make_info() { return std::make_unique<Info>(); }

}  // namespace copse::cli
