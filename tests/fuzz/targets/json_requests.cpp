// The JSON bodies of Glue's and Athena's operations, as the gateway hands them to the services: behind the signature
// check, over a catalog, crawlers and executions of their own. Every request is answered once, with JSON, and never by
// an internal error; what requests store, fsck finds nothing wrong with. A request is a line with its operation and the
// body behind it; a line "----" parts them. "@id" stands for the id that was given out last.
#include <boost/json.hpp>

#include "http_input.h"
#include "io/file.h"
#include "services/athena/service.h"
#include "services/fsck/fsck.h"
#include "services/glue/api/service.h"
#include "services/glue/catalog/check.h"
#include "services/glue/crawler/folder_objects.h"

namespace tickerlake {
namespace {

using fuzz::require;

/// A lake with a few files, its catalog and the services; made once, since that takes longer than a request.
class World {
 public:
  World()
      : objects_(folder_.path() / "objects"),
        catalog_(*glue::Catalog::open(folder_.path() / "catalog.sqlite")),
        crawlers_(catalog_, objects_, Log()),
        glue_(catalog_, crawlers_),
        athena_(*athena::Service::open(catalog_, objects_, athena_options(), Log())) {
    for (const std::string year : {"2015", "2016"}) {
      const auto put = objects_.put("lake", "prices/year=" + year + "/a.csv", "", "symbol,price\na,1.5\n");
      require(put.has_value(), "there is a lake to crawl");
    }
    reset();
  }

  /// Brings back what requests work on.
  void reset() {
    for (const auto& crawler : crawlers_.list("", glue::Crawlers::max_crawlers)) {
      crawlers_.wait(crawler.definition.name);
      require(crawlers_.remove(crawler.definition.name).has_value(), "a crawler that rests can be removed");
    }
    const auto databases = catalog_.get_databases({.token = "", .limit = 1'000});
    require(databases.has_value(), "databases are listed");
    for (const auto& database : databases->items) {
      require(catalog_.delete_database(database.name).has_value(), "a database can be deleted");
    }
    call("AWSGlue.CreateDatabase", R"({"DatabaseInput": {"Name": "db"}})");
    call("AWSGlue.CreateTable", R"({"DatabaseName": "db", "TableInput": {"Name": "t", "PartitionKeys":
         [{"Name": "year", "Type": "string"}], "StorageDescriptor": {"Location": "s3://lake/prices/",
         "Columns": [{"Name": "symbol", "Type": "string"}, {"Name": "price", "Type": "double"}]}}})");
    call("AWSGlue.CreatePartition", R"({"DatabaseName": "db", "TableName": "t", "PartitionInput": {"Values": ["2015"],
         "StorageDescriptor": {"Location": "s3://lake/prices/year=2015/"}}})");
    call("AWSGlue.CreateCrawler", R"({"Name": "c", "Role": "r", "DatabaseName": "db",
         "Targets": {"S3Targets": [{"Path": "s3://lake/prices"}]}})");
  }

  void call(std::string_view operation, std::string_view given) {
    std::string text(given);
    for (std::size_t at = 0; (at = text.find("@id", at)) != std::string::npos; at += id_.size()) {
      text.replace(at, 3, id_);
    }
    fuzz::TextBody body(text);
    http::Request request;
    request.method = "POST";
    request.target = "/";
    request.headers.add("X-Amz-Target", operation);
    request.content_length = std::ssize(text);
    request.peer = "127.0.0.1:40404";
    request.body = &body;
    fuzz::KeptResponse response;
    const aws::Caller caller{.access_key = "AKIA", .account_id = "123456789012", .region = "us-east-1"};
    if (operation.starts_with("AWSGlue")) {
      glue_.handle(caller, request, response);
    } else {
      athena_->handle(caller, request, response);
    }
    require(response.answers == 1, "a request is answered once");
    require(response.status == 200 || response.status == 400, "there is no internal error: " + response.body);
    boost::system::error_code error;
    const auto answer = boost::json::parse(response.body, error);
    require(!error && answer.is_object(), "an answer is a JSON object");
    require(answer.get_object().contains("__type") == (response.status != 200), "a refusal has a type");
    for (const char* name : {"QueryExecutionId", "NamedQueryId"}) {
      if (const auto* id = answer.get_object().if_contains(name)) id_ = id->as_string();
    }
  }

  void check() const {
    services::Fsck fsck;
    fsck.data = folder_.path();
    fsck.found = [](const services::Finding& finding) {
      require(false, "fsck finds nothing: " + finding.place + ": " + finding.problem);
    };
    glue::check_catalog(fsck, folder_.path() / "catalog.sqlite");
  }

 private:
  athena::Options athena_options() const {
    athena::Options options;
    options.data_directory = folder_.path() / "athena";
    options.objects_directory = folder_.path() / "objects";
    options.concurrent_queries = 0;  // they are accepted and wait
    return options;
  }

  const io::TemporaryDirectory folder_;
  glue::FolderObjects objects_;
  glue::Catalog catalog_;
  glue::Crawlers crawlers_;
  glue::Service glue_;
  std::unique_ptr<athena::Service> athena_;
  std::string id_ = "none";
};

}  // namespace
}  // namespace tickerlake

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  // Never destroyed: at the end of the process libraries it needs may be gone already.
  static auto& worlds = *new fuzz::Renewed<World>;
  World& world = worlds.use();
  constexpr std::string_view parting = "\n----\n";
  std::string_view text = as_text(fuzz::as_input(data, size));
  for (int requests = 0; requests < 5 && !text.empty(); ++requests) {
    const std::string_view request = text.substr(0, text.find(parting));
    const std::size_t line = std::min(request.find('\n'), request.size());
    world.call(request.substr(0, line), request.substr(std::min(line + 1, request.size())));
    text.remove_prefix(std::min(request.size() + parting.size(), text.size()));
  }
  if (size % 16 == 0) world.check();
  world.reset();
  return 0;
}
